using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using Marketplace.Crypto;
using Marketplace.Sdk.Transport;

namespace Marketplace;

/// <summary>The content of a blob on its way to the service, hashed as it is sent.</summary>
internal sealed class Upload
{
    private readonly Stream _source;
    private readonly IProgress<long>? _progress;
    private readonly long _start;
    private bool _read;

    public Upload(Stream source, IProgress<long>? progress)
    {
        _source = source;
        _progress = progress;
        if (!source.CanSeek)
        {
            return;
        }
        _start = source.Position;
        Size = source.Length - _start;
    }

    /// <summary>How many bytes there are, where the source can say.</summary>
    public long? Size { get; }

    /// <summary>The id of what was sent; null until all of it was.</summary>
    public BlobId? Sent { get; private set; }

    /// <summary>Whether the source can be read from its start (again).</summary>
    public bool CanBegin => _source.CanSeek || !_read;

    public HttpContent Begin(Deadline deadline)
    {
        Sent = null;
        if (_source.CanSeek)
        {
            _source.Position = _start;
        }
        return new Content(this, deadline);
    }

    private async Task Send(Stream target, Deadline deadline, CancellationToken cancellation)
    {
        _read = true;
        var hasher = new Blake3Hasher();
        var piece = ArrayPool<byte>.Shared.Rent(SdkPolicy.PieceBytes);
        try
        {
            var sent = 0L;
            while (true)
            {
                var want = (int)Math.Min(piece.Length, Size - sent ?? piece.Length);
                var count =
                    want == 0
                        ? 0
                        : await _source.ReadAtLeastAsync(piece.AsMemory(0, want), want, false, cancellation).ConfigureAwait(false);
                if (count == 0)
                {
                    break;
                }
                hasher.Update(piece.AsSpan(0, count));
                await target.WriteAsync(piece.AsMemory(0, count), cancellation).ConfigureAwait(false);
                sent += count;
                deadline.Extend();
                _progress?.Report(sent);
            }
            if (Size is { } size && sent != size)
            {
                throw new InvalidOperationException($"The source ended after {sent} of {size} bytes: it changed while it was being sent.");
            }
            Sent = new BlobId(hasher.Finish());
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }
    }

    private sealed class Content : HttpContent
    {
        private static readonly MediaTypeHeaderValue Bytes = new("application/octet-stream");
        private readonly Upload _upload;
        private readonly Deadline _deadline;

        public Content(Upload upload, Deadline deadline)
        {
            (_upload, _deadline) = (upload, deadline);
            Headers.ContentType = Bytes;
        }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            _upload.Send(stream, _deadline, CancellationToken.None);

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken) =>
            _upload.Send(stream, _deadline, cancellationToken);

        protected override bool TryComputeLength(out long length)
        {
            length = _upload.Size ?? 0;
            return _upload.Size is not null;
        }
    }
}
