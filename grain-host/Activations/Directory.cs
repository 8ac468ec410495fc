using System.Collections.Concurrent;
using Orleans.Runtime;

namespace Marketplace.GrainHost.Activations;

/// <summary>Finds the activation of a grain, and makes it on the first call.</summary>
internal sealed class Directory(HostCore host)
{
    private readonly ConcurrentDictionary<GrainId, ICallReceiver> _receivers = new();
    private long _made;

    public bool IsEmpty => _receivers.IsEmpty;

    public ICallReceiver Resolve(GrainId id) => _receivers.TryGetValue(id, out var found) ? found : Add(id);

    public bool Remove(GrainId id, ICallReceiver receiver) => _receivers.TryRemove(new(id, receiver));

    /// <summary>All activations; in a simulated run in the order in which they were made, so that every run sees the same.</summary>
    public List<Activation> Snapshot()
    {
        var all = new List<Activation>();
        foreach (var (_, receiver) in _receivers)
        {
            receiver.AddTo(all);
        }
        if (host.Scheduler.ObservesSteps)
        {
            all.Sort(static (left, right) => left.Number.CompareTo(right.Number));
        }
        return all;
    }

    public long NextNumber() => Interlocked.Increment(ref _made);

    private ICallReceiver Add(GrainId id)
    {
        var grainClass = host.Classes.Of(id);
        ICallReceiver made = grainClass.WorkersMax is { } max
            ? new StatelessWorkers(host, grainClass, id, max)
            : new Activation(host, grainClass, id, null);
        var receiver = _receivers.GetOrAdd(id, made);
        host.Idle.Arm();
        return receiver;
    }
}
