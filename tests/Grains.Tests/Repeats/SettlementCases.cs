using Marketplace.GrainInterfaces;
using static Marketplace.Grains.Tests.Repeats.RepeatCases;

namespace Marketplace.Grains.Tests.Repeats;

/// <summary>
/// The cases of settlements. The market of these cases settles nowhere: what is refused once is refused again.
/// <see cref="Settlements.ChainFaultTests"/> repeat what has an effect, in a market that settles.
/// </summary>
internal static class SettlementCases
{
    public static Dictionary<string, RepeatCases.Case> All() =>
        new()
        {
            ["ISettlementGrain.Follow"] = scene => Call(() => Grain(scene).Follow(Authority.Silo)),
            ["ISettlementGrain.GetStatus"] = scene => Call(() => Grain(scene).GetStatus(), status => $"{status.Phase} {status.Settled}"),
            ["ISettlementGrain.GetCollection"] = scene => Call(() => Grain(scene).GetCollection(), collection => $"{collection}"),
            ["ISettlementGrain.Vote"] = scene =>
                Call(() => Grain(scene).Vote(RepeatScene.Offer.Worker, new SettlementVote(1, 1, new byte[96]), Authority.Market)),
            ["ISettlementGrain.GetStakes"] = scene => Call(() => Grain(scene).GetStakes(), list => $"{list.Stakes.Length}"),
            ["ISettlementGrain.GetFile"] = scene => Call(() => Refusal(() => Grain(scene).GetFile(1, 0)), code => $"{code}"),
            ["ISettlementGrain.Bind"] = scene =>
                Call(() => Refusal(() => Grain(scene).Bind(scene.Caller, default, new byte[64], new byte[65])), code => $"{code}"),
            ["ISettlementGrain.FindAccount"] = scene => Call(() => Grain(scene).FindAccount(RepeatScene.Client), account => $"{account}"),
        };

    internal static async Task<ErrorCode?> Refusal(Func<Task> call)
    {
        try
        {
            await call();
            return null;
        }
        catch (MarketException refused)
        {
            return refused.Code;
        }
    }

    private static ISettlementGrain Grain(RepeatScene scene) => scene.Grains.GetGrain<ISettlementGrain>(MarketLimits.SettlementKey);
}
