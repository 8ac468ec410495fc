using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>The calls that wait for one job's end. Used within the turns of its activation.</summary>
internal sealed class JobWaiters(TimeProvider clock, IHostFacts host)
{
    /// <summary>Null until a call waits: for most jobs none does.</summary>
    private HashSet<Moment>? _waiting;

    /// <returns>False when the time is over, the caller is gone, or too many wait already.</returns>
    public async ValueTask<bool> Wait(TimeSpan atMost, CancellationToken cancellation)
    {
        _waiting ??= [];
        if (_waiting.Count >= JobPolicy.WaitersMax || atMost <= TimeSpan.Zero)
        {
            return false;
        }
        var moment = new Moment(host);
        _waiting.Add(moment);
        try
        {
            return await moment.Wait(atMost < MarketLimits.WaitMax ? atMost : MarketLimits.WaitMax, clock, cancellation);
        }
        finally
        {
            _waiting.Remove(moment);
        }
    }

    public bool IsEmpty => _waiting is not { Count: > 0 };

    public void Release()
    {
        foreach (var moment in _waiting ?? [])
        {
            moment.Come();
        }
    }
}
