namespace Marketplace.Storage;

/// <summary>An entry that waits for the fold: everything of it up to <see cref="Sequence"/> − 1 is folded.</summary>
internal readonly record struct QueuedEntry(MemoryEntry Entry, long Sequence, long QueuedAt);

/// <summary>
/// What is not folded yet. A key that is not here is exactly as the tables say; a key that is here overrules them. Every member except
/// <see cref="Filter"/>'s question belongs to <see cref="Gate"/>.
/// </summary>
internal sealed class StoreMemory(ulong seed, KeyFilter filter)
{
    private readonly Dictionary<long, List<MemoryEntry>> _sameHash = [];
    private readonly Dictionary<long, MemoryEntry> _entries = [];
    private readonly Queue<QueuedEntry> _queue = new();
    private readonly List<(long Sequence, TaskCompletionSource Done)> _catchUps = [];
    private readonly List<TaskCompletionSource> _rooms = [];

    public Lock Gate { get; } = new();
    public KeyFilter Filter => filter;
    public long DurableSequence { get; set; }
    public long FoldedSequence { get; private set; }
    public long UnfoldedBytes { get; private set; }

    /// <summary>Counts removals: what was read from the tables is still true while this has not changed.</summary>
    public long Removals { get; private set; }

    /// <summary>Everything up to here is wanted in the tables at once, whatever its age.</summary>
    public long WantedSequence { get; private set; }

    public int QueueCount => _queue.Count;

    public int EntryCount => _entries.Count;

    public long HashOf(DocumentKey key) => KeyHash.OfDocument(seed, key);

    public long HashOf(string stream) => KeyHash.OfStream(seed, stream);

    public DocumentEntry? Find(DocumentKey key, long hash)
    {
        if (!_entries.TryGetValue(hash, out var entry))
        {
            return null;
        }
        if (entry is DocumentEntry document && document.Key == key)
        {
            return document;
        }
        return _sameHash.TryGetValue(hash, out var others)
            ? others.OfType<DocumentEntry>().FirstOrDefault(other => other.Key == key)
            : null;
    }

    public StreamEntry? Find(string stream, long hash)
    {
        if (!_entries.TryGetValue(hash, out var entry))
        {
            return null;
        }
        if (entry is StreamEntry found && found.Stream == stream)
        {
            return found;
        }
        return _sameHash.TryGetValue(hash, out var others)
            ? others.OfType<StreamEntry>().FirstOrDefault(other => other.Stream == stream)
            : null;
    }

    public void Add(MemoryEntry entry)
    {
        if (!_entries.TryAdd(entry.Hash, entry))
        {
            if (!_sameHash.TryGetValue(entry.Hash, out var others))
            {
                _sameHash.Add(entry.Hash, others = []);
            }
            others.Add(entry);
        }
        filter.Add(entry.Hash);
    }

    /// <summary>Entries of a kind whose durable form is not in the tables, deleted ones included.</summary>
    public List<DocumentEntry> DocumentsOf(string kind) => [.. Documents().Where(entry => entry.Key.Kind == kind)];

    public IEnumerable<DocumentEntry> Documents() => All().OfType<DocumentEntry>();

    public IEnumerable<StreamEntry> Streams() => All().OfType<StreamEntry>();

    public void Enqueue(MemoryEntry entry, long sequence, int recordBytes, long now)
    {
        entry.UnfoldedBytes += recordBytes;
        UnfoldedBytes += recordBytes;
        if (entry.Queued)
        {
            return;
        }
        entry.Queued = true;
        _queue.Enqueue(new QueuedEntry(entry, sequence, now));
    }

    public bool TryPeek(out QueuedEntry entry) => _queue.TryPeek(out entry);

    public QueuedEntry Dequeue() => _queue.Dequeue();

    /// <summary>What will be folded once everything that is out of the queue now is.</summary>
    public long SequenceBeforeQueue => _queue.TryPeek(out var oldest) ? oldest.Sequence - 1 : DurableSequence;

    public void Folded(MemoryEntry entry, long bytes)
    {
        entry.UnfoldedBytes -= bytes;
        UnfoldedBytes -= bytes;
        if (!entry.Queued && entry.InFlight == 0)
        {
            Remove(entry);
        }
    }

    /// <returns>Who waited for it; to be completed outside of the gate, because a continuation may do anything.</returns>
    public List<TaskCompletionSource> FoldedThrough(long sequence)
    {
        FoldedSequence = sequence;
        var done = _catchUps.Where(waiting => waiting.Sequence <= sequence).Select(waiting => waiting.Done).ToList();
        _catchUps.RemoveAll(waiting => waiting.Sequence <= sequence);
        done.AddRange(_rooms);
        _rooms.Clear();
        return done;
    }

    public Task WaitForFold(long sequence, bool continueOnPool)
    {
        if (FoldedSequence >= sequence)
        {
            return Task.CompletedTask;
        }
        WantedSequence = Math.Max(WantedSequence, sequence);
        var done = NewSource(continueOnPool);
        _catchUps.Add((sequence, done));
        return done.Task;
    }

    /// <summary>
    /// Completes with the next step of the fold. Each waiter has a task of its own: of several continuations of one task .NET runs only the
    /// first in place and sends the others to the thread pool, where a simulation has lost them.
    /// </summary>
    public Task WaitForRoom(bool continueOnPool)
    {
        WantedSequence = Math.Max(WantedSequence, DurableSequence);
        var room = NewSource(continueOnPool);
        _rooms.Add(room);
        return room.Task;
    }

    /// <summary>Nothing will be folded any more.</summary>
    /// <returns>Who waits for the fold; to be failed outside of the gate.</returns>
    public List<TaskCompletionSource> TakeWaiting()
    {
        var waiting = _catchUps.Select(caughtUp => caughtUp.Done).ToList();
        waiting.AddRange(_rooms);
        _catchUps.Clear();
        _rooms.Clear();
        return waiting;
    }

    private IEnumerable<MemoryEntry> All() => _entries.Values.Concat(_sameHash.Values.SelectMany(others => others));

    private static TaskCompletionSource NewSource(bool continueOnPool) =>
        new(continueOnPool ? TaskCreationOptions.RunContinuationsAsynchronously : TaskCreationOptions.None);

    private void Remove(MemoryEntry entry)
    {
        Removals++;
        if (_sameHash.TryGetValue(entry.Hash, out var others) && others.Remove(entry))
        {
            if (others.Count == 0)
            {
                _sameHash.Remove(entry.Hash);
            }
            return;
        }
        _entries.Remove(entry.Hash);
        if (others is not { Count: > 0 })
        {
            return;
        }
        _entries.Add(entry.Hash, others[0]);
        others.RemoveAt(0);
        if (others.Count == 0)
        {
            _sameHash.Remove(entry.Hash);
        }
    }
}
