using Marketplace.Crypto;
using Marketplace.Sdk.Transport;

namespace Marketplace;

/// <summary>
/// Bytes on their way from the service. With an id they are hashed, and the read that completes them checks the hash before it gives
/// its bytes out: a wrong blob cannot be read to its end.
/// </summary>
internal sealed class DownloadStream(HttpTransport transport, HttpResponseMessage response, Stream content, BlobId? id, long? size)
    : ReadStream
{
    private readonly Blake3Hasher? _hasher = id is null ? null : new Blake3Hasher();
    private long _position;
    private bool _verified;

    public override long Length => size ?? throw new NotSupportedException();

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty)
        {
            return 0;
        }
        var count = await Receive(buffer, cancellationToken).ConfigureAwait(false);
        _position += count;
        if (_position > size || (count == 0 && size is not null && _position < size))
        {
            throw new MarketplaceUnreachableException(transport.Url, $"The connection broke after {_position} of {size} bytes");
        }
        if (_hasher is null || _verified)
        {
            return count;
        }
        _hasher.Update(buffer.Span[..count]);
        if (_position == size)
        {
            Verify();
        }
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            response.Dispose();
        }
        base.Dispose(disposing);
    }

    private async ValueTask<int> Receive(Memory<byte> buffer, CancellationToken cancellation)
    {
        using var deadline = new Deadline(transport.Options.StallTimeout, transport.Options.TimeProvider, cancellation);
        try
        {
            return await content.ReadAsync(buffer, deadline.Token).ConfigureAwait(false);
        }
        catch (Exception failure) when (transport.Explain(failure, deadline, transport.Options.StallTimeout, cancellation) is { } explained)
        {
            throw explained;
        }
    }

    private void Verify()
    {
        var actual = new BlobId(_hasher!.Finish());
        if (actual != id)
        {
            throw new BlobVerificationException(id!.Value, actual, "The service sent other bytes than were asked for");
        }
        _verified = true;
    }
}
