using Marketplace.GrainInterfaces;

namespace Marketplace.Gateway;

/// <summary>Something that happened, under its number.</summary>
/// <param name="Number">Its place among all that happened here.</param>
/// <param name="Owner">Whose job it is about; null where it is about none.</param>
/// <param name="Public">What all may see.</param>
/// <param name="Own">What its owner may see.</param>
internal sealed record MarketHappening(long Number, AccountId? Owner, MarketEvent Public, MarketEvent Own)
{
    public MarketEvent SeenBy(AccountId viewer) => Owner == viewer ? Own : Public;
}

/// <summary>
/// From the market's announcements to the events of the API. Pure. What names a job or its account is in the owner's form alone: a job's id
/// is made of the account and the request id, so who can guess these would find out whose job it is.
/// </summary>
internal static class MarketEvents
{
    public static MarketHappening Of(long number, EndedJob job)
    {
        var seen = new MarketEvent(EventStream.Results, MarketEventKind.Ended)
        {
            Class = job.Class,
            Worker = job.Worker,
            State = JobMapper.ToState(job.Status),
            FuelUsed = job.FuelUsed,
            Charge = job.Charge,
        };
        var own = seen with { Account = job.Account, Job = job.Job, RequestId = job.RequestId, Code = job.Code };
        return new MarketHappening(number, job.Account, seen, own);
    }

    public static MarketHappening Of(long number, EventStream stream, NewsItem item)
    {
        var seen = new MarketEvent(stream, ToKind(item.Kind))
        {
            At = item.At,
            Class = item.Class,
            Worker = item.Worker,
            Price = item.Price,
            FuelMax = item.FuelMax > 0 ? item.FuelMax : null,
            MemoryPagesMax = item.MemoryPagesMax > 0 ? item.MemoryPagesMax : null,
            Offer = item.Offer is { } offer ? WorkerMapper.ToWorker(offer) : null,
            QueuedJobs = item.Pulse?.QueuedJobs,
            RunningJobs = item.Pulse?.LeasedJobs,
            Workers = item.Pulse?.Workers,
        };
        var own = item.Account is null ? seen : seen with { Account = item.Account, Job = item.Job, RequestId = item.RequestId };
        return new MarketHappening(number, item.Account, seen, own);
    }

    private static MarketEventKind ToKind(NewsKind kind) =>
        kind switch
        {
            NewsKind.Queued => MarketEventKind.Queued,
            NewsKind.Leased => MarketEventKind.Leased,
            NewsKind.Retried => MarketEventKind.Retried,
            NewsKind.Offered => MarketEventKind.Offered,
            NewsKind.Left => MarketEventKind.Left,
            NewsKind.Lost => MarketEventKind.Lost,
            NewsKind.Standing => MarketEventKind.Standing,
            NewsKind.Started => MarketEventKind.Started,
            NewsKind.Pulse => MarketEventKind.Pulse,
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "This build knows no such news."),
        };
}
