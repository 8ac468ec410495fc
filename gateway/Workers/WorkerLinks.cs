using System.Collections.Concurrent;
using System.Net;
using Marketplace.Api.Workers;
using Microsoft.Extensions.Options;

namespace Marketplace.Gateway;

/// <summary>
/// The workers' connections of this process: how many there may be, and which one is a worker's. The newest connection of a key is the
/// worker's: the one before may be a dead one that nobody has noticed.
/// </summary>
internal sealed class WorkerLinks(IOptions<GatewayOptions> options)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<ulong, int> _addresses = [];
    private readonly ConcurrentDictionary<WorkerId, WorkerLink> _links = new();
    private int _count;

    /// <summary>A place for a connection, from before its handshake; dispose it when it has ended.</summary>
    /// <returns>Null where there are as many as allowed, of the address or in all.</returns>
    public IDisposable? TryEnter(IPAddress? address)
    {
        var key = RateLimits.KeyOf(address);
        lock (_lock)
        {
            var own = _addresses.GetValueOrDefault(key);
            if (_count >= options.Value.WorkerLinksMax || own >= options.Value.AddressWorkerLinksMax)
            {
                return null;
            }
            _count++;
            _addresses[key] = own + 1;
            return new Place(this, key);
        }
    }

    /// <summary>The link is its worker's from now on.</summary>
    /// <returns>The link that was it before; null: there was none.</returns>
    public WorkerLink? Join(WorkerLink link)
    {
        while (true)
        {
            if (!_links.TryGetValue(link.Worker, out var before))
            {
                if (_links.TryAdd(link.Worker, link))
                {
                    return null;
                }
            }
            else if (_links.TryUpdate(link.Worker, link, before))
            {
                return before;
            }
        }
    }

    /// <returns>Whether it was its worker's until now.</returns>
    public bool Leave(WorkerLink link) => _links.TryRemove(KeyValuePair.Create(link.Worker, link));

    /// <summary>Whether any worker is connected.</summary>
    public bool IsEmpty => _links.IsEmpty;

    public bool Has(WorkerId worker) => _links.ContainsKey(worker);

    /// <summary>Ends the worker's connection, if it has one here.</summary>
    public void End(WorkerId worker, LinkEnd reason, string message)
    {
        if (_links.TryGetValue(worker, out var link))
        {
            link.End(reason, message);
        }
    }

    private sealed class Place(WorkerLinks links, ulong address) : IDisposable
    {
        private bool _left;

        public void Dispose()
        {
            lock (links._lock)
            {
                if (_left)
                {
                    return;
                }
                _left = true;
                links._count--;
                if (--links._addresses[address] == 0)
                {
                    links._addresses.Remove(address);
                }
            }
        }
    }
}
