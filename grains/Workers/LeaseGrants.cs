using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>
/// What a worker's leases allow, as the market said within <see cref="WorkerPolicy.GrantTrust"/>. Without this a run that reads its state
/// key by key would ask the market for each key.
/// </summary>
internal sealed class LeaseGrants(Func<LeaseCall, Task<LeaseGrant?>> ask, TimeProvider clock)
{
    private readonly Dictionary<LeaseId, Known> _known = [];
    private long _sweptAt = clock.GetTimestamp();

    /// <exception cref="MarketException"><see cref="ErrorCode.LeaseNotFound"/>; <see cref="ErrorCode.LimitExceeded"/>: a later call of the
    /// lease was seen.</exception>
    public async ValueTask<LeaseGrant> Require(LeaseCall call)
    {
        if (_known.TryGetValue(call.Lease, out var known) && !IsOld(known.AskedAt))
        {
            _known[call.Lease] = known with { LastCall = Later(call, known.LastCall) };
            return known.Grant;
        }
        Sweep();
        var grant = await ask(call) ?? throw Gone(call);
        _known[call.Lease] = new Known(grant, clock.GetTimestamp(), call.Sequence);
        return grant;
    }

    /// <summary>The last call of a lease after this one.</summary>
    /// <exception cref="MarketException"><see cref="ErrorCode.LimitExceeded"/>.</exception>
    public static long Later(LeaseCall call, long last) =>
        call.Sequence >= Math.Max(1, last)
            ? call.Sequence
            : throw new MarketException(
                ErrorCode.LimitExceeded,
                $"Call {call.Sequence} of lease {call.Lease} came late; allowed are calls from {Math.Max(1, last)} on."
            );

    public static MarketException Gone(LeaseCall call) =>
        new(ErrorCode.LeaseNotFound, $"Worker {call.Worker} has no lease {call.Lease}: it was reported, is over, or belongs to another.");

    private void Sweep()
    {
        if (!IsOld(_sweptAt))
        {
            return;
        }
        foreach (var (lease, known) in _known)
        {
            if (IsOld(known.AskedAt))
            {
                _known.Remove(lease);
            }
        }
        _sweptAt = clock.GetTimestamp();
    }

    private bool IsOld(long since) => clock.GetElapsedTime(since) >= WorkerPolicy.GrantTrust;

    private readonly record struct Known(LeaseGrant Grant, long AskedAt, long LastCall);
}
