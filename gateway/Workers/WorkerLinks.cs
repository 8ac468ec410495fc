using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Net;
using Marketplace.Api.Workers;
using Marketplace.Worker.Protocol;
using Microsoft.Extensions.Options;

namespace Marketplace.Gateway;

/// <summary>
/// The workers' connections of this process: how many there may be, which one is a worker's, and why they end. The newest connection of a
/// key
/// is the worker's: the one before may be a dead one that nobody has noticed.
/// </summary>
internal sealed class WorkerLinks(IOptions<GatewayOptions> options, IMeterFactory meters)
{
    /// <summary>Counts connections that ended, by the tag <c>reason</c>.</summary>
    public const string EndedCounter = "marketplace.worker_links.ended";

    private readonly Lock _lock = new();
    private readonly Dictionary<ulong, int> _addresses = [];
    private readonly ConcurrentDictionary<WorkerId, WorkerLink> _links = new();
    private readonly Counter<long> _ended = meters.Create("Marketplace.Gateway").CreateCounter<long>(EndedCounter);
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

    public void Count(LinkEnd reason) => _ended.Add(1, KeyValuePair.Create<string, object?>("reason", LinkEndedException.NameOf(reason)));

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
