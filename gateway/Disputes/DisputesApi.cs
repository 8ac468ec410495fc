using Marketplace.GrainInterfaces;
using Marketplace.Receipts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Gateway;

/// <summary>
/// Disputes, for every key: a buyer goes by what workers did to others. They name hashes of what was run, and no bytes of it.
/// </summary>
internal static class DisputesApi
{
    private static readonly QueryRule Worker = new(Routes.WorkerFilter, "Only disputes in which this worker has voted.")
    {
        Value = typeof(WorkerId),
    };

    public static void MapDisputesApi(this IEndpointRouteBuilder routes)
    {
        var disputes = routes.MapGroup("").WithTags("Disputes");
        disputes
            .MapGet(Routes.Disputes, List)
            .WithName("ListDisputes")
            .Needs(Scopes.Read)
            .TakesQuery(Worker, Pages.Cursor, Pages.Limit)
            .Holds(GatewayPolicy.DisputesAnswerBytes);
        disputes
            .MapGet($"{Routes.Disputes}/{{job}}", Get)
            .WithName("GetDispute")
            .Needs(Scopes.Read)
            .Holds(GatewayPolicy.DisputeAnswerBytes)
            .GivesBytes()
            .Refuses(ErrorCode.DisputeNotFound);
    }

    /// <summary>
    /// Jobs that workers ran with different results, newest first. A page of one worker's disputes may have fewer than were asked for, and
    /// a next one nevertheless.
    /// </summary>
    internal static async Task<JsonAnswer<Page<DisputeListItem>>> List(HttpContext http, IDisputeLists lists)
    {
        var page = await lists.Disputes(
            PageCursor.Read(RequestReader.Text(http, Routes.Cursor)),
            RequestReader.Number(http, Pages.Limit),
            RequestReader.Text(http, Routes.WorkerFilter) is { } worker ? RequestReader.Worker(worker) : null,
            http.RequestAborted
        );
        var items = page.Items.Select(ToItem);
        return Answer.Ok(new Page<DisputeListItem>([.. items], PageCursor.Write(page.Next)), ApiJson.Default.PageDisputeListItem);
    }

    /// <summary>
    /// All that is known of a disputed job, signed now by the market: a file by receipts/DISPUTE.md. While a jury runs the job it tells
    /// neither results nor signatures of workers.
    /// </summary>
    internal static async Task<Download> Get(HttpContext http, string job, IGrainFactory grains)
    {
        var id = RequestReader.Job(job);
        var file = await grains.GetGrain<IDisputeGrain>(id.ToString()).GetFile(http.Caller()).WaitAsync(http.RequestAborted);
        return Download.Bytes(file, $"{id}.dispute.json");
    }

    private static DisputeListItem ToItem(DisputeSummary dispute) =>
        new(
            Job: dispute.Job,
            State: ToState(dispute.State),
            OpenedAt: dispute.OpenedAt,
            DecidedAt: dispute.DecidedAt,
            Results: dispute.Results,
            Seats: dispute.Seats,
            Jurors: dispute.Jurors,
            Losers: dispute.Losers,
            Slashed: dispute.Slashed
        );

    private static DisputeState ToState(string word) =>
        word switch
        {
            DisputeStates.Kept => DisputeState.Kept,
            DisputeStates.Open => DisputeState.Open,
            DisputeStates.Undecided => DisputeState.Undecided,
            DisputeStates.Decided => DisputeState.Decided,
            DisputeStates.Settled => DisputeState.Settled,
            _ => throw new InvalidOperationException($"This is a bug in {nameof(DisputesApi)}: it does not know the state '{word}'."),
        };
}
