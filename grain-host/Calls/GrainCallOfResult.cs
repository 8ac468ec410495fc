using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;

namespace Marketplace.GrainHost.Calls;

/// <summary>A call whose caller waits for a result, by a task or by a value task.</summary>
internal abstract class GrainCall<TResult> : GrainCall, IValueTaskSource<TResult>, IValueTaskSource
{
    private readonly Action _onEnded;
    private AsyncTaskMethodBuilder<TResult> _promise;
    private ManualResetValueTaskSourceCore<TResult> _source;
    private bool _awaitedBySource;
    private Task? _running;
    private CancellationLink? _cancellation;

    protected GrainCall() => _onEnded = OnEnded;

    public sealed override void Run(object grain)
    {
        var result = default(TResult);
        Exception? error = null;
        try
        {
            var running = Receiver!.HasFilters ? RunFiltered(grain) : Start(grain, out result);
            if (running is { IsCompleted: false })
            {
                // The current synchronisation context is the receiver, so the continuation comes back into its turns.
                _running = running;
                running.GetAwaiter().UnsafeOnCompleted(_onEnded);
                return;
            }

            if (running is not null)
            {
                error = Outcome(running, ref result);
            }
        }
        catch (Exception exception)
        {
            error = exception;
        }

        End(result, error);
    }

    public override void DeliverFailure(Exception exception)
    {
        if (_awaitedBySource)
        {
            _source.SetException(exception);
        }
        else
        {
            _promise.SetException(exception);
        }
    }

    public override void CancelCallee() => _cancellation?.CancelCallee();

    TResult IValueTaskSource<TResult>.GetResult(short token) => Take(token);

    void IValueTaskSource.GetResult(short token) => Take(token);

    ValueTaskSourceStatus IValueTaskSource<TResult>.GetStatus(short token) => _source.GetStatus(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource<TResult>.OnCompleted(
        Action<object?> continuation,
        object? state,
        short token,
        ValueTaskSourceOnCompletedFlags flags
    ) => _source.OnCompleted(continuation, state, token, flags);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);

    /// <summary>Calls the method: gives null and the result where it has ended already, else the task to wait for.</summary>
    protected abstract Task? Start(object grain, out TResult? result);

    protected Task<TResult> SendForTask()
    {
        Own(1);
        _awaitedBySource = false;
        _promise = AsyncTaskMethodBuilder<TResult>.Create();

        // Asking for the task before the call leaves makes the builder allocate exactly the task and nothing else.
        var task = _promise.Task;
        Send();
        return task;
    }

    protected ValueTask<TResult> SendForValueTask()
    {
        AwaitBySource();
        var result = new ValueTask<TResult>(this, _source.Version);
        Send();
        return result;
    }

    protected ValueTask SendForPlainValueTask()
    {
        AwaitBySource();
        var result = new ValueTask(this, _source.Version);
        Send();
        return result;
    }

    /// <summary>The caller waits for nothing and never learns the outcome.</summary>
    protected void SendOneWay()
    {
        Own(1);
        IsOneWay = true;
        Send();
    }

    protected override void Clear()
    {
        base.Clear();
        _promise = default;
    }

    private void AwaitBySource()
    {
        Own(2);
        _awaitedBySource = true;

        // Who awaits without a context goes on in the thread pool, and not in the middle of the callee's turn.
        _source.RunContinuationsAsynchronously = Target.HasThreads;
    }

    private void Send()
    {
        if (Method.TakesCancellation)
        {
            _cancellation = CancellationLink.Between(this);
            if (_cancellation is null)
            {
                return;
            }
        }

        Target.Send(this);
    }

    private async Task<TResult?> RunFiltered(object grain)
    {
        var context = new FilteredCall(this, grain, InvokeBoxed);
        await context.Invoke();
        return (TResult?)context.Result;
    }

    private async Task<object?> InvokeBoxed(object grain)
    {
        if (Start(grain, out var result) is not { } running)
        {
            return result;
        }
        await running;
        return running is Task<TResult> typed ? typed.Result : result;
    }

    private void OnEnded()
    {
        var running = _running!;
        _running = null;
        var result = default(TResult);
        var error = Outcome(running, ref result);
        End(result, error);
    }

    private static Exception? Outcome(Task ended, ref TResult? result)
    {
        // Looking at the task instead of awaiting it saves throwing an exception only to catch it here.
        if (!ended.IsCompletedSuccessfully)
        {
            return ended.Exception?.InnerException ?? new TaskCanceledException(ended);
        }
        if (ended is Task<TResult?> typed)
        {
            result = typed.Result;
        }
        return null;
    }

    private void End(TResult? result, Exception? error)
    {
        _cancellation?.Dispose();
        var receiver = Receiver!;
        receiver.BeforeOutcome(this, error);
        if (TryWin() && !IsOneWay)
        {
            if (error is not null)
            {
                DeliverFailure(error);
            }
            else if (_awaitedBySource)
            {
                _source.SetResult(result!);
            }
            else
            {
                _promise.SetResult(result!);
            }
        }

        receiver.AfterCall(this);
        Release();
    }

    private TResult Take(short token)
    {
        try
        {
            return _source.GetResult(token);
        }
        finally
        {
            _source.Reset();
            Release();
        }
    }
}
