using Marketplace.GrainInterfaces;

namespace Marketplace.Grains.Tests.Repeats;

/// <summary>Of a market that keeps jobs for ever: RetentionTests repeats what drops them.</summary>
internal static class RetentionCases
{
    public static Dictionary<string, RepeatCases.Case> All() =>
        new()
        {
            ["IJobGrain.Drop"] = RepeatCases.OfOpenJob(
                async (scene, job) => Assert.Equal(JobDrop.Kept, await scene.Job(job).Drop(Authority.Retention))
            ),
            ["IRetentionGrain.DropSome"] = RepeatCases.OfOpenJob(
                async (scene, _) =>
                    Assert.True((await scene.Grains.GetGrain<IRetentionGrain>(MarketLimits.RetentionKey).DropSome(Authority.Silo)).IsOver)
            ),
        };
}
