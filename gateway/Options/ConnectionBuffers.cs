using System.Buffers;
using System.Collections.Concurrent;
using Microsoft.AspNetCore.Connections;

namespace Marketplace.Gateway;

/// <summary>
/// What the server reads from connections into and writes to them from: larger pieces than its own of 4 KiB, of which a gigabyte takes a
/// quarter of a million, each with two calls of the system and a place in a list. A connection has pieces only while bytes are under way.
/// </summary>
internal sealed class ConnectionBuffers : IMemoryPoolFactory<byte>
{
    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => new Pool();

    private sealed class Pool : MemoryPool<byte>
    {
        private readonly ConcurrentQueue<byte[]> _free = new();
        private int _freeCount;

        public override int MaxBufferSize => GatewayPolicy.ConnectionBufferBytes;

        public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, MaxBufferSize);
            if (!_free.TryDequeue(out var bytes))
            {
                // Pinned for good, so that no read or write of a socket has to pin it.
                return new Piece(this, GC.AllocateUninitializedArray<byte>(MaxBufferSize, pinned: true));
            }
            Interlocked.Decrement(ref _freeCount);
            return new Piece(this, bytes);
        }

        protected override void Dispose(bool disposing) => _free.Clear();

        private void Return(byte[] bytes)
        {
            if (Interlocked.Increment(ref _freeCount) <= GatewayPolicy.FreeBuffersMax)
            {
                _free.Enqueue(bytes);
                return;
            }
            Interlocked.Decrement(ref _freeCount);
        }

        private sealed class Piece(Pool pool, byte[] bytes) : IMemoryOwner<byte>
        {
            private byte[]? _bytes = bytes;

            public Memory<byte> Memory => _bytes ?? throw new ObjectDisposedException(nameof(Piece));

            public void Dispose()
            {
                if (Interlocked.Exchange(ref _bytes, null) is { } bytes)
                {
                    pool.Return(bytes);
                }
            }
        }
    }
}
