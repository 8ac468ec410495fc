using Marketplace.Worker.Protocol;
using Microsoft.Extensions.Options;

namespace Marketplace.Gateway;

/// <summary>The memory of all workers' messages, of which one connection may have a part.</summary>
internal sealed class WorkerMemory(IOptions<GatewayOptions> options)
{
    private readonly Lock _lock = new();
    private readonly long _bytesMax = options.Value.WorkerMemoryBytesMax;
    private long _held;

    public ILinkMemory ForOne() => new Share(this);

    private sealed class Share(WorkerMemory all) : ILinkMemory
    {
        private long _held;

        public bool TryTake(int bytes)
        {
            lock (all._lock)
            {
                if (all._held + bytes > all._bytesMax || _held + bytes > GatewayPolicy.LinkMemoryBytesMax)
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
                all._held -= bytes;
                _held -= bytes;
            }
        }
    }
}
