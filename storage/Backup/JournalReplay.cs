namespace Marketplace.Storage;

/// <summary>
/// Brings copied tables forward by the journal that follows them, up to a record, and leaves a store that a start takes for one that was
/// stopped there. The read model is made by the first who opens it: nothing here knows the projections.
/// </summary>
internal sealed class JournalReplay : IDisposable
{
    private readonly DataDirectory _directory;
    private readonly EmbeddedStoreOptions _options = new() { FoldDelay = TimeSpan.Zero };
    private readonly FoldedStore _folded;
    private readonly JournalSegments _segments;
    private readonly StoreMemory _memory;
    private readonly StoreReplay _replay;
    private readonly Fold _fold;

    /// <param name="store">Holds tables and archive, and no journal.</param>
    /// <param name="time">For the age of what waits.</param>
    public JournalReplay(string store, TimeProvider time)
    {
        _directory = new DataDirectory(store);
        _folded = new FoldedStore(_directory.Tables, new Archive(_directory.Archive, _options.ArchiveFileBytes), _directory.NewSeed());
        _segments = new JournalSegments(_directory.Journal, _options.SegmentBytes);
        _memory = new StoreMemory(_folded.Seed, new KeyFilter(_folded.KeyCountMax));
        _replay = new StoreReplay(_memory, _directory.Journal.Folder, time.GetTimestamp());
        _fold = new Fold(_memory, _folded, _segments, _options, time, () => false);
    }

    /// <summary>Takes the next segment's records, up to the last one that is wanted. As at a start, they overrule the tables.</summary>
    public void Take(SegmentCopy segment, long last)
    {
        foreach (var record in JournalBeside.Records(segment.Bytes, segment.FirstSequence))
        {
            if (record.Sequence > last)
            {
                break;
            }
            if (record.Kind != JournalRecordKind.Closed)
            {
                _replay.Apply(record);
            }
        }
        if (_memory.UnfoldedBytes > BackupPolicy.UnfoldedBytesMax)
        {
            FoldAll();
        }
    }

    /// <summary>Makes all durable, and begins the journal behind it.</summary>
    public void Complete(long lastSegment, long last)
    {
        FoldAll();
        _folded.Writer.SetFolded(last);
        if (!_folded.MakeDurable())
        {
            throw new IOException("The restored tables could not be made durable: another program reads them.");
        }
        _segments.Continue([], lastSegment, last);
        _segments.Trim();
    }

    public void Dispose()
    {
        _segments.Dispose();
        _folded.Dispose();
        _directory.Dispose();
    }

    private void FoldAll()
    {
        while (_fold.TimeToNextStep() == TimeSpan.Zero)
        {
            _fold.Step();
        }
    }
}
