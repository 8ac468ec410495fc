namespace Marketplace.Chain;

/// <summary>
/// How long an endpoint is left alone. A fault puts it aside for a time that depends on the fault and doubles with each further one; an
/// answer that is taken ends that. Requests that were under way together count as one.
/// </summary>
internal sealed class EndpointHealth(RpcOptions options)
{
    private const int DoublingsMax = 16;

    private readonly Lock _gate = new();
    private int _faults;
    private RpcException? _last;
    private TimeSpan _aside;
    private long _since;

    /// <summary>How long it is not to be asked yet; zero where it may be.</summary>
    public TimeSpan Aside
    {
        get
        {
            lock (_gate)
            {
                return Rest;
            }
        }
    }

    /// <summary>Why it is put aside.</summary>
    public RpcFault? Last
    {
        get
        {
            lock (_gate)
            {
                return _last?.Fault;
            }
        }
    }

    private TimeSpan Rest
    {
        get
        {
            var rest = _aside - options.TimeProvider.GetElapsedTime(_since);
            return rest > TimeSpan.Zero ? rest : TimeSpan.Zero;
        }
    }

    /// <param name="started">When the request began that it answered well. Where a fault came later, that stands.</param>
    public void Succeed(long started)
    {
        lock (_gate)
        {
            if (started > _since)
            {
                (_faults, _last, _aside) = (0, null, TimeSpan.Zero);
            }
        }
    }

    /// <param name="fault">What it did.</param>
    /// <param name="started">When the request began. Where another fault came later, the two count as one.</param>
    /// <returns>For how long the endpoint is put aside; zero where the fault is none of the node's.</returns>
    public TimeSpan Fail(RpcException fault, long started)
    {
        if (BaseOf(fault.Fault) is not { } least)
        {
            return TimeSpan.Zero;
        }
        lock (_gate)
        {
            var rest = Rest;
            _faults += _faults == 0 || started > _since ? 1 : 0;
            var aside = least * (1L << Math.Min(_faults - 1, DoublingsMax)) * options.Spread();
            aside = fault.RetryAfter > aside ? fault.RetryAfter.Value : aside;
            aside = aside < RpcPolicy.AsideMax ? aside : RpcPolicy.AsideMax;
            if (aside > rest)
            {
                (_last, _aside, _since) = (fault, aside, options.TimeProvider.GetTimestamp());
            }
            return aside > rest ? aside : rest;
        }
    }

    /// <summary>Null: the node did what it should, and its answer is the request's matter.</summary>
    private static TimeSpan? BaseOf(RpcFault fault) =>
        fault switch
        {
            // An honest node that is quicker than the others is ahead, too.
            RpcFault.NodeError or RpcFault.Ahead => null,
            // What passes by itself, or may be true: also a page of a proxy, a node that starts, a reorganisation between two answers, and
            // more logs than fit.
            RpcFault.Unreachable or RpcFault.TimedOut or RpcFault.HttpStatus or RpcFault.NotJson => RpcPolicy.FailureAside,
            RpcFault.NoHead or RpcFault.BrokenHeaders or RpcFault.Behind => RpcPolicy.FailureAside,
            RpcFault.TooLarge or RpcFault.TooManyValues => RpcPolicy.FailureAside,
            RpcFault.RateLimited or RpcFault.Disagrees => RpcPolicy.LimitAside,
            _ => RpcPolicy.LieAside,
        };
}
