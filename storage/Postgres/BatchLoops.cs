namespace Marketplace.Storage;

/// <summary>
/// Group commit without a timer: while batches are on their way to the server, the next one gathers. A loop runs while there is something
/// to take, at most as many as there are sessions.
/// </summary>
internal abstract class BatchLoops<TItem>(IReadOnlyList<PostgresSession> sessions, int itemsMax, long bytesMax, int waitingMax)
    : IAsyncDisposable
{
    private readonly Queue<TItem> _ready = new();
    private readonly Stack<PostgresSession> _idle = new(sessions);
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _unfinished;
    private bool _closed;

    protected Lock Gate { get; } = new();

    /// <summary>Waits for what was taken on, then closes the sessions.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (Gate)
        {
            _closed = true;
            if (_unfinished == 0)
            {
                _drained.TrySetResult();
            }
        }
        await _drained.Task.ConfigureAwait(false);
        foreach (var session in sessions)
        {
            await session.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Answers every item of the batch, whatever happens, and calls <see cref="Finished"/>; throws nothing.</summary>
    protected abstract Task Run(PostgresSession session, List<TItem> batch);

    protected abstract long BytesOf(TItem item);

    /// <summary>Takes an item on. Belongs to the gate.</summary>
    protected void Admit()
    {
        if (_closed)
        {
            throw new StoreStoppedException("it was closed.");
        }
        if (_unfinished >= waitingMax)
        {
            throw new StoreUnavailableException(
                $"{_unfinished} requests wait for the database already, no more may.",
                mayHaveHappened: false
            );
        }
        _unfinished++;
    }

    /// <summary>Lets an item that was taken on go with the next batch. Belongs to the gate.</summary>
    protected void Enqueue(TItem item)
    {
        _ready.Enqueue(item);
        if (_idle.TryPop(out var session))
        {
            ThreadPool.UnsafeQueueUserWorkItem(
                static run => _ = run.Loops.Loop(run.Session),
                (Loops: this, Session: session),
                preferLocal: false
            );
        }
    }

    /// <summary>So many items were answered. Belongs to the gate.</summary>
    protected void Finished(int count)
    {
        _unfinished -= count;
        if (_closed && _unfinished == 0)
        {
            _drained.TrySetResult();
        }
    }

    private async Task Loop(PostgresSession session)
    {
        var batch = new List<TItem>();
        while (Take(session, batch))
        {
            await Run(session, batch).ConfigureAwait(false);
            batch.Clear();
        }
    }

    /// <returns>False where nothing waits; the session is idle then.</returns>
    private bool Take(PostgresSession session, List<TItem> batch)
    {
        lock (Gate)
        {
            for (long bytes = 0; batch.Count < itemsMax && _ready.TryPeek(out var item); batch.Add(_ready.Dequeue()))
            {
                bytes += BytesOf(item);
                if (bytes > bytesMax && batch.Count > 0)
                {
                    break;
                }
            }
            if (batch.Count == 0)
            {
                _idle.Push(session);
            }
        }
        return batch.Count > 0;
    }
}
