using Marketplace.GrainInterfaces;
using Marketplace.Storage;
using Microsoft.Extensions.Logging;

namespace Marketplace.Grains;

/// <summary>
/// Reads the documents of the pending jobs: all of them in one go, or only those that the read model finds. The latter are read one by one,
/// because a row may be older than its document and has no spec. A job that this build cannot read (a newer one wrote it, or it is damaged)
/// is passed over and logged: it must not keep all others from running.
/// </summary>
public sealed partial class OpenJobs(IListing listing, IDocumentStore documents, ILogger<OpenJobs> log) : IOpenJobs
{
    /// <summary>
    /// A store behind a network answers reads that come together in one round trip. With the largest inputs so many are some megabytes.
    /// </summary>
    private const int ReadsAtOnceMax = 128;

    /// <summary>A store on this machine answers at once; so many jobs later the market's other calls come in between.</summary>
    private const int JobsInATurn = 512;

    private static readonly string Pending = JobStatusNames.Of(JobStatus.Pending);

    public async Task Read(Func<JobId, bool> isWanted, Action<JobTicket> found, CancellationToken cancellation)
    {
        var untilYield = JobsInATurn;
        await foreach (var (key, document) in documents.Scan(JobStateCodec.Kind, Pending, cancellation))
        {
            cancellation.ThrowIfCancellationRequested();
            if (JobId.Parse(key.Id) is var id && isWanted(id) && TryTicketOf(id, document) is { } ticket)
            {
                found(ticket);
            }
            if (--untilYield > 0)
            {
                continue;
            }
            await Task.Yield();
            untilYield = JobsInATurn;
        }
    }

    public async Task Read(OpenJobSpan span, Func<JobId, bool> isWanted, Action<JobTicket> found, CancellationToken cancellation)
    {
        await listing.CatchUp(cancellation);
        // The list is newest first, and no id is empty: the rows after this cursor are those of the span.
        var begin = span.Until == DateTimeOffset.MaxValue ? (ListingCursor?)null : new ListingCursor(span.Until, "");
        var query = new ListingQuery(JobStateCodec.Kind, State: Pending, Limit: StoragePolicy.PageRowsMax, After: begin);
        while (true)
        {
            var page = await listing.List(query, cancellation);
            foreach (var rows in page.TakeWhile(row => row.At >= span.From).Chunk(ReadsAtOnceMax))
            {
                cancellation.ThrowIfCancellationRequested();
                var ids = rows.Select(row => JobId.Parse(row.Id)).Where(isWanted);
                foreach (var ticket in await Task.WhenAll(ids.Select(TryFind)))
                {
                    if (ticket is not null)
                    {
                        found(ticket);
                    }
                }
            }

            if (page.Count < StoragePolicy.PageRowsMax || page[^1].At < span.From)
            {
                return;
            }
            // A store on this machine answers at once; without this the market's other calls would have to wait.
            await Task.Yield();
            query = query with { After = new ListingCursor(page[^1].At, page[^1].Id) };
        }
    }

    public async Task<int> Count(ProgramId program, AccountId? account, int countMax, CancellationToken cancellation)
    {
        await listing.CatchUp(cancellation);
        var query = new ListingQuery(JobStateCodec.Kind, account?.ToString(), Pending, program.ToString(), Limit: countMax);
        return (await listing.List(query, cancellation)).Count;
    }

    public async ValueTask<JobTicket?> Find(JobId id) =>
        await documents.Read(new DocumentKey(JobStateCodec.Kind, id.ToString())) is { } document ? TicketOf(id, document) : null;

    private async Task<JobTicket?> TryFind(JobId id) =>
        await documents.Read(new DocumentKey(JobStateCodec.Kind, id.ToString())) is { } document ? TryTicketOf(id, document) : null;

    private JobTicket? TryTicketOf(JobId id, Document document)
    {
        try
        {
            return TicketOf(id, document);
        }
        catch (InvalidDataException unreadable)
        {
            LogUnreadable(id, unreadable.Message);
            return null;
        }
    }

    private static JobTicket? TicketOf(JobId id, Document document)
    {
        var job = JobStateCodec.Read(document.Content.Span);
        return job.Ending is null ? job.ToTicket(id) : null;
    }

    [LoggerMessage(EventId = 1213, Level = LogLevel.Error, Message = "Job {Job} cannot be read and does not run: {Why}")]
    private partial void LogUnreadable(JobId job, string why);
}
