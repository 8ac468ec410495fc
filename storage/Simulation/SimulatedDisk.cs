namespace Marketplace.Storage;

/// <summary>
/// A disk in memory that keeps only what was flushed, and of the rest what the seed says. Every operation that changes something is
/// counted; at a chosen one it fails in a chosen way. One thread at a time; the same seed and the same calls give the same bytes.
/// What it does not do: change bytes on its own, or put them elsewhere (<see cref="Flip"/> is there for that), or reorder what
/// happens inside a folder.
/// </summary>
public sealed class SimulatedDisk : IDisposable
{
    private readonly SimulatedFolder _journal;
    private readonly SimulatedFolder _archive;
    private readonly SimulatedTableFile _tables;
    private long _faultAt;
    private DiskFault _fault;
    private bool _isOff;
    private bool _isFull;
    private bool _isLying;
    private bool _isOpen;

    public SimulatedDisk(int seed)
    {
        Random = new Random(seed);
        (_journal, _archive, _tables) = (new(this, "journal"), new(this, "archive"), new(this));
    }

    /// <summary>How many operations have changed something, or tried to: the persistence points.</summary>
    public long Operations { get; private set; }

    /// <summary>The fault that was ordered has happened.</summary>
    public bool HasFailed { get; private set; }

    internal Random Random { get; }

    /// <summary>Counts restarts, so that a file handle of an earlier life is known.</summary>
    internal long Life { get; private set; }

    /// <summary>Orders a fault at the given operation, counted from the first one of the disk.</summary>
    public void FailAt(long operation, DiskFault fault) => (_faultAt, _fault, HasFailed) = (operation, fault, false);

    /// <summary>
    /// Cuts the power, if it is still there, and puts it back: what was not flushed is lost, kept or torn, as the seed says.
    /// </summary>
    public void Restart()
    {
        (_isOff, _isFull, _isLying, _isOpen, _fault) = (false, false, false, false, DiskFault.None);
        Life++;
        _journal.CutPower(Random);
        _archive.CutPower(Random);
        _tables.CutPower(Random);
    }

    /// <summary>Ends the process without a power cut: the file system still has everything that was written.</summary>
    public void EndProcess()
    {
        (_isFull, _isLying, _isOpen, _fault) = (false, false, false, DiskFault.None);
        _tables.EndProcess();
    }

    /// <returns>A folder's files and their lengths: <c>journal</c> or <c>archive</c>.</returns>
    public IReadOnlyDictionary<string, long> FilesOf(string folder) =>
        FolderOf(folder).List().ToDictionary(name => name, name => FolderOf(folder).File(name).Length);

    /// <summary>Flips one bit of a file, as a worn disk does.</summary>
    public void Flip(string folder, string file, long bit) => FolderOf(folder).File(file).Flip(bit);

    public void Dispose() => _tables.DropAll();

    internal IStoreMedium Open()
    {
        if (_isOpen)
        {
            throw new StoreLockedException("the simulated disk", new IOException("It is open."));
        }
        _isOpen = true;
        return new Medium(this);
    }

    internal void ThrowIfOff()
    {
        if (_isOff)
        {
            throw new SimulatedDiskException(DiskFault.PowerCut, Operations);
        }
    }

    /// <summary>Counts an operation and throws where it must fail.</summary>
    internal void Do(bool growing = false, Action? onTorn = null)
    {
        ThrowIfOff();
        switch (Next())
        {
            case DiskFault.PowerCut:
                _isOff = true;
                throw new SimulatedDiskException(DiskFault.PowerCut, Operations);
            case DiskFault.Torn:
                onTorn?.Invoke();
                throw new SimulatedDiskException(DiskFault.Torn, Operations);
            case DiskFault.Failure:
                throw new SimulatedDiskException(DiskFault.Failure, Operations);
            case DiskFault.DiskFull:
                _isFull = true;
                break;
        }
        if (_isFull && growing)
        {
            throw new SimulatedDiskException(DiskFault.DiskFull, Operations);
        }
    }

    /// <returns>False where the flush only says that it was done.</returns>
    internal bool DoFlush(Action onFailure)
    {
        ThrowIfOff();
        switch (Next())
        {
            case DiskFault.PowerCut:
                _isOff = true;
                throw new SimulatedDiskException(DiskFault.PowerCut, Operations);
            case DiskFault.Failure or DiskFault.Torn:
                onFailure();
                throw new SimulatedDiskException(DiskFault.Failure, Operations);
            case DiskFault.DiskFull:
                _isFull = true;
                return true;
            case DiskFault.Lie:
                _isLying = true;
                return false;
            default:
                return !_isLying;
        }
    }

    private DiskFault Next()
    {
        if (++Operations != _faultAt || _fault == DiskFault.None)
        {
            return DiskFault.None;
        }
        HasFailed = true;
        return _fault;
    }

    private SimulatedFolder FolderOf(string name) =>
        name switch
        {
            "journal" => _journal,
            "archive" => _archive,
            _ => throw new ArgumentException($"There is no folder '{name}'.", nameof(name)),
        };

    private sealed class Medium(SimulatedDisk disk) : IStoreMedium
    {
        private readonly long _life = disk.Life;

        public IJournalFiles Journal => disk._journal;
        public IJournalFiles Archive => disk._archive;
        public ITableFile Tables => disk._tables;
        public long FreeBytes => long.MaxValue;

        public long NewSeed() => disk.Random.NextInt64();

        public void Dispose()
        {
            if (_life == disk.Life)
            {
                disk._isOpen = false;
            }
        }
    }
}
