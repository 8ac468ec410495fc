namespace Marketplace.Sdk.Transport;

/// <summary>Reads at most so many bytes, then fails: what a service sends may not fill the memory.</summary>
internal sealed class BoundedStream(Stream inner, long bytesMax, Uri url) : ReadStream
{
    private long _read;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        _read += read;
        return _read > bytesMax
            ? throw new MarketplaceProtocolException(url, $"The answer is larger than the {bytesMax} bytes that this client reads")
            : read;
    }

    /// <summary>Starts the count anew, where the bound is one of pieces.</summary>
    public void Restart() => _read = 0;

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }
        base.Dispose(disposing);
    }

    public override ValueTask DisposeAsync() => inner.DisposeAsync();
}
