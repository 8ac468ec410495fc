using System.Collections.Concurrent;

namespace Marketplace.Engine;

/// <summary>
/// Where the code of one guest thread's guests is made, one piece after the other: on a stack of its own, because the machine-code compiler
/// would use up what a guest has left of its stack.
/// </summary>
internal sealed class CompilerThread : IDisposable
{
    private readonly BlockingCollection<Work> _work = [];
    private readonly Thread _thread;
    private Task _last = Task.CompletedTask;

    public CompilerThread(string name)
    {
        _thread = new Thread(Loop, EnginePolicy.CompilerStackBytes) { IsBackground = true, Name = name };
        _thread.Start();
    }

    /// <summary>Does the work when what was started before is done. What it throws is in the task.</summary>
    public Task Start(Action work)
    {
        var item = new Work(work);
        _work.Add(item);
        return _last = item.Done;
    }

    /// <summary>Ends when all that was started is done, also what a guest did not wait for.</summary>
    public Task Idle => _last;

    /// <summary>Waits for all that was started.</summary>
    /// <param name="cancellation">Ends the wait; its owner finds that out by itself.</param>
    public void WaitUntilIdle(CancellationToken cancellation)
    {
        try
        {
            Task.WaitAny([_last], cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested) { }
    }

    /// <summary>Lets what is queued finish and the thread then end, without waiting for either.</summary>
    public void Abandon() => _work.CompleteAdding();

    /// <summary>Lets what is queued finish, then ends the thread.</summary>
    public void Dispose()
    {
        _work.CompleteAdding();
        _thread.Join();
        _work.Dispose();
    }

    private void Loop()
    {
        foreach (var item in _work.GetConsumingEnumerable())
        {
            item.Do();
        }
    }

    /// <summary>The queue's reader keeps the last one until the next comes, so it must not keep a module.</summary>
    private sealed class Work(Action action)
    {
        private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private Action? _action = action;

        public Task Done => _completion.Task;

        public void Do()
        {
            var action = _action!;
            _action = null;
            try
            {
                action();
                _completion.SetResult();
            }
            catch (Exception e)
            {
                _completion.SetException(e);
            }
        }
    }
}
