namespace Marketplace.Storage;

/// <summary>One entry of a step: what was durable when the step took it, and where it lies afterwards.</summary>
internal sealed class FoldItem(MemoryEntry entry, long bytes)
{
    public MemoryEntry Entry { get; } = entry;
    public long Bytes { get; } = bytes;
    public StoredDocument? Document { get; init; }
    public LogEntry[] Entries { get; init; } = [];
    public FoldedPlace Place { get; set; }
    public long Row { get; set; }
}

/// <summary>
/// Moves what is durable from memory to the tables and the archive, oldest first, in short transactions, and deletes the segments that
/// are no longer needed. A step that is repeated after a crash gives the same tables, because memory, rebuilt from the journal, overrules
/// them. One thread.
/// </summary>
internal sealed class Fold(
    StoreMemory memory,
    FoldedStore folded,
    JournalSegments segments,
    EmbeddedStoreOptions options,
    TimeProvider time,
    Func<bool> isDiskShort
)
{
    private const int ItemsMin = 64;
    private const int ItemsMax = 4096;

    /// <summary>
    /// Of one transaction: what a reader of the same file may have to wait behind, and a pause in this thread's share of the processor.
    /// </summary>
    private static readonly TimeSpan StepTarget = TimeSpan.FromMilliseconds(5);

    /// <summary>A step's bytes, so that large documents do not make it long.</summary>
    private const long StepBytesMax = 1 << 20;

    private readonly Dictionary<string, IProjection> _projections = options.Projections.ToDictionary(projection => projection.Kind);
    private int _itemsPerStep = ItemsMin;
    private bool _isFolding;

    /// <summary>
    /// How long to wait before <see cref="Step"/>; null where nothing waits. Folding begins when the oldest entry has rested for the whole
    /// delay and ends at those that have rested for half of it: so a step finds many entries, and pages are not written again for each few.
    /// </summary>
    public TimeSpan? TimeToNextStep()
    {
        lock (memory.Gate)
        {
            if (!memory.TryPeek(out var oldest))
            {
                return null;
            }
            var age = time.GetElapsedTime(oldest.QueuedAt);
            _isFolding = IsUrgent(oldest) || age >= options.FoldDelay || (_isFolding && age >= options.FoldDelay / 2);
            return _isFolding ? TimeSpan.Zero : options.FoldDelay - age;
        }
    }

    /// <summary>Folds one step's worth of entries.</summary>
    public void Step()
    {
        var start = time.GetTimestamp();
        var items = Take(out var throughSequence);
        if (items.Count == 0)
        {
            return;
        }
        // In the order of the index on hashes; which document is folded first makes no difference inside a transaction.
        items.Sort((a, b) => a.Entry.Hash.CompareTo(b.Entry.Hash));
        folded.Writer.Begin();
        try
        {
            foreach (var item in items)
            {
                Move(item);
            }
            // Handed to the file before the commit shows the positions to readers.
            folded.Archive.Write();
            folded.Writer.SetFolded(throughSequence);
            folded.Writer.Commit();
        }
        catch
        {
            folded.Writer.Rollback();
            throw;
        }
        Forget(items, throughSequence);
        Adapt(time.GetElapsedTime(start));
    }

    /// <summary>Makes what was folded durable and deletes segments, where a whole segment is folded.</summary>
    public void Clean()
    {
        long through;
        lock (memory.Gate)
        {
            through = memory.FoldedSequence;
        }
        if (!segments.HasClosedThrough(through))
        {
            return;
        }
        // Records that fold to nothing (the one that says "closed") count as well, or the next start would miss them.
        folded.Writer.SetFolded(through);
        if (folded.MakeDurable())
        {
            segments.GiveUpThrough(through, isDiskShort());
        }
    }

    private bool IsUrgent(QueuedEntry entry) =>
        entry.Sequence <= memory.WantedSequence || memory.UnfoldedBytes > options.UnfoldedBytesMax / 2;

    private List<FoldItem> Take(out long throughSequence)
    {
        var items = new List<FoldItem>();
        var bytes = 0L;
        lock (memory.Gate)
        {
            while (
                items.Count < _itemsPerStep
                && bytes < StepBytesMax
                && memory.TryPeek(out var oldest)
                && (IsUrgent(oldest) || time.GetElapsedTime(oldest.QueuedAt) >= options.FoldDelay / 2)
            )
            {
                var entry = memory.Dequeue().Entry;
                entry.Queued = false;
                items.Add(
                    entry switch
                    {
                        DocumentEntry document => new FoldItem(entry, entry.UnfoldedBytes)
                        {
                            Document = document.Durable,
                            Place = document.Place,
                        },
                        StreamEntry stream => new FoldItem(entry, entry.UnfoldedBytes) { Entries = [.. stream.Unfolded], Row = stream.Row },
                        _ => throw new InvalidOperationException($"This is a bug in the fold: it does not know {entry.GetType()}."),
                    }
                );
                bytes += entry.UnfoldedBytes;
            }
            throughSequence = memory.SequenceBeforeQueue;
        }
        return items;
    }

    private void Move(FoldItem item)
    {
        if (item.Entry is DocumentEntry document)
        {
            MoveDocument(document.Key, document.Hash, item);
        }
        else
        {
            MoveStream((StreamEntry)item.Entry, item);
        }
    }

    private void MoveDocument(DocumentKey key, long hash, FoldItem item)
    {
        var kind = folded.Names.OfKind(key.Kind);
        var place = item.Place.Known ? item.Place : FindPlace(key, kind, hash);
        if (item.Document is not { } document)
        {
            Remove(place, hash);
            folded.Listing.Put(place.ListingRow, null, folded.Names);
            item.Place = FoldedPlace.Nowhere;
            return;
        }
        var ended = false;
        var row = _projections.GetValueOrDefault(key.Kind)?.Project(key.Id, document.Content.Span, out ended);
        var listing = folded.Listing.Put(place.ListingRow, row, folded.Names);
        // Once archived, always archived: a scan may rely on documents moving from the tables to the archive and never back.
        if (ended || place.ArchivePosition != 0)
        {
            Remove(place, hash);
            var position = folded.Archive.Append(key, document);
            folded.Writer.InsertArchived(hash, position, kind, listing);
            item.Place = new FoldedPlace(true, 0, position, listing);
        }
        else if (place.DocumentRow != 0)
        {
            folded.Writer.UpdateDocument(place.DocumentRow, key.Id, listing, document);
            item.Place = place with { ListingRow = listing };
        }
        else
        {
            item.Place = new FoldedPlace(true, folded.Writer.InsertDocument(hash, kind, key.Id, listing, document), 0, listing);
        }
    }

    /// <summary>
    /// After a replay the tables may hold the document of an earlier fold, or an archive row whose bytes were lost with the power, because
    /// rows can reach the disk before the archive does; another document may lie in their place by now. The journal still has the row's own
    /// document, so such a row is dropped.
    /// </summary>
    private FoldedPlace FindPlace(DocumentKey key, long kind, long hash)
    {
        var (found, lost) = (FoldedPlace.Nowhere, FoldedPlace.Nowhere);
        foreach (var row in folded.ArchivedAsWriter(kind, hash))
        {
            var place = new FoldedPlace(true, 0, row.Position, row.Listing);
            if (folded.TryReadArchived(hash, row.Position, out var archived, out _))
            {
                found = archived.Key == key ? place : found;
                continue;
            }
            folded.Writer.DeleteArchived(hash, row.Position);
            // One row of the read model stays for the document; its archive position only says that it was archived once.
            folded.Listing.Put(lost.ListingRow, null, folded.Names);
            lost = place;
        }
        if (found != FoldedPlace.Nowhere)
        {
            folded.Listing.Put(lost.ListingRow, null, folded.Names);
            return found;
        }
        return lost != FoldedPlace.Nowhere ? lost : folded.FindAsWriter(key, hash)?.Place ?? FoldedPlace.Nowhere;
    }

    private void Remove(FoldedPlace place, long hash)
    {
        if (place.DocumentRow != 0)
        {
            folded.Writer.DeleteDocument(place.DocumentRow);
        }
        if (place.ArchivePosition != 0)
        {
            folded.Writer.DeleteArchived(hash, place.ArchivePosition);
        }
    }

    private void MoveStream(StreamEntry stream, FoldItem item)
    {
        if (item.Entries.Length == 0)
        {
            return;
        }
        var last = item.Entries[^1].Version;
        if (item.Row == 0)
        {
            item.Row = folded.FindStreamAsWriter(stream.Stream, stream.Hash).Row;
        }
        if (item.Row == 0)
        {
            item.Row = folded.Writer.InsertStream(stream.Hash, stream.Stream, last);
        }
        else
        {
            folded.Writer.UpdateStream(item.Row, last);
        }
        foreach (var entry in item.Entries)
        {
            folded.Writer.PutEntry(item.Row, stream.Stream, entry);
        }
    }

    private void Forget(List<FoldItem> items, long throughSequence)
    {
        List<TaskCompletionSource> waited;
        lock (memory.Gate)
        {
            foreach (var item in items)
            {
                if (item.Entry is DocumentEntry document)
                {
                    document.Place = item.Place;
                }
                else if (item.Entry is StreamEntry stream)
                {
                    stream.Row = item.Row;
                    stream.Unfolded.RemoveRange(0, item.Entries.Length);
                }
                memory.Folded(item.Entry, item.Bytes);
            }
            waited = memory.FoldedThrough(throughSequence);
        }
        foreach (var source in waited)
        {
            source.TrySetResult();
        }
    }

    private void Adapt(TimeSpan elapsed)
    {
        if (elapsed > StepTarget)
        {
            _itemsPerStep = Math.Max(ItemsMin, _itemsPerStep / 2);
        }
        else if (elapsed < StepTarget / 2)
        {
            _itemsPerStep = Math.Min(ItemsMax, _itemsPerStep * 2);
        }
    }
}
