namespace Marketplace.GrainHost.Calls;

/// <summary>
/// Ties the caller's token to the one that the method gets. A caller that cancels stops waiting at once, and the method's token is
/// cancelled. The same happens to the method's token when the call times out.
/// </summary>
internal sealed class CancellationLink : IDisposable
{
    private readonly GrainCall _call;
    private readonly CancellationTokenSource _callee = new();
    private readonly CancellationToken _caller;
    private CancellationTokenRegistration _registration;

    private CancellationLink(GrainCall call)
    {
        _call = call;
        _caller = call.Cancellation;
        call.Cancellation = _callee.Token;
    }

    /// <summary>Null where the caller has cancelled already: the call has failed then and must not be sent.</summary>
    public static CancellationLink? Between(GrainCall call)
    {
        var link = new CancellationLink(call);
        if (link._caller.IsCancellationRequested)
        {
            call.TryFail(new OperationCanceledException(link._caller));
            return null;
        }

        if (link._caller.CanBeCanceled)
        {
            link._registration = link._caller.UnsafeRegister(static state => ((CancellationLink)state!).OnCallerCancelled(), link);
        }
        return link;
    }

    /// <summary>In a turn of the grain: what its code has registered with the token must not run beside it.</summary>
    public void CancelCallee()
    {
        if (_call.Receiver is { } receiver)
        {
            receiver.Post(static callee => ((CancellationTokenSource)callee!).Cancel(), _callee);
        }
        else
        {
            _callee.Cancel();
        }
    }

    public void Dispose() => _registration.Unregister();

    private void OnCallerCancelled()
    {
        _call.TryFail(new OperationCanceledException(_caller));
        CancelCallee();
    }
}
