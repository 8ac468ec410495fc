using System.Threading.Tasks.Sources;

namespace Marketplace.Storage;

/// <summary>A write that waits for its fsync; pooled, so that the hot path allocates nothing for its task.</summary>
internal sealed class PendingWrite : IValueTaskSource<long>, IValueTaskSource
{
    private readonly PendingWritePool _pool;
    private ManualResetValueTaskSourceCore<long> _core;

    public PendingWrite(PendingWritePool pool, bool continueOnPool)
    {
        _pool = pool;
        _core.RunContinuationsAsynchronously = continueOnPool;
    }

    public MemoryEntry Entry { get; private set; } = null!;
    public StoredDocument? Document { get; private set; }
    public LogEntry[]? Entries { get; private set; }
    public long Sequence { get; private set; }
    public long Version { get; private set; }
    public int RecordBytes { get; private set; }
    public short Token => _core.Version;

    public PendingWrite Set(MemoryEntry entry, StoredDocument? document, LogEntry[]? entries, long version, Frame frame)
    {
        (Entry, Document, Entries, Version) = (entry, document, entries, version);
        (Sequence, RecordBytes) = (frame.Sequence, frame.RecordBytes);
        return this;
    }

    public void Complete() => _core.SetResult(Version);

    public void Fail(Exception cause) => _core.SetException(cause);

    public long GetResult(short token)
    {
        try
        {
            return _core.GetResult(token);
        }
        finally
        {
            _core.Reset();
            (Entry, Document, Entries) = (null!, null, null);
            _pool.Return(this);
        }
    }

    void IValueTaskSource.GetResult(short token) => GetResult(token);

    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}

/// <summary>Keeps as many idle pending writes as a busy moment needs; more are left to the garbage collector.</summary>
internal sealed class PendingWritePool(bool continueOnPool)
{
    private const int IdleMax = 4096;

    private readonly Lock _gate = new();
    private readonly PendingWrite[] _idle = new PendingWrite[IdleMax];
    private int _count;

    public PendingWrite Rent()
    {
        lock (_gate)
        {
            if (_count > 0)
            {
                return _idle[--_count];
            }
        }
        return new PendingWrite(this, continueOnPool);
    }

    public void Return(PendingWrite write)
    {
        lock (_gate)
        {
            if (_count < IdleMax)
            {
                _idle[_count++] = write;
            }
        }
    }
}

/// <summary>A write under way, or what already came of it, as the caller wants it: with the version or without.</summary>
internal readonly struct PendingResult
{
    private readonly PendingWrite? _write;
    private readonly short _token;
    private readonly Task<long>? _other;

    /// <summary>Belongs to the gate: the token is read before the write can complete and be reused for the next caller.</summary>
    public PendingResult(PendingWrite write) => (_write, _token) = (write, write.Token);

    public PendingResult(Task<long> other) => _other = other;

    public ValueTask<long> Version =>
        _write is not null ? new(_write, _token)
        : _other is not null ? new(_other)
        : default;

    public ValueTask Done =>
        _write is not null ? new(_write, _token)
        : _other is not null ? new(_other)
        : default;
}
