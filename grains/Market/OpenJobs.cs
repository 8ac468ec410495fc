using System.Runtime.CompilerServices;
using Marketplace.Storage;

namespace Marketplace.Grains;

/// <summary>
/// Finds the pending jobs in the read model, and reads each one's document: the row may be older than the document, and has no spec.
/// </summary>
public sealed class OpenJobs(IListing listing, IDocumentStore documents) : IOpenJobs
{
    public async IAsyncEnumerable<JobTicket> Read([EnumeratorCancellation] CancellationToken cancellation)
    {
        await listing.CatchUp(cancellation);
        ListingCursor? after = null;
        while (true)
        {
            var page = await listing.List(
                new ListingQuery(JobSummary.Kind, State: JobStatusNames.Of(JobStatus.Pending), After: after, Limit: StoragePolicy.PageRowsMax), cancellation);
            foreach (var row in page)
            {
                if (await documents.Read(new DocumentKey(JobSummary.Kind, row.Id), cancellation) is not { } document)
                    continue;
                var job = JobStateCodec.Read(document.Content.Span);
                if (job.Ending is null)
                    yield return job.ToTicket(JobId.Parse(row.Id));
            }

            if (page.Count < StoragePolicy.PageRowsMax)
                yield break;
            after = new ListingCursor(page[^1].At, page[^1].Id);
        }
    }
}
