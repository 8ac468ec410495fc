using Marketplace.GrainInterfaces;

namespace Marketplace.Grains.Tests.Repeats;

/// <summary>Those of what the shards of a market tell each other.</summary>
internal static class ShardCases
{
    private const string Other = "wasm/1";

    public static Dictionary<string, RepeatCases.Case> All()
    {
        var claim = new ShardClaim(Other, 1, 1, [new ShardOffer(RepeatScene.Offer, default, 1)]);
        return new()
        {
            ["IMarketShardGrain.NoteBacklog"] = scene =>
                RepeatCases.Call(() => scene.Shard.NoteBacklog(new ShardBacklog(Other, 1, 1, new TokenAmount(1)), Authority.Market)),
            ["IMarketShardGrain.Lend"] = scene =>
            {
                var loan = new ShardLoan(Other, 1, 1, [new LentOffer(RepeatScene.Offer, default, 1, true)]);
                return Task.FromResult(RepeatCases.Send(() => scene.Shard.Lend(loan, Authority.Market), isKnown => $"{isKnown}"));
            },
            ["IMarketShardGrain.Relay"] = async scene =>
            {
                var lease = (await scene.Lease(scene.Program)).Id;
                var orders = new WorkerOrders(true, [], [new LeaseId(1, 1)]);
                var relay = new ShardRelay(Other, 1, lease.Start, [new RelayedOrders(RepeatScene.Offer.Worker, 1, orders, [])]);
                // A market that has started again says that it knows nothing of the offer any more.
                return RepeatCases.Send(async () =>
                {
                    await scene.Shard.Relay(relay, Authority.Market);
                });
            },
            ["IMarketShardGrain.Delivered"] = async scene =>
            {
                var lease = (await scene.Lease(scene.Program)).Id;
                return RepeatCases.Send(
                    () => scene.Shard.Delivered(RepeatScene.Offer.Worker, [lease, new LeaseId(1, 1)], [lease], Authority.Market),
                    // A market that has started again knows none.
                    over => $"{over.Contains(new LeaseId(1, 1))}"
                );
            },
            ["IMarketShardGrain.FindHeld"] = RepeatCases.OfOpenJob(
                (scene, _) => scene.Shard.FindHeld(Other, Authority.Market),
                held => $"{held.Start} {held.Jobs.Length}"
            ),
            ["IMarketShardGrain.Survey"] = async scene =>
            {
                await scene.Submit("one", scene.Program);
                var job = (await scene.Shard.Claim(claim, Authority.Market))[0];
                return RepeatCases.Send(
                    () => scene.Shard.Survey(new WaitingJob(job, 0, false), Authority.Market),
                    survey => survey.Explanation.Summary
                );
            },
            ["IMarketShardGrain.Claim"] = RepeatCases.OfOpenJob(
                (scene, _) => scene.Shard.Claim(claim, Authority.Market),
                jobs => string.Join(' ', jobs.Select(job => job.Ticket.Job))
            ),
            ["IMarketShardGrain.TakeBack"] = async scene =>
            {
                await scene.Submit("one", scene.Program);
                var jobs = await scene.Shard.Claim(claim, Authority.Market);
                return RepeatCases.Send(() => scene.Shard.TakeBack(Other, 1, jobs, Authority.Market));
            },
            ["IMarketShardGrain.Conclude"] = async scene =>
            {
                await scene.Submit("one", scene.Program);
                var jobs = await scene.Shard.Claim(claim, Authority.Market);
                return RepeatCases.Send(() =>
                    scene.Shard.Conclude(Other, 1, [.. jobs.Select(job => new ConcludedJob(job.Ticket.Job, 1))], Authority.Market)
                );
            },
        };
    }
}
