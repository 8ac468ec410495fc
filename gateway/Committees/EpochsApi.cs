using System.Globalization;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Gateway;

/// <summary>The epochs of committees, for every key: who may sign receipts, and by which randomness they were drawn.</summary>
internal static class EpochsApi
{
    private const int NumberDigitsMax = 19;

    public static void MapEpochsApi(this IEndpointRouteBuilder routes)
    {
        var epochs = routes.MapGroup("").WithTags("Epochs").Needs(Scopes.Read);
        epochs.MapGet(Routes.Epochs, List).WithName("ListEpochs");
        epochs
            .MapGet($"{Routes.Epochs}/{{epoch}}", Get)
            .WithName("GetEpoch")
            .Holds(EpochFile.BytesMax)
            .GivesBytes()
            .Refuses(ErrorCode.EpochNotFound);
    }

    /// <summary>The epochs of the market's committees that it keeps, newest first.</summary>
    internal static async Task<JsonAnswer<CommitteeEpochs>> List(HttpContext http, IGrainFactory grains)
    {
        var epochs = await Committees(grains).List().WaitAsync(http.RequestAborted);
        return Answer.Ok(new CommitteeEpochs([.. epochs.Select(ToEpoch)]), ApiJson.Default.CommitteeEpochs);
    }

    /// <summary>
    /// An epoch whose shares are closed: a file by receipts/COMMITTEE.md, which anybody checks offline with 'market epoch verify'.
    /// </summary>
    internal static async Task<Download> Get(HttpContext http, string epoch, IGrainFactory grains)
    {
        if (
            epoch.Length > NumberDigitsMax
            || !long.TryParse(epoch, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            || number == 0
        )
        {
            throw RequestReader.Malformed(GatewayMessages.BadId("an epoch", epoch, "a number from 1"));
        }
        return Download.Bytes(await Committees(grains).GetFile((ulong)number).WaitAsync(http.RequestAborted), $"{number}.epoch.json");
    }

    private static CommitteeEpoch ToEpoch(EpochSummary epoch) =>
        new(
            Epoch: (long)epoch.Epoch,
            State: (CommitteeEpochState)epoch.Phase,
            Workers: epoch.Listed,
            Shares: epoch.Shares,
            At: epoch.At,
            Until: epoch.Until
        );

    private static ICommitteeGrain Committees(IGrainFactory grains) => grains.GetGrain<ICommitteeGrain>(MarketLimits.CommitteesKey);
}
