using Marketplace.Worker.Protocol;
using Microsoft.Extensions.Options;

namespace Marketplace.Gateway;

/// <summary>The memory of all workers' messages, of which one connection may have a part.</summary>
internal sealed class WorkerMemory(IOptions<GatewayOptions> options)
{
    private readonly Lock _lock = new();
    private readonly long _bytesMax = options.Value.WorkerMemoryBytesMax;
    private long _held;

    /// <summary>Bytes that connections hold at the moment.</summary>
    public long Held
    {
        get
        {
            lock (_lock)
            {
                return _held;
            }
        }
    }

    /// <summary>The part of one connection; dispose it when the connection has ended.</summary>
    public Share ForOne() => new(this);

    /// <summary>What one connection holds. What it still holds at its end goes back with it.</summary>
    internal sealed class Share(WorkerMemory all) : ILinkMemory, IDisposable
    {
        private long _held;
        private bool _isOver;

        public bool TryTake(int bytes)
        {
            lock (all._lock)
            {
                if (_isOver || all._held + bytes > all._bytesMax || _held + bytes > GatewayPolicy.LinkMemoryBytesMax)
                {
                    return false;
                }
                all._held += bytes;
                _held += bytes;
                return true;
            }
        }

        public void Return(int bytes)
        {
            lock (all._lock)
            {
                if (_isOver)
                {
                    return;
                }
                all._held -= bytes;
                _held -= bytes;
            }
        }

        public void Dispose()
        {
            lock (all._lock)
            {
                all._held -= _held;
                (_held, _isOver) = (0, true);
            }
        }
    }
}
