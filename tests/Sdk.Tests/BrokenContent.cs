using System.Net;
using System.Net.Http.Headers;

namespace Marketplace.Sdk.Tests;

/// <summary>A body whose connection breaks after its first byte.</summary>
internal sealed class BrokenContent : HttpContent
{
    public BrokenContent(string type) => Headers.ContentType = new MediaTypeHeaderValue(type);

    protected override Task<Stream> CreateContentReadStreamAsync() => Task.FromResult<Stream>(new Breaking());

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        throw new IOException("The connection broke.");

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    private sealed class Breaking : MemoryStream
    {
        private bool _begun;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_begun)
            {
                throw new IOException("The connection broke.");
            }
            _begun = true;
            buffer.Span[0] = (byte)'{';
            return ValueTask.FromResult(1);
        }
    }
}
