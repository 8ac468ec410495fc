namespace Marketplace.Storage;

/// <summary>A program's state as it was stored last. What was committed since is in the log.</summary>
/// <param name="Tree">The newest checkpoint's.</param>
/// <param name="Height">Commits with it.</param>
/// <param name="Extra">What the grain keeps beside the tree.</param>
/// <param name="Earlier">A snapshot of an earlier build, to be read instead of the tree; null: there is none.</param>
/// <param name="Roots">Up to the height, oldest first.</param>
public sealed record StoredProgramState(
    StateTree Tree,
    long Height,
    ReadOnlyMemory<byte> Extra,
    ReadOnlyMemory<byte>? Earlier,
    IReadOnlyList<KeptRoot> Roots
);

/// <summary>
/// Checkpoints of one program's state tree: its pages, a directory of them, and a head that names both. A checkpoint writes the pages that
/// changed since the one before; older ones stay until <see cref="Prune"/>. What was cut off at any point leaves the checkpoint before as
/// it was. RATIONALE.md in this folder has the order of the writes. One call of <see cref="Load"/>, <see cref="Save"/> and
/// <see cref="Prune"/> at a time; reading goes on meanwhile.
/// </summary>
public sealed class StateStore
{
    private readonly IDocumentStore _documents;
    private readonly DocumentKey _key;
    private readonly StatePages _pages;
    private CheckpointHead _head = CheckpointHead.OfNothing;
    private long _version;

    /// <summary>The pages of the newest checkpoint, with their bytes.</summary>
    private Dictionary<PageId, long> _stored = [];
    private Attempt? _attempt;
    private bool _isUnsure;
    private Queue<PageId>? _pruned;

    /// <param name="documents">Where all is kept: the head as <c>state/ID</c>, the rest as <c>state-page/ID.CLAIM.NUMBER</c>.</param>
    /// <param name="program">The ID.</param>
    /// <param name="cache">Of this process.</param>
    public StateStore(IDocumentStore documents, string program, StatePageCache cache)
    {
        (_documents, _key, _pages) = (documents, new DocumentKey("state", program), new StatePages(documents, program, cache));
        Empty = new StateTree(_pages, null, KeyIndex.Empty);
    }

    /// <summary>Before the first commit.</summary>
    public StateTree Empty { get; }

    /// <summary>Those that can be opened, oldest first.</summary>
    public IReadOnlyList<StateCheckpoint> Checkpoints => _head.Checkpoints;

    /// <summary>Bytes of the pages that only older checkpoints need.</summary>
    public long ReplacedBytes => _head.Checkpoints.Skip(1).Sum(static checkpoint => checkpoint.ReplacedBytes);

    /// <summary>Reads the newest checkpoint.</summary>
    /// <exception cref="StatePageGoneException">Another activation writes at this moment; read again.</exception>
    public async ValueTask<StoredProgramState> Load()
    {
        (_head, _version) = await ReadHead();
        (_attempt, _isUnsure, _pruned) = (null, false, null);
        if (_head.Newest is not { } newest)
        {
            _stored = [];
            return new StoredProgramState(Empty, 0, default, _head.Earlier, []);
        }
        var tree = await Open(newest);
        _stored = PagesOf(tree).ToDictionary(static page => page.Slot.Id, static page => page.Bytes);
        return new StoredProgramState(tree, newest.Height, _head.Extra, null, _head.Roots);
    }

    /// <summary>The tree of a checkpoint.</summary>
    public async ValueTask<StateTree> Open(StateCheckpoint checkpoint)
    {
        if (checkpoint.Claim == 0)
        {
            return Empty;
        }
        var bytes = await ReadParts(checkpoint, checkpoint.FirstPart, checkpoint.DirectoryParts);
        return StateDirectory.Read(bytes.Span, _pages, $"the directory of {_key} at height {checkpoint.Height}");
    }

    /// <summary>Pages of a tree that are in no document, in bytes: what the next checkpoint writes.</summary>
    public static long UnstoredBytes(StateTree tree) =>
        PagesOf(tree).Where(static page => page.Slot.Id.IsNone).Sum(static page => page.Bytes);

    /// <summary>Stores a tree as the newest checkpoint.</summary>
    /// <param name="tree">Made from what <see cref="Load"/> gave.</param>
    /// <param name="height">Commits with it.</param>
    /// <param name="extra">What the grain keeps beside the tree, as of the height.</param>
    /// <param name="roots">Up to the height, oldest first.</param>
    /// <exception cref="VersionConflictException">
    /// Another activation has stored a checkpoint: read all again, the tree may need pages that are gone soon.
    /// </exception>
    public async ValueTask Save(StateTree tree, long height, ReadOnlyMemory<byte> extra, IReadOnlyList<KeptRoot> roots)
    {
        if (_isUnsure)
        {
            await LearnWhatWasWritten();
        }
        _isUnsure = true;
        _attempt = await Claim();
        await WritePages(tree, _attempt);
        var pages = PagesOf(tree).ToDictionary(page => _attempt.IdOf(page.Slot), static page => page.Bytes);
        var replaced = _stored.Where(page => !pages.ContainsKey(page.Key)).ToArray();
        var firstPart = _attempt.Next;
        await WriteParts(StateDirectory.Write(tree, _attempt.IdOf), _attempt);
        var directoryEnd = _attempt.Next;
        await WriteParts(WriteIds(replaced.Select(static page => page.Key)), _attempt);
        var checkpoint = new StateCheckpoint(
            Height: height,
            Claim: _attempt.Claim,
            FirstPart: firstPart,
            DirectoryParts: directoryEnd - firstPart,
            ReplacedParts: _attempt.Next - directoryEnd,
            ReplacedBytes: replaced.Sum(static page => page.Value)
        );
        // An attempt of another activation may still have been writing while its documents were removed: they are looked for once more.
        var head = new CheckpointHead(
            LastClaim: _attempt.Claim,
            CutOff: [],
            Late: _attempt.Removed,
            Earlier: default,
            Extra: extra,
            Checkpoints: [.. _head.Checkpoints, checkpoint],
            Roots: roots
        );
        _attempt.Stored = pages;
        _version = await WriteHead(head);
        Take(head);
        _isUnsure = false;
    }

    /// <summary>
    /// Removes a bounded number of documents that only roots below a height need. A root at or above it can be read as before.
    /// </summary>
    /// <returns>Whether there is more to remove.</returns>
    public async ValueTask<bool> Prune(long oldestHeight)
    {
        if (_isUnsure || _head.Checkpoints.Count < 2 || _head.Checkpoints[1].Height > oldestHeight)
        {
            return false;
        }
        var (oldest, next) = (_head.Checkpoints[0], _head.Checkpoints[1]);
        _pruned ??= new Queue<PageId>(await DocumentsOf(oldest, next));
        await Delete(_pruned);
        if (_pruned.Count == 0)
        {
            // The head that is stored names it until the next checkpoint: then a start removes what is gone already, and goes on.
            _head = _head with
            {
                Checkpoints = [.. _head.Checkpoints.Skip(1)],
            };
            _pruned = null;
        }
        return true;
    }

    private static IEnumerable<(PageSlot Slot, long Bytes)> PagesOf(StateTree tree)
    {
        var waiting = new Stack<StateNode>();
        if (tree.Top is not null)
        {
            waiting.Push(tree.Top);
        }
        while (waiting.TryPop(out var node))
        {
            if (node is StatePage page)
            {
                yield return (page.Slot, page.Bytes);
                continue;
            }
            var branch = (StateBranch)node;
            waiting.Push(branch.Right);
            waiting.Push(branch.Left);
        }
        foreach (var keys in tree.Index.Pages)
        {
            yield return (keys.Slot, keys.Bytes);
        }
    }

    /// <summary>
    /// The claim is a write of the head; its number names the documents. From then on no earlier attempt can end, and a later claim ends
    /// this one. Only then may what earlier attempts left be removed: before, one of them could still become the newest checkpoint.
    /// </summary>
    private async ValueTask<Attempt> Claim()
    {
        var (cutOff, late, next) = (_head.CutOff, _head.Late, _head.LastClaim + 1);
        _head = _head with { LastClaim = next, CutOff = [.. cutOff, next] };
        _version = await WriteHead(_head);
        foreach (var claim in cutOff.Concat(late))
        {
            await RemoveAttempt(claim);
        }
        return new Attempt(next, cutOff);
    }

    private async ValueTask WritePages(StateTree tree, Attempt attempt)
    {
        var wave = new List<Task>(StateTreePolicy.WritesAtOnceMax);
        foreach (var (slot, _) in PagesOf(tree))
        {
            if (!slot.Id.IsNone)
            {
                continue;
            }
            wave.Add(_pages.Write(attempt.Name(slot), FormOf(slot)).AsTask());
            if (wave.Count == wave.Capacity)
            {
                await Task.WhenAll(wave);
                wave.Clear();
            }
        }
        await Task.WhenAll(wave);
    }

    /// <summary>Of a page that is in no document, so its content is in memory.</summary>
    private static ReadOnlyMemory<byte> FormOf(PageSlot slot) =>
        slot is PageSlot<StateItem> items ? StatePageForm.Write(items.Content!) : StatePageForm.Write(((PageSlot<byte[]>)slot).Content!);

    private async ValueTask WriteParts(ReadOnlyMemory<byte> bytes, Attempt attempt)
    {
        for (var start = 0; start < bytes.Length; start += StateTreePolicy.DirectoryPartBytesMax)
        {
            await _pages.Write(
                attempt.NamePart(),
                bytes.Slice(start, Math.Min(StateTreePolicy.DirectoryPartBytesMax, bytes.Length - start))
            );
        }
    }

    private async ValueTask<ReadOnlyMemory<byte>> ReadParts(StateCheckpoint checkpoint, int first, int count)
    {
        var bytes = new FormWriter(StateTreePolicy.DirectoryPartBytesMax);
        for (var index = 0; index < count; index++)
        {
            bytes.Bytes((await _pages.Read(new PageId(checkpoint.Claim, first + index))).Span);
        }
        return bytes.Written;
    }

    private static ReadOnlyMemory<byte> WriteIds(IEnumerable<PageId> ids)
    {
        var writer = new FormWriter(4096);
        foreach (var id in ids)
        {
            writer.Page(id);
        }
        return writer.Written;
    }

    /// <summary>What only the oldest checkpoint needs; nothing where an earlier activation has removed it already.</summary>
    private async ValueTask<List<PageId>> DocumentsOf(StateCheckpoint oldest, StateCheckpoint next)
    {
        var documents = new List<PageId>();
        ReadOnlyMemory<byte> replaced;
        try
        {
            replaced = await ReadParts(next, next.FirstPart + next.DirectoryParts, next.ReplacedParts);
        }
        catch (StatePageGoneException)
        {
            // The next one was removed too, and that begins when nothing of the oldest is left.
            return documents;
        }
        for (var reader = new FormReader(replaced.Span, $"the replaced pages of {_key}"); reader.HasMore; )
        {
            documents.Add(reader.Page());
        }
        for (var index = 0; index < oldest.DirectoryParts + oldest.ReplacedParts; index++)
        {
            documents.Add(new PageId(oldest.Claim, oldest.FirstPart + index));
        }
        return documents;
    }

    private async ValueTask Delete(Queue<PageId> documents)
    {
        var wave = new List<Task>(StateTreePolicy.WritesAtOnceMax);
        while (wave.Count < wave.Capacity && documents.TryDequeue(out var id))
        {
            wave.Add(_pages.Delete(id));
        }
        await Task.WhenAll(wave);
    }

    /// <summary>
    /// Documents are written in waves, so behind a wave of which nothing is there nothing follows. They go from the last one back: a
    /// removal that is cut off leaves the first ones, by which the next one finds the others.
    /// </summary>
    private async ValueTask RemoveAttempt(long claim)
    {
        var waves = 0;
        while ((await Task.WhenAll(Wave(claim, waves).Select(id => _pages.Exists(id)))).Contains(true))
        {
            waves++;
        }
        while (--waves >= 0)
        {
            await Task.WhenAll(Wave(claim, waves).Select(id => _pages.Delete(id)));
        }
    }

    private static IEnumerable<PageId> Wave(long claim, int number) =>
        Enumerable
            .Range(number * StateTreePolicy.WritesAtOnceMax, StateTreePolicy.WritesAtOnceMax)
            .Select(document => new PageId(claim, document));

    /// <summary>After a write of unknown outcome.</summary>
    private async ValueTask LearnWhatWasWritten()
    {
        var (head, version) = await ReadHead();
        if (head.Newest is { } newest && _attempt is not null && newest.Claim == _attempt.Claim)
        {
            (_version, _isUnsure) = (version, false);
            Take(head);
            return;
        }
        if (head.Newest?.Claim != _head.Newest?.Claim)
        {
            throw new VersionConflictException(_key.ToString(), _version, version);
        }
        // Pruning may have come further than the stored head says; what was removed is removed again, and is not there.
        (_head, _version, _isUnsure, _attempt, _pruned) = (head, version, false, null, null);
    }

    private void Take(CheckpointHead head)
    {
        foreach (var (slot, id) in _attempt!.Named)
        {
            _pages.Stored(slot, id);
        }
        (_head, _stored, _attempt) = (head, _attempt.Stored, null);
    }

    private async ValueTask<(CheckpointHead Head, long Version)> ReadHead()
    {
        if (await _documents.Read(_key) is not { } found)
        {
            return (CheckpointHead.OfNothing, 0);
        }
        return found.Content.Span is [< CheckpointHead.FormatOfHead, ..]
            ? (CheckpointHead.OfNothing with { Earlier = found.Content, Checkpoints = [] }, found.Version)
            : (CheckpointHead.Read(found.Content, _key.ToString()), found.Version);
    }

    private ValueTask<long> WriteHead(CheckpointHead head) => _documents.Write(_key, _version, head.Write());

    /// <summary>An attempt to store a checkpoint.</summary>
    private sealed class Attempt(long claim, IReadOnlyList<long> removed)
    {
        public long Claim => claim;

        /// <summary>The attempts that were cut off before it.</summary>
        public IReadOnlyList<long> Removed => removed;

        /// <summary>The number of the next document.</summary>
        public int Next { get; private set; }

        public Dictionary<PageSlot, PageId> Named { get; } = [];

        /// <summary>All pages of the checkpoint.</summary>
        public Dictionary<PageId, long> Stored { get; set; } = [];

        public PageId IdOf(PageSlot slot) => slot.Id.IsNone ? Named[slot] : slot.Id;

        public PageId Name(PageSlot slot) => Named[slot] = NamePart();

        public PageId NamePart() => new(claim, Next++);
    }
}
