using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>One poll of a worker: waits for orders, and keeps them for a repetition of the poll.</summary>
internal sealed class MarketPoll
{
    private readonly List<Moment> _waiting = [];

    /// <summary>Null while the poll waits.</summary>
    public WorkerOrders? Orders { get; private set; }

    /// <returns>False when the time is over, or the caller is gone.</returns>
    public async ValueTask<bool> Wait(TimeProvider clock, IHostFacts host, CancellationToken cancellation)
    {
        var moment = new Moment(host);
        _waiting.Add(moment);
        try
        {
            return await moment.Wait(MarketLimits.PollMax, clock, cancellation);
        }
        finally
        {
            _waiting.Remove(moment);
        }
    }

    public void Answer(WorkerOrders orders)
    {
        Orders = orders;
        foreach (var moment in _waiting)
        {
            moment.Come();
        }
    }
}
