using Marketplace.Storage;

namespace Marketplace.Grains;

/// <summary>
/// Finds the pending jobs in the read model, and reads each one's document: the row may be older than the document, and has no spec.
/// </summary>
public sealed class OpenJobs(IListing listing, IDocumentStore documents) : IOpenJobs
{
    public async Task Read(Action<JobTicket> found, CancellationToken cancellation)
    {
        await listing.CatchUp(cancellation);
        var query = new ListingQuery(JobSummary.Kind, State: JobStatusNames.Of(JobStatus.Pending), Limit: StoragePolicy.PageRowsMax);
        while (true)
        {
            var page = await listing.List(query, cancellation);
            foreach (var row in page)
            {
                if (await documents.Read(new DocumentKey(JobSummary.Kind, row.Id), cancellation) is not { } document)
                    continue;
                var job = JobStateCodec.Read(document.Content.Span);
                if (job.Ending is null)
                    found(job.ToTicket(JobId.Parse(row.Id)));
            }

            if (page.Count < StoragePolicy.PageRowsMax)
                return;
            query = query with { After = new ListingCursor(page[^1].At, page[^1].Id) };
        }
    }
}
