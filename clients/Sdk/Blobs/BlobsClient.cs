using Marketplace.Sdk.Transport;

namespace Marketplace;

/// <summary>
/// Blobs of the account. Both ways the client hashes what passes and compares it with the id, with memory for two pieces.
/// </summary>
public class BlobsClient
{
    private readonly HttpTransport _transport;

    /// <summary>For fakes in tests, which override what they use; the other members do not work.</summary>
    protected BlobsClient() => _transport = null!;

    internal BlobsClient(HttpTransport transport) => _transport = transport;

    /// <summary>
    /// Stores a stream from its position to its end. Repeated after a failure only if it can be read twice (<see cref="Stream.CanSeek"/>);
    /// storing the same bytes twice does no harm.
    /// </summary>
    /// <param name="progress">Told how many bytes have been sent.</param>
    /// <exception cref="BlobVerificationException">The service answered with another id than that of what was sent.</exception>
    public virtual async Task<Blob> Put(Stream content, IProgress<long>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(content);
        var upload = new Upload(content, progress);
        for (var attempt = 1; ; attempt++)
        {
            TimeSpan? retryAfter = null;
            try
            {
                return await PutOnce(upload, cancellation).ConfigureAwait(false);
            }
            catch (MarketplaceException refused)
                when (MayRepeat(upload, attempt) && refused.IsRetrySafe && !(refused.RetryAfter > SdkPolicy.RetryAfterMax))
            {
                retryAfter = refused.RetryAfter;
            }
            catch (MarketplaceUnreachableException) when (MayRepeat(upload, attempt))
            {
                // After the pause the upload starts anew on a new connection.
            }
            await _transport.Backoff.Wait(attempt, retryAfter, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Stores bytes.</summary>
    public virtual async Task<Blob> Put(ReadOnlyMemory<byte> content, CancellationToken cancellation = default)
    {
        using var stream = new MemoryStream(content.ToArray(), writable: false);
        return await Put(stream, null, cancellation).ConfigureAwait(false);
    }

    /// <summary>
    /// Opens a blob. The stream hashes what it gives and holds the last bytes back until the hash is right: a wrong blob ends in
    /// <see cref="BlobVerificationException"/>, never at the end of the stream. Until the end has been read nothing of it is proven.
    /// </summary>
    public virtual Task<Stream> Open(BlobId id, CancellationToken cancellation = default) => Open(Routes.Blob(id), id, cancellation);

    /// <summary>Writes a blob to a file, which appears under its name only when all of it is there and verified.</summary>
    /// <param name="overwrite">Whether a file of that name may be replaced.</param>
    /// <param name="progress">Told how many bytes have been received.</param>
    /// <returns>The size.</returns>
    public virtual async Task<long> GetToFile(
        BlobId id,
        string path,
        bool overwrite = false,
        IProgress<long>? progress = null,
        CancellationToken cancellation = default
    )
    {
        await using var content = await Open(id, cancellation).ConfigureAwait(false);
        return await WriteToFile(content, path, overwrite, progress, cancellation).ConfigureAwait(false);
    }

    /// <summary>As <see cref="GetToFile"/>, for a blob that has been opened.</summary>
    public static Task<long> WriteToFile(
        Stream content,
        string path,
        bool overwrite = false,
        IProgress<long>? progress = null,
        CancellationToken cancellation = default
    ) => FileDownload.Write(content, path, overwrite, progress, cancellation);

    /// <summary>A blob's size and since when the account keeps it.</summary>
    public virtual Task<Blob> Info(BlobId id, CancellationToken cancellation = default) =>
        _transport.Ask<Blob>(HttpMethod.Get, Routes.BlobInfo(id), cancellation);

    /// <summary>The account's blobs, fetched page by page as they are read.</summary>
    public virtual IAsyncEnumerable<Blob> List(int pageSize = 100, CancellationToken cancellation = default) =>
        Paging.Items<Blob>(_transport, Routes.Blobs, pageSize, cancellation);

    /// <summary>
    /// The account's blobs whose ids begin with these digits, in the order of their ids: to find the one that a few digits name.
    /// </summary>
    /// <param name="digits">8 to 64 hexadecimal digits, without the word that stands before them.</param>
    /// <param name="most">Items at most, 1 to 1,000.</param>
    /// <param name="cancellation">Ends the wait for the answer.</param>
    public virtual Task<IReadOnlyList<Blob>> Find(string digits, int most = 10, CancellationToken cancellation = default) =>
        Paging.Find<Blob>(_transport, Routes.Blobs, digits, most, cancellation);

    /// <inheritdoc cref="JobsClient.ListPage"/>
    public virtual Task<Page<Blob>> ListPage(string? cursor = null, int pageSize = 100, CancellationToken cancellation = default) =>
        Paging.Page<Blob>(_transport, Routes.Blobs, pageSize, cursor, cancellation);

    /// <summary>The account keeps the blob no longer. Never repeated: in between another client may have stored it again.</summary>
    public virtual Task Delete(BlobId id, CancellationToken cancellation = default) =>
        _transport.Tell(HttpMethod.Delete, Routes.Blob(id), cancellation, Repeat.Never);

    /// <summary>Opens bytes of the service; verified if <paramref name="id"/> is known.</summary>
    internal async Task<Stream> Open(string path, BlobId? id, CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            TimeSpan? retryAfter = null;
            try
            {
                return await OpenOnce(path, id, cancellation).ConfigureAwait(false);
            }
            catch (MarketplaceException refused)
                when (_transport.MayRepeat(attempt, Repeat.Safe) && refused.IsRetrySafe && !(refused.RetryAfter > SdkPolicy.RetryAfterMax))
            {
                retryAfter = refused.RetryAfter;
            }
            catch (MarketplaceUnreachableException) when (_transport.MayRepeat(attempt, Repeat.Safe))
            {
                // Nothing has been given to the caller yet, so the caller cannot see another attempt.
            }
            await _transport.Backoff.Wait(attempt, retryAfter, cancellation).ConfigureAwait(false);
        }
    }

    private async Task<Stream> OpenOnce(string path, BlobId? id, CancellationToken cancellation)
    {
        using var deadline = new Deadline(_transport.Options.RequestTimeout, _transport.Options.TimeProvider, cancellation);
        using var request = _transport.Request(HttpMethod.Get, path);
        var response = await _transport.Open(request, deadline, cancellation).ConfigureAwait(false);
        try
        {
            var size = response.Content.Headers.ContentLength;
            if (id is not null && size is null)
            {
                throw new MarketplaceProtocolException(_transport.Url, $"The service sends {id} without saying its size");
            }
            var content = await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
            return new DownloadStream(_transport, response, content, id, size);
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    private async Task<Blob> PutOnce(Upload upload, CancellationToken cancellation)
    {
        using var deadline = new Deadline(_transport.Options.StallTimeout, _transport.Options.TimeProvider, cancellation);
        using var request = _transport.Request(HttpMethod.Post, Routes.Blobs, upload.Begin(deadline));
        if (!(upload.Size < SdkPolicy.AskFirstBytes))
        {
            request.Headers.ExpectContinue = true;
        }
        using var response = await _transport.Open(request, deadline, cancellation).ConfigureAwait(false);
        Blob blob;
        try
        {
            blob = await _transport.ReadJson<Blob>(response, deadline.Token).ConfigureAwait(false);
        }
        catch (Exception failure)
            when (_transport.Explain(failure, deadline, _transport.Options.StallTimeout, cancellation) is { } explained)
        {
            throw explained;
        }
        var sent =
            upload.Sent ?? throw new MarketplaceProtocolException(_transport.Url, "The service accepted a blob before all of it was sent");
        return blob.Id == sent
            ? blob
            : throw new BlobVerificationException(sent, blob.Id, "The service received other bytes than were sent");
    }

    private bool MayRepeat(Upload upload, int attempt) => upload.CanBegin && _transport.MayRepeat(attempt, Repeat.Safe);
}
