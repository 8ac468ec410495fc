using Marketplace.GrainInterfaces;

namespace Marketplace.Grains.Tests.Repeats;

/// <summary>Of a market that keeps jobs for ever: RetentionTests repeats what drops them.</summary>
internal static class RetentionCases
{
    public static Dictionary<string, RepeatCases.Case> All() =>
        new()
        {
            ["IJobGrain.Drop"] = RepeatCases.OfOpenJob((scene, job) => scene.Job(job).Drop(Authority.Retention), drop => $"{drop}"),
            ["IRetentionGrain.DropSome"] = RepeatCases.OfOpenJob(
                (scene, _) => scene.Grains.GetGrain<IRetentionGrain>(MarketLimits.RetentionKey).DropSome(Authority.Silo),
                step => $"{step}"
            ),
        };
}
