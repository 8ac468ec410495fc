namespace Marketplace.Chain;

/// <summary>
/// How long an endpoint is left alone. A fault puts it aside for a time that depends on the fault and doubles with each further one; an
/// answer that is taken ends that.
/// </summary>
internal sealed class EndpointHealth(RpcOptions options)
{
    private const int DoublingsMax = 16;

    private readonly Lock _gate = new();
    private DateTimeOffset _until = DateTimeOffset.MinValue;
    private int _faults;
    private RpcException? _last;

    /// <summary>How long it is not to be asked yet; zero where it may be.</summary>
    public TimeSpan Aside
    {
        get
        {
            lock (_gate)
            {
                var rest = _until - options.TimeProvider.GetUtcNow();
                return rest > TimeSpan.Zero ? rest : TimeSpan.Zero;
            }
        }
    }

    /// <summary>Why it is put aside.</summary>
    public RpcException? Last
    {
        get
        {
            lock (_gate)
            {
                return _last;
            }
        }
    }

    public void Succeed()
    {
        lock (_gate)
        {
            (_faults, _last, _until) = (0, null, DateTimeOffset.MinValue);
        }
    }

    /// <returns>For how long the endpoint is put aside; zero where the fault is none of the node's.</returns>
    public TimeSpan Fail(RpcException fault)
    {
        if (BaseOf(fault.Fault) is not { } least)
        {
            return TimeSpan.Zero;
        }
        lock (_gate)
        {
            var aside = least * (1L << Math.Min(_faults, DoublingsMax)) * options.Spread();
            aside = fault.RetryAfter > aside ? fault.RetryAfter.Value : aside;
            aside = aside < RpcPolicy.AsideMax ? aside : RpcPolicy.AsideMax;
            _faults++;
            _last = fault;
            _until = options.TimeProvider.GetUtcNow() + aside;
            return aside;
        }
    }

    /// <summary>Null: the node did what it should, and its answer is the request's matter.</summary>
    private static TimeSpan? BaseOf(RpcFault fault) =>
        fault switch
        {
            // An honest node that is quicker than the others is ahead, too.
            RpcFault.NodeError or RpcFault.Reverted or RpcFault.Ahead => null,
            RpcFault.Unreachable or RpcFault.TimedOut or RpcFault.HttpStatus or RpcFault.Behind => RpcPolicy.FailureAside,
            RpcFault.RateLimited or RpcFault.Disagrees => RpcPolicy.LimitAside,
            _ => RpcPolicy.LieAside,
        };
}
