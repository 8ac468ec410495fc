using Marketplace.GrainHost.Calls;
using Orleans.Runtime;

namespace Marketplace.GrainHost.Activations;

/// <summary>The activations of one stateless worker grain: a call goes to an idle one, else to a new one, else to the least busy.</summary>
internal sealed class StatelessWorkers(HostCore host, GrainClass grainClass, GrainId id, int workersMax) : ICallReceiver
{
    private readonly Lock _gate = new();
    private readonly List<Activation> _workers = [];
    private bool _ended;

    public bool TryReceive(GrainCall call)
    {
        var wait = default(SpinWait);
        while (true)
        {
            Activation worker;
            lock (_gate)
            {
                if (_ended)
                {
                    return false;
                }
                worker = Choose();
            }

            if (worker.TryReceive(call))
            {
                return true;
            }
            wait.SpinOnce();
        }
    }

    public void AddTo(List<Activation> activations)
    {
        lock (_gate)
        {
            activations.AddRange(_workers);
        }
    }

    /// <summary>A worker has ended; the last one takes the group out of the directory.</summary>
    public void Remove(Activation worker)
    {
        lock (_gate)
        {
            _workers.Remove(worker);
            _ended = _workers.Count == 0;
            if (_ended)
            {
                host.Directory.Remove(id, this);
            }
        }
    }

    private Activation Choose()
    {
        Activation? least = null;
        foreach (var worker in _workers)
        {
            if (least is null || worker.Load < least.Load)
            {
                least = worker;
            }
        }

        if (least is not null && (least.Load == 0 || _workers.Count == workersMax))
        {
            return least;
        }
        var made = new Activation(host, grainClass, id, this);
        _workers.Add(made);
        return made;
    }
}
