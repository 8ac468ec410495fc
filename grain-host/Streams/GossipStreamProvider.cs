using System.Collections.Concurrent;
using System.Collections.Immutable;
using Marketplace.GrainHost.Activations;
using Orleans.Runtime;
using Orleans.Streams;

namespace Marketplace.GrainHost.Streams;

/// <summary>
/// Streams in memory: gossip that reaches the listeners of this moment. Nothing is kept for later, a slow observer loses items, and
/// publishing without listeners costs two look-ups.
/// </summary>
internal sealed class GossipStreamProvider(HostCore host, string name) : IStreamProvider
{
    private readonly ConcurrentDictionary<StreamId, ImmutableArray<object>> _clients = new();
    private long _batches;
    private int _subscriptions;

    public string Name => name;

    public bool IsRewindable => false;

    public HostCore Host => host;

    public IAsyncStream<T> GetStream<T>(StreamId streamId) => new GossipStream<T>(this, streamId);

    public bool HasListeners(StreamId stream) => _clients.ContainsKey(stream) || host.Classes.ListeningTo(stream.GetNamespace()).Count > 0;

    public IReadOnlyList<ClientSubscription<T>> ClientsOf<T>(StreamId stream) =>
        _clients.TryGetValue(stream, out var clients) ? [.. clients.OfType<ClientSubscription<T>>()] : [];

    public void Add(StreamId stream, object client) => _clients.AddOrUpdate(stream, [client], (_, clients) => clients.Add(client));

    public void Remove(StreamId stream, object client)
    {
        var left = _clients.AddOrUpdate(stream, [], (_, clients) => clients.Remove(client));
        if (left.IsEmpty)
        {
            _clients.TryRemove(new(stream, left));
        }
    }

    public long NextBatch() => Interlocked.Increment(ref _batches);

    /// <summary>Counted, not drawn: a subscription does not outlive the process.</summary>
    public Guid NextHandle() => new(Interlocked.Increment(ref _subscriptions), 0, 0, [0, 0, 0, 0, 0, 0, 0, 0]);
}
