using System.IO.Pipelines;
using System.Net.WebSockets;

namespace Marketplace.Tests.Worker;

/// <summary>Both ends of a WebSocket without a network between them.</summary>
internal sealed class SocketPair : IDisposable
{
    public SocketPair()
    {
        // Without a bound: who stops reading must not stop the other end.
        var unbounded = new PipeOptions(pauseWriterThreshold: 0);
        var (up, down) = (new Pipe(unbounded), new Pipe(unbounded));
        Market = WebSocket.CreateFromStream(new TwoWay(up.Reader, down.Writer), new WebSocketCreationOptions { IsServer = true });
        Worker = WebSocket.CreateFromStream(new TwoWay(down.Reader, up.Writer), new WebSocketCreationOptions());
    }

    public WebSocket Market { get; }

    public WebSocket Worker { get; }

    public void Dispose()
    {
        Market.Dispose();
        Worker.Dispose();
    }

    private sealed class TwoWay(PipeReader input, PipeWriter output) : Stream
    {
        private readonly Stream _input = input.AsStream();
        private readonly Stream _output = output.AsStream();

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override void Flush() => _output.Flush();

        public override Task FlushAsync(CancellationToken cancellationToken) => _output.FlushAsync(cancellationToken);

        public override int Read(byte[] buffer, int offset, int count) => _input.Read(buffer, offset, count);

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            _input.ReadAsync(buffer, cancellationToken);

        public override void Write(byte[] buffer, int offset, int count) => _output.Write(buffer, offset, count);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            _output.WriteAsync(buffer, cancellationToken);

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            _input.Dispose();
            _output.Dispose();
            base.Dispose(disposing);
        }
    }
}
