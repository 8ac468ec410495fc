using System.Collections.Immutable;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains.Tests.Repeats;

/// <summary>Those of a program's state.</summary>
internal static class StateCases
{
    public static Dictionary<string, RepeatCases.Case> All() =>
        new()
        {
            ["IStateGrain.Begin"] = OfCommittedState(
                (scene, job, _) => scene.State.Begin(job),
                head => $"{head.Root} {head.Height} {head.Committed?.FuelUsed}"
            ),
            ["IStateGrain.Commit"] = OfCommittedState(
                (scene, _, root) =>
                    scene.State.Commit(
                        new JobId(RepeatScene.Client.Value),
                        1,
                        root,
                        [new StateChange("b"u8.ToArray(), "2"u8.ToArray())],
                        RepeatScene.End(),
                        Authority.Market
                    ),
                end => $"{end?.RootBefore} {end?.RootAfter}"
            ),
            ["IStateGrain.Acknowledge"] = OfCommittedState((scene, job, _) => scene.State.Acknowledge(job, Authority.Market)),
            ["IStateGrain.Read"] = OfCommittedState(
                (scene, _, root) => scene.State.Read(root, "a"u8.ToArray()),
                value => Convert.ToHexString(value.GetValueOrDefault().Span)
            ),
            ["IStateGrain.ListFor"] = OfCommittedState(
                (scene, _, root) => scene.State.ListFor(scene.Caller, root, default, null, 10),
                view => $"{view.Root} {view.Count} {view.Keys.Length}"
            ),
            ["IStateGrain.Prove"] = OfCommittedState(
                (scene, _, root) => scene.State.Prove(scene.Caller, root, "a"u8.ToArray()),
                view => $"{view.Root} {Convert.ToHexString(view.Proof.Span)}"
            ),
            ["IStateGrain.Export"] = OfCommittedState(
                (scene, _, root) => scene.State.Export(scene.Caller, root, null),
                view => $"{view.Root} {view.Next} {Convert.ToHexString(view.Chunk.Span)}"
            ),
            ["IStateGrain.Import"] = async scene =>
            {
                var (_, root) = await CommitOne(scene);
                var target = (await scene.Deploy("command writes too")).ToString();
                return RepeatCases.Send(
                    async () =>
                    {
                        var chunk = (await scene.State.Export(scene.Caller, root, null)).Chunk;
                        return await scene.Grains.GetGrain<IStateGrain>(target).Import(scene.Caller, root, chunk);
                    },
                    view => $"{view.Next} {view.Count}"
                );
            },
            ["IProgramGrain.IsDeployedBy"] = scene =>
                RepeatCases.Call(
                    () => scene.Grains.GetGrain<IProgramGrain>(scene.Program.ToString()).IsDeployedBy(RepeatScene.Client),
                    isDeployed => $"{isDeployed}"
                ),
            ["IStateGrain.List"] = OfCommittedState((scene, _, root) => scene.State.List(root, default), keys => $"{keys.Length}"),
            ["IStateGrain.RootWith"] = OfCommittedState(
                (scene, _, root) => scene.State.RootWith(root, [new StateChange("b"u8.ToArray(), "2"u8.ToArray())]),
                root => $"{root}"
            ),
        };

    /// <summary>The state of the writing program after one commit.</summary>
    private static RepeatCases.Case OfCommittedState<TAnswer>(
        Func<RepeatScene, JobId, StateRoot, Task<TAnswer>> call,
        Func<TAnswer, string> learn
    ) =>
        async scene =>
        {
            var (job, root) = await CommitOne(scene);
            return RepeatCases.Send(() => call(scene, job, root), learn);
        };

    private static RepeatCases.Case OfCommittedState(Func<RepeatScene, JobId, StateRoot, Task> call) =>
        async scene =>
        {
            var (job, root) = await CommitOne(scene);
            return RepeatCases.Send(() => call(scene, job, root));
        };

    private static async Task<(JobId Job, StateRoot Root)> CommitOne(RepeatScene scene)
    {
        ImmutableArray<StateChange> changes = [new StateChange("a"u8.ToArray(), "1"u8.ToArray())];
        var end = await scene.State.Commit(default, 0, default, changes, RepeatScene.End(), Authority.Market);
        return (default, end!.RootAfter!.Value);
    }
}
