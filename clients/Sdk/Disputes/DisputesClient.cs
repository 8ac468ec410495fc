using Marketplace.Receipts;
using Marketplace.Sdk.Transport;

namespace Marketplace;

/// <summary>
/// Jobs that workers ran with different results: the evidence, and what a jury found. What comes is read by its form only;
/// <see cref="DisputeChecks"/> checks it.
/// </summary>
public class DisputesClient
{
    private readonly HttpTransport _transport;
    private readonly BlobsClient _blobs;

    /// <summary>For fakes in tests, which override what they use; the other members do not work.</summary>
    protected DisputesClient() => (_transport, _blobs) = (null!, null!);

    internal DisputesClient(HttpTransport transport, BlobsClient blobs) => (_transport, _blobs) = (transport, blobs);

    /// <summary>The market's disputes, newest first, fetched page by page as they are read.</summary>
    /// <param name="worker">Only those in which the worker has voted; null: all.</param>
    /// <param name="pageSize">Items a request, 1 to 1,000.</param>
    /// <param name="cancellation">Ends the wait for the answer.</param>
    public virtual IAsyncEnumerable<DisputeListItem> List(
        WorkerId? worker = null,
        int pageSize = 100,
        CancellationToken cancellation = default
    ) => Paging.Items<DisputeListItem>(_transport, PathOf(worker), pageSize, cancellation);

    /// <summary>One page of them. A page of one worker's may have fewer items than were asked for, and not be the last.</summary>
    public virtual Task<Page<DisputeListItem>> ListPage(
        WorkerId? worker = null,
        string? cursor = null,
        int pageSize = 100,
        CancellationToken cancellation = default
    ) => Paging.Page<DisputeListItem>(_transport, PathOf(worker), pageSize, cursor, cancellation);

    /// <summary>The evidence of a disputed job, of any account.</summary>
    /// <exception cref="MarketplaceException"><see cref="ErrorCode.DisputeNotFound"/>.</exception>
    /// <exception cref="MarketplaceProtocolException">What came is no dispute, or another job's.</exception>
    public virtual async Task<DisputeFile> Get(JobId job, CancellationToken cancellation = default)
    {
        await using var stream = await _blobs.Open(Routes.Dispute(job), null, cancellation).ConfigureAwait(false);
        var bytes = new byte[DisputeFile.BytesMax + 1];
        var size = await stream.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellation).ConfigureAwait(false);
        try
        {
            var file = DisputeFile.Parse(bytes.AsSpan(0, size));
            return file.Dispute.Invocation.Job == job
                ? file
                : throw new MarketplaceProtocolException(
                    _transport.Url,
                    $"The dispute that came for job {job} is that of job {file.Dispute.Invocation.Job}"
                );
        }
        catch (ReceiptFormatException malformed)
        {
            throw new MarketplaceProtocolException(_transport.Url, $"The dispute of job {job} is none: {malformed.Message}", malformed);
        }
    }

    private static string PathOf(WorkerId? worker) =>
        worker is { } one ? $"{Routes.Disputes}?{Routes.WorkerFilter}={one}" : Routes.Disputes;
}
