using System.Collections.Concurrent;
using Marketplace.Engine.Guests;
using Microsoft.Extensions.Logging;

namespace Marketplace.Worker.Isolation;

/// <summary>
/// Guests run in children of this process, one at a time in each. A child serves one module for its life: what a guest makes of its child
/// meets only runs of the same program.
/// </summary>
internal sealed partial class ChildHost : IProgramHost
{
    private readonly Func<IChildProcess> _start;
    private readonly int _idleMax;
    private readonly long _runsMax;
    private readonly TimeProvider _time;
    private readonly ILogger _log;

    private readonly Lock _gate = new();

    /// <summary>Children on their way that nothing has claimed.</summary>
    private readonly Queue<Task<GuestChild>> _ahead = [];

    /// <summary>Children with a module and nothing to do, the last used last.</summary>
    private readonly List<GuestChild> _idle = [];
    private readonly BlockingCollection<TaskCompletionSource<GuestChild>> _starts = [];
    private readonly Thread _starter;
    private bool _isDisposed;

    /// <param name="start">Starts a child, on the thread of this host that does nothing else.</param>
    /// <param name="idleMax">Children that are kept with their module.</param>
    /// <param name="runsMax">Runs after which a child is replaced.</param>
    public ChildHost(Func<IChildProcess> start, int idleMax, long runsMax, TimeProvider time, ILogger log)
    {
        (_start, _idleMax, _runsMax, _time, _log) = (start, idleMax, runsMax, time, log);
        // The system ends a child with the thread that started it, so this one lives as long as the host.
        _starter = new Thread(StartChildren) { IsBackground = true, Name = "starts children" };
        _starter.Start();
        lock (_gate)
        {
            StartAhead();
        }
    }

    /// <summary>Children that have a module and nothing to do.</summary>
    public IReadOnlyList<int> IdleProcessIds
    {
        get
        {
            lock (_gate)
            {
                return [.. _idle.Select(child => child.ProcessId)];
            }
        }
    }

    /// <summary>Waits for the first child, which then waits for its module.</summary>
    /// <exception cref="ChildFaultException">No child starts here.</exception>
    public void Prove()
    {
        var child = TakeStarted(startsNext: false);
        lock (_gate)
        {
            _ahead.Enqueue(Task.FromResult(child));
        }
    }

    public IOpenProgram Open(BlobId module, Func<byte[]> fetch)
    {
        if (TakeIdle(module) is { } known)
        {
            return new Loan(this, known);
        }
        var bytes = fetch();
        var child = TakeStarted(startsNext: true);
        try
        {
            child.Load(module, bytes);
            return new Loan(this, child);
        }
        catch
        {
            // Also where the module is not valid: the child has read it.
            Retire(child);
            throw;
        }
    }

    public long Rest(TimeSpan idle)
    {
        if (idle >= WorkerPolicy.IdleMax)
        {
            foreach (var child in TakeAllIdle())
            {
                Retire(child);
            }
        }
        return 0;
    }

    public void Dispose()
    {
        List<Task<GuestChild>> ahead;
        lock (_gate)
        {
            _isDisposed = true;
            ahead = [.. _ahead];
            _ahead.Clear();
            _starts.CompleteAdding();
        }
        _starter.Join();
        foreach (var child in TakeAllIdle())
        {
            child.Dispose();
        }
        foreach (var started in ahead.Where(task => task.IsCompletedSuccessfully))
        {
            started.Result.Dispose();
        }
        _starts.Dispose();
    }

    private GuestChild? TakeIdle(BlobId module)
    {
        while (true)
        {
            GuestChild child;
            lock (_gate)
            {
                var index = _idle.FindLastIndex(idle => idle.Module == module);
                if (index < 0)
                {
                    return null;
                }
                child = _idle[index];
                _idle.RemoveAt(index);
            }
            if (child.IsUsable)
            {
                return child;
            }
            Retire(child);
        }
    }

    private GuestChild TakeStarted(bool startsNext)
    {
        for (var attempt = 1; ; attempt++)
        {
            Task<GuestChild> next;
            lock (_gate)
            {
                ObjectDisposedException.ThrowIf(_isDisposed, this);
                StartAhead();
                next = _ahead.Dequeue();
                if (startsNext)
                {
                    StartAhead();
                }
            }
            GuestChild? child = null;
            try
            {
                child = next.GetAwaiter().GetResult();
                child.AwaitReady();
                return child;
            }
            catch (ChildFaultException fault) when (attempt < IsolationPolicy.StartAttemptsMax)
            {
                LogNotStarted(fault.Message, attempt);
                Retire(child);
            }
            catch
            {
                Retire(child);
                throw;
            }
        }
    }

    private void Return(GuestChild child)
    {
        GuestChild? surplus = null;
        // Whether it still lives is asked of the system once a run, when it is taken again.
        var keep = child.Runs < _runsMax && !child.HasFailed;
        lock (_gate)
        {
            if (!keep || _isDisposed)
            {
                surplus = child;
            }
            else
            {
                _idle.Add(child);
                if (_idle.Count > _idleMax)
                {
                    surplus = _idle[0];
                    _idle.RemoveAt(0);
                }
            }
        }
        Retire(surplus);
    }

    private void Retire(GuestChild? child)
    {
        if (child is null)
        {
            return;
        }
        if (child.Fault is { } fault)
        {
            LogFault(child.ProcessId, fault);
        }
        child.Dispose();
    }

    private GuestChild[] TakeAllIdle()
    {
        lock (_gate)
        {
            GuestChild[] all = [.. _idle];
            _idle.Clear();
            return all;
        }
    }

    /// <summary>Inside the lock.</summary>
    private void StartAhead()
    {
        while (_ahead.Count < IsolationPolicy.ChildrenAhead)
        {
            var started = new TaskCompletionSource<GuestChild>(TaskCreationOptions.RunContinuationsAsynchronously);
            _starts.Add(started);
            _ahead.Enqueue(started.Task);
        }
    }

    private void StartChildren()
    {
        foreach (var started in _starts.GetConsumingEnumerable())
        {
            try
            {
                started.SetResult(new GuestChild(_start(), _time));
            }
            catch (Exception failure)
            {
                started.SetException(failure);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Child {Process} was replaced: it {Fault}")]
    private partial void LogFault(int process, string fault);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A child did not start: {Reason} Attempt {Attempt}")]
    private partial void LogNotStarted(string reason, int attempt);

    private sealed class Loan(ChildHost host, GuestChild child) : IOpenProgram
    {
        private GuestChild? _child = child;

        public GuestResult Run(GuestInvocation invocation) => (_child ?? throw new ObjectDisposedException(nameof(Loan))).Run(invocation);

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _child, null) is { } returned)
            {
                host.Return(returned);
            }
        }
    }
}
