namespace Marketplace.Storage;

/// <summary>
/// One thread commits, one folds. A lone write wakes the committing thread directly; there is no timer in its way, and batches are made
/// by nothing but the time that the fsync before them takes.
/// </summary>
internal sealed class ThreadDriver : IStoreDriver
{
    private readonly AutoResetEvent _writeWaits = new(false);
    private readonly AutoResetEvent _foldWaits = new(false);
    private readonly CancellationTokenSource _stop = new();
    private Thread? _committing;
    private Thread? _folding;
    private Thread? _beside;
    private volatile bool _stopping;
    private IStoreWork _work = null!;

    public bool ContinueOnPool => true;

    public void Start(IStoreWork work)
    {
        _work = work;
        _committing = new Thread(Commit) { IsBackground = true, Name = "store commit" };
        _folding = new Thread(Fold)
        {
            IsBackground = true,
            Name = "store fold",
            Priority = ThreadPriority.BelowNormal,
        };
        _committing.Start();
        _folding.Start();
    }

    public void WriteWaits() => _writeWaits.Set();

    public void FoldWaits() => _foldWaits.Set();

    public void DoBeside(Action<CancellationToken> work)
    {
        _beside = new Thread(() => work(_stop.Token))
        {
            IsBackground = true,
            Name = "store filter",
            Priority = ThreadPriority.BelowNormal,
        };
        _beside.Start();
    }

    public ValueTask Stop()
    {
        _stopping = true;
        _stop.Cancel();
        _writeWaits.Set();
        _foldWaits.Set();
        return new ValueTask(
            Task.Run(() =>
            {
                _folding?.Join();
                _committing?.Join();
                _beside?.Join();
                _stop.Dispose();
                _writeWaits.Dispose();
                _foldWaits.Dispose();
            })
        );
    }

    private void Commit()
    {
        while (true)
        {
            // Read before the look at the queue: a write that came before the stop is committed.
            var stopping = _stopping;
            if (_work.CommitOnce())
            {
                continue;
            }
            if (stopping)
            {
                return;
            }
            _writeWaits.WaitOne();
        }
    }

    private void Fold()
    {
        while (!_stopping)
        {
            var wait = _work.FoldOnce();
            if (wait is null)
            {
                _foldWaits.WaitOne();
            }
            else if (wait > TimeSpan.Zero)
            {
                _foldWaits.WaitOne(wait.Value);
            }
        }
    }
}
