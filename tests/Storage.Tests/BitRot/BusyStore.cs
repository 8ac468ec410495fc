namespace Marketplace.Storage.BitRot;

/// <summary>
/// A store under load on a simulated disk: while the journal flushes a batch, the next one is written, as writers on other threads do.
/// One thread, so every run gives the same bytes. Nothing is folded.
/// </summary>
internal sealed class BusyStore : IStoreDriver
{
    private readonly EmbeddedStore _store;
    private readonly Queue<Action<EmbeddedStore>> _batches = new();
    private IStoreWork _work = null!;

    public BusyStore(SimulatedDisk disk, int segmentBytes)
    {
        var options = new EmbeddedStoreOptions { SegmentBytes = segmentBytes };
        _store = EmbeddedStore.Open(() => new Medium(disk.Open(), WriteNext), options, this, TimeProvider.System);
    }

    public bool ContinueOnPool => false;

    /// <summary>Each batch is written while the one before it is being flushed; returns when all are durable.</summary>
    public void Run(IEnumerable<Action<EmbeddedStore>> batches)
    {
        foreach (var batch in batches)
        {
            _batches.Enqueue(batch);
        }
        WriteNext();
        CommitAll();
        if (_batches.Count > 0)
        {
            throw new InvalidOperationException($"This is a bug in the test: {_batches.Count} batches were never written.");
        }
    }

    /// <summary>Stops in order: the journal ends with a closing record.</summary>
    public void Close()
    {
        var closing = _store.DisposeAsync();
        if (!closing.IsCompletedSuccessfully)
        {
            throw new InvalidOperationException("This is a bug in the test: without threads the store closes at once.");
        }
    }

    /// <summary>Ends as a killed process does.</summary>
    public void Kill() => _store.Abandon();

    void IStoreDriver.Start(IStoreWork work) => _work = work;

    void IStoreDriver.WriteWaits() { }

    void IStoreDriver.FoldWaits() { }

    void IStoreDriver.DoBeside(Action<CancellationToken> work) => work(CancellationToken.None);

    ValueTask IStoreDriver.Stop()
    {
        CommitAll();
        return default;
    }

    private void CommitAll()
    {
        while (_work.CommitOnce())
        {
            // The flush of this batch has written the next one.
        }
    }

    private void WriteNext()
    {
        if (_batches.TryDequeue(out var next))
        {
            next(_store);
        }
    }

    private sealed class Medium(IStoreMedium inner, Action onFlush) : IStoreMedium
    {
        public IJournalFiles Journal { get; } = new Files(inner.Journal, onFlush);
        public IJournalFiles Archive => inner.Archive;
        public ITableFile Tables => inner.Tables;
        public long FreeBytes => inner.FreeBytes;

        public long NewSeed() => inner.NewSeed();

        public void Dispose() => inner.Dispose();
    }

    private sealed class Files(IJournalFiles inner, Action onFlush) : IJournalFiles
    {
        public string Folder => inner.Folder;

        public IReadOnlyList<string> List() => inner.List();

        public IJournalFile Create(string name, long size) => new FlushingFile(inner.Create(name, size), onFlush);

        public IJournalFile Open(string name) => new FlushingFile(inner.Open(name), onFlush);

        public void Rename(string from, string to) => inner.Rename(from, to);

        public void Delete(string name) => inner.Delete(name);

        public void FlushFolder() => inner.FlushFolder();
    }

    private sealed class FlushingFile(IJournalFile inner, Action onFlush) : IJournalFile
    {
        public long Length => inner.Length;

        public int Read(long offset, Span<byte> destination) => inner.Read(offset, destination);

        public void Write(long offset, ReadOnlySpan<byte> bytes) => inner.Write(offset, bytes);

        public void SetLength(long length) => inner.SetLength(length);

        public void Flush()
        {
            onFlush();
            inner.Flush();
        }

        public void Dispose() => inner.Dispose();
    }
}
