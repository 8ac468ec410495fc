namespace Marketplace.Storage;

/// <summary>How long a simulated store takes.</summary>
public sealed record SimulatedDelays
{
    /// <summary>From the first write of a batch to the moment when the batch is durable: between these two.</summary>
    public TimeSpan CommitMin { get; init; } = TimeSpan.FromMicroseconds(100);

    public TimeSpan CommitMax { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>Between two steps of the fold.</summary>
    public TimeSpan FoldStep { get; init; } = TimeSpan.FromMilliseconds(5);
}

/// <summary>
/// Runs commits and folds when timers of the given clock fire, on whatever thread they fire; they must fire one at a time.
/// </summary>
internal sealed class SimulatedDriver(TimeProvider time, Random random, SimulatedDelays delays) : IStoreDriver
{
    private IStoreWork _work = null!;
    private ITimer? _commit;
    private ITimer? _fold;
    private bool _foldScheduled;
    private bool _stopped;

    public bool ContinueOnPool => false;

    public void Start(IStoreWork work)
    {
        _work = work;
        _commit = time.CreateTimer(_ => Commit(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _fold = time.CreateTimer(_ => Fold(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        FoldWaits();
    }

    public void WriteWaits()
    {
        var spread = (delays.CommitMax - delays.CommitMin).Ticks;
        _commit?.Change(delays.CommitMin + TimeSpan.FromTicks(random.NextInt64(spread + 1)), Timeout.InfiniteTimeSpan);
    }

    public void FoldWaits()
    {
        if (_foldScheduled)
        {
            return;
        }
        _foldScheduled = true;
        _fold?.Change(delays.FoldStep, Timeout.InfiniteTimeSpan);
    }

    public void DoBeside(Action<CancellationToken> work) => work(CancellationToken.None);

    public ValueTask Stop()
    {
        while (!_stopped && _work.CommitOnce())
        {
            // A continuation of a write may have written again.
        }
        Abandon();
        return default;
    }

    /// <summary>The process is gone: nothing runs any more, not even what was on its way.</summary>
    public void Abandon()
    {
        _stopped = true;
        _commit?.Dispose();
        _fold?.Dispose();
    }

    private void Commit()
    {
        if (!_stopped)
        {
            _work.CommitOnce();
        }
    }

    private void Fold()
    {
        if (_stopped)
        {
            return;
        }
        _foldScheduled = false;
        var wait = _work.FoldOnce();
        // A young write is looked at step by step instead of at its time, so that a CatchUp never has to bring the timer forward.
        if (wait is not null)
        {
            FoldWaits();
        }
    }
}
