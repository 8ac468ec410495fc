namespace Marketplace.Storage;

/// <summary>
/// Documents, streams and the read model in one data directory: an acknowledged write is an fsynced record of the journal, the tables
/// follow behind. See JOURNAL.md for the bytes and RATIONALE.md for the reasons.
/// </summary>
public sealed partial class EmbeddedStore : IDocumentStore, IEventLog, IListing, IStoreRoom, IAsyncDisposable
{
    /// <summary>So many keys are put into the filter before the store is open: some milliseconds. For more, it opens without.</summary>
    private const long FilterAtOnceMax = 20_000;

    private readonly IStoreMedium _medium;
    private readonly EmbeddedStoreOptions _options;
    private readonly IStoreDriver _driver;
    private readonly StoreMemory _memory;
    private readonly FoldedStore _folded;
    private readonly JournalSegments _segments;
    private readonly JournalFramer _framer;
    private readonly Committer _committer;
    private readonly Fold _fold;
    private readonly TimeProvider _time;
    private bool _closed;

    private EmbeddedStore(
        IStoreMedium medium,
        EmbeddedStoreOptions options,
        IStoreDriver driver,
        TimeProvider time,
        Action<FoldedStore>? prepare
    )
    {
        (_medium, _options, _driver, _time) = (medium, options, driver, time);
        _folded = new FoldedStore(medium.Tables, new Archive(medium.Archive, options.ArchiveFileBytes), medium.NewSeed());
        _segments = new JournalSegments(medium.Journal, options.SegmentBytes);
        try
        {
            _memory = new StoreMemory(_folded.Seed, new KeyFilter(_folded.KeyCountMax));
            var replay = new StoreReplay(_memory, medium.Journal.Folder, time.GetTimestamp());
            var found = new JournalRecovery(medium.Journal, replay.Apply).Run(_folded.FoldedSequence);
            _memory.DurableSequence = found.LastSequence;
            _segments.Continue(found.Segments, found.LastNumber, found.LastSequence);
            _memory.FoldedThrough(_memory.SequenceBeforeQueue);
            _framer = new JournalFramer(found.LastSequence + 1);
            prepare?.Invoke(_folded);
        }
        catch
        {
            _segments.Dispose();
            _folded.Dispose();
            throw;
        }
        _committer = new Committer(_memory, _framer, _segments, time, driver.ContinueOnPool);
        _fold = new Fold(_memory, _folded, _segments, options, time, () => Shortage is not null);
        // Asked before the fold begins: from then on the writer's connection is the fold's alone.
        var fillAtOnce = _folded.KeyCountMax <= FilterAtOnceMax;
        driver.Start(new Work(this));
        if (fillAtOnce)
        {
            FillFilter(CancellationToken.None);
        }
        else
        {
            driver.DoBeside(FillFilter);
        }
    }

    /// <summary>Opens a data directory, or makes a new one; what the last process acknowledged is there when this returns.</summary>
    /// <exception cref="StoreLockedException">Another process has it open.</exception>
    /// <exception cref="StoreDamagedException">What is on disk is not what was written.</exception>
    /// <exception cref="StoreUnfinishedException">An import into it was broken off.</exception>
    public static EmbeddedStore Open(string folder, EmbeddedStoreOptions options, TimeProvider time)
    {
        if (ImportMark.Read(folder) == ImportState.Unfinished)
        {
            throw new StoreUnfinishedException(folder);
        }
        return Open(
            () => new DataDirectory(folder),
            options,
            new ThreadDriver(),
            time,
            folded =>
            {
                // Read again under the folder's lock. A store without projections cannot make the read model; the mark stays for the next.
                if (
                    ImportMark.Read(folder) == ImportState.Unlisted
                    && options.Projections.Count > 0
                    && folded.MakeReadModel(options.Projections)
                )
                {
                    ImportMark.Clear(folder);
                }
            }
        );
    }

    /// <summary>For the import itself.</summary>
    internal static EmbeddedStore OpenUnfinished(string folder, EmbeddedStoreOptions options, TimeProvider time) =>
        Open(() => new DataDirectory(folder), options, new ThreadDriver(), time);

    /// <summary>For reading: nothing is written or folded.</summary>
    internal static EmbeddedStore OpenToRead(string folder, TimeProvider time) =>
        Open(() => new DataDirectory(folder), new EmbeddedStoreOptions(), new QuietDriver(), time);

    internal static EmbeddedStore Open(
        Func<IStoreMedium> openMedium,
        EmbeddedStoreOptions options,
        IStoreDriver driver,
        TimeProvider time,
        Action<FoldedStore>? prepare = null
    )
    {
        options.Validate();
        var medium = openMedium();
        try
        {
            return new EmbeddedStore(medium, options, driver, time, prepare);
        }
        catch
        {
            medium.Dispose();
            throw;
        }
    }

    /// <summary>Why the store takes no more writes; null while it takes them.</summary>
    public StoreStoppedException? Stopped
    {
        get
        {
            lock (_memory.Gate)
            {
                return _committer.Stopped;
            }
        }
    }

    /// <inheritdoc/>
    public DiskShortage? Shortage =>
        _options.FreeBytesMin > 0 && _medium.FreeBytes is var free && free < _options.FreeBytesMin
            ? new DiskShortage(free, _options.FreeBytesMin)
            : null;

    /// <summary>Waits for the writes that are under way, then gives the directory free.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_memory.Gate)
        {
            if (_closed)
            {
                return;
            }
            _closed = true;
        }
        await _driver.Stop().ConfigureAwait(false);
        try
        {
            if (Stopped is null)
            {
                _committer.WriteClosed();
            }
        }
        finally
        {
            _committer.Stop(ClosedError());
            _segments.Dispose();
            _folded.Dispose();
            _medium.Dispose();
        }
    }

    /// <summary>For a simulated crash: what is gathered goes to the file and is neither flushed nor acknowledged.</summary>
    internal void WriteWithoutFlush() => _committer.WriteWithoutFlush();

    /// <summary>For a simulated crash: lets go of the tables, as the end of a process does, and writes nothing.</summary>
    internal void Abandon() => _folded.Dispose();

    private static StoreStoppedException ClosedError() => new("it was closed.");

    /// <summary>
    /// In a simulation an await goes on where its caller runs: one that drops the context may be sent to the thread pool, when the thread
    /// that completes it has a scheduler of its own, and then the run is no longer the seed's.
    /// </summary>
    private bool KeepsContext => !_driver.ContinueOnPool;

    /// <summary>Belongs to the gate.</summary>
    private void ThrowIfStopped()
    {
        if (_closed)
        {
            throw ClosedError();
        }
        if (_committer.Stopped is { } stopped)
        {
            throw new StoreStoppedException(stopped.Why, stopped);
        }
    }

    private sealed class Work(EmbeddedStore store) : IStoreWork
    {
        public bool CommitOnce()
        {
            var committed = store._committer.CommitOnce();
            if (committed)
            {
                store._driver.FoldWaits();
            }
            return committed;
        }

        public TimeSpan? FoldOnce()
        {
            if (store.Stopped is not null)
            {
                return null;
            }
            var wait = store._fold.TimeToNextStep();
            try
            {
                if (wait == TimeSpan.Zero)
                {
                    store._fold.Step();
                }
                store._fold.Clean();
            }
            catch (Exception failure)
            {
                store._committer.Stop(new StoreStoppedException($"the tables could not be written ({failure.Message}).", failure));
                return null;
            }
            return wait;
        }
    }

    private void FillFilter(CancellationToken stop)
    {
        try
        {
            foreach (var page in _folded.Hashes())
            {
                if (stop.IsCancellationRequested)
                {
                    return;
                }
                lock (_memory.Gate)
                {
                    page.ForEach(_memory.Filter.Add);
                }
            }
            _memory.Filter.Complete = true;
        }
        catch (Exception failure) when (failure is Microsoft.Data.Sqlite.SqliteException)
        {
            _committer.Stop(new StoreStoppedException($"the tables could not be read ({failure.Message}).", failure));
        }
    }
}
