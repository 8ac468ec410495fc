using Marketplace.GrainInterfaces;
using static Marketplace.Grains.Tests.Repeats.RepeatCases;

namespace Marketplace.Grains.Tests.Repeats;

/// <summary>The cases of committees' epochs.</summary>
internal static class CommitteeCases
{
    public static Dictionary<string, RepeatCases.Case> All() =>
        new()
        {
            ["ICommitteeGrain.Register"] = scene =>
            {
                var voter = new TestVoter("a worker that serves");
                return Call(() => Committees(scene).Register(voter.Worker, voter.Key, Authority.Worker));
            },
            ["ICommitteeGrain.GetCurrent"] = scene => Call(() => Committees(scene).GetCurrent(), Show),
            ["ICommitteeGrain.Get"] = scene => Call(() => Committees(scene).Get(1), Show),
            ["ICommitteeGrain.GetCollection"] = scene => Call(() => Committees(scene).GetCollection(), collection => $"{collection}"),
            ["ICommitteeGrain.Share"] = scene =>
                Call(() => Committees(scene).Share(RepeatScene.Offer.Worker, new CommitteeShare(1, new byte[96]), Authority.Market)),
            ["ICommitteeGrain.List"] = scene => Call(() => Committees(scene).List(), epochs => $"{epochs.Length}"),
            ["ICommitteeGrain.GetFile"] = scene => Call(() => Committees(scene).GetFile(1), file => $"{file.Length}"),
        };

    private static string Show(EpochRoster? roster) => $"{roster?.Epoch}";

    private static ICommitteeGrain Committees(RepeatScene scene) => scene.Grains.GetGrain<ICommitteeGrain>(MarketLimits.CommitteesKey);
}
