namespace Marketplace.Worker.Isolation;

/// <summary>Ends a child that does not answer in time, which ends the wait for its answer. Thread-safe.</summary>
internal sealed class ChildWatch : IDisposable
{
    private readonly Lock _gate = new();
    private readonly IChildProcess _process;
    private readonly ITimer _timer;
    private bool _isLate;
    private bool _isWatching;

    public ChildWatch(IChildProcess process, TimeProvider time)
    {
        _process = process;
        _timer = time.CreateTimer(watch => ((ChildWatch)watch!).EndLate(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public void Begin(TimeSpan limit)
    {
        lock (_gate)
        {
            _isWatching = true;
            _timer.Change(limit, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Tells the child that a run is cancelled. It then has little time left to answer.</summary>
    public void Cancel(long run)
    {
        lock (_gate)
        {
            if (!_isWatching)
            {
                return;
            }
            if (_process.TryCancel(run))
            {
                _timer.Change(IsolationPolicy.AnswerGrace, Timeout.InfiniteTimeSpan);
            }
            else
            {
                EndNow();
            }
        }
    }

    /// <summary>Asks how far a run has come. It may go unanswered: the run ends, or the child has other questions left unread.</summary>
    /// <returns>Whether the child was asked.</returns>
    public bool TryAsk(long run)
    {
        lock (_gate)
        {
            return _isWatching && _process.TryCancel(-run);
        }
    }

    /// <returns>False where the child was too late: it is gone, or about to be.</returns>
    public bool TryEnd()
    {
        lock (_gate)
        {
            _isWatching = false;
            _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            return !_isLate;
        }
    }

    public void Dispose() => _timer.Dispose();

    private void EndLate()
    {
        lock (_gate)
        {
            // The timer may have run off while the answer came.
            if (_isWatching)
            {
                EndNow();
            }
        }
    }

    private void EndNow()
    {
        _isLate = true;
        _process.Kill();
    }
}
