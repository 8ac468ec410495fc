using Marketplace.Storage;

namespace Marketplace.Grains;

/// <summary>
/// Finds the pending jobs in the read model, and reads each one's document: the row may be older than the document, and has no spec.
/// </summary>
public sealed class OpenJobs(IListing listing, IDocumentStore documents) : IOpenJobs
{
    /// <summary>A store behind a network answers reads that come together in one round trip. With the largest inputs so many are some megabytes.</summary>
    private const int ReadsAtOnceMax = 128;

    public async Task Read(OpenJobSpan span, Func<JobId, bool> isWanted, Action<JobTicket> found, CancellationToken cancellation)
    {
        await listing.CatchUp(cancellation);
        // Newest first, and no id is empty: rows after this cursor are those of the span.
        var begin = span.Until == DateTimeOffset.MaxValue ? (ListingCursor?)null : new ListingCursor(span.Until, "");
        var query = new ListingQuery(
            JobSummary.Kind, State: JobStatusNames.Of(JobStatus.Pending), Limit: StoragePolicy.PageRowsMax, After: begin);
        while (true)
        {
            var page = await listing.List(query, cancellation);
            foreach (var rows in page.TakeWhile(row => row.At >= span.From).Chunk(ReadsAtOnceMax))
            {
                cancellation.ThrowIfCancellationRequested();
                var ids = rows.Select(row => JobId.Parse(row.Id)).Where(isWanted);
                foreach (var ticket in await Task.WhenAll(ids.Select(id => Find(id).AsTask())))
                {
                    if (ticket is not null)
                        found(ticket);
                }
            }

            if (page.Count < StoragePolicy.PageRowsMax || page[^1].At < span.From)
                return;
            // A store on this machine answers at once; the market's other calls come in between.
            await Task.Yield();
            query = query with { After = new ListingCursor(page[^1].At, page[^1].Id) };
        }
    }

    public async Task<int> Count(ProgramId program, AccountId? account, int countMax, CancellationToken cancellation)
    {
        await listing.CatchUp(cancellation);
        var query = new ListingQuery(
            JobSummary.Kind, account?.ToString(), JobStatusNames.Of(JobStatus.Pending), program.ToString(), Limit: countMax);
        return (await listing.List(query, cancellation)).Count;
    }

    public async ValueTask<JobTicket?> Find(JobId id)
    {
        if (await documents.Read(new DocumentKey(JobSummary.Kind, id.ToString())) is not { } document)
            return null;
        var job = JobStateCodec.Read(document.Content.Span);
        return job.Ending is null ? job.ToTicket(id) : null;
    }
}
