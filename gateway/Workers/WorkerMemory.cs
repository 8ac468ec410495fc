using Marketplace.Worker.Protocol;
using Microsoft.Extensions.Options;

namespace Marketplace.Gateway;

/// <summary>
/// The memory of all workers' messages, of which one connection may have a part. Keys that the market does not know have half of it
/// together: anyone can make a thousand keys, and begin a large message with each.
/// </summary>
internal sealed class WorkerMemory(IOptions<GatewayOptions> options)
{
    private readonly Lock _lock = new();
    private readonly long _bytesMax = options.Value.WorkerMemoryBytesMax;
    private readonly long _strangersMax = options.Value.WorkerMemoryBytesMax / 2;
    private long _held;
    private long _strangers;

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
        private bool _isKnown;
        private bool _isOver;

        /// <summary>The market has an offer of the worker.</summary>
        public void Know()
        {
            lock (all._lock)
            {
                if (!_isKnown)
                {
                    all._strangers -= _held;
                    _isKnown = true;
                }
            }
        }

        public bool TryTake(int bytes)
        {
            lock (all._lock)
            {
                var fits = _held + bytes <= GatewayPolicy.LinkMemoryBytesMax && all._held + bytes <= all._bytesMax;
                var fitsStrangers = _isKnown || all._strangers + bytes <= all._strangersMax;
                if (_isOver || !fits || !fitsStrangers)
                {
                    return false;
                }
                Add(bytes);
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
                Add(-bytes);
            }
        }

        public void Dispose()
        {
            lock (all._lock)
            {
                Add(-_held);
                _isOver = true;
            }
        }

        private void Add(long bytes)
        {
            all._held += bytes;
            all._strangers += _isKnown ? 0 : bytes;
            _held += bytes;
        }
    }
}
