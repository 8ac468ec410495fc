namespace Marketplace.Grains;

/// <summary>
/// The bytes that an account keeps: blobs of its own and modules of the programs that it deployed. A blob's bytes count once, even if
/// several of these keep it.
/// </summary>
internal sealed class KeptBlobs
{
    private readonly Dictionary<BlobId, KeptBlob> _blobs = [];
    private readonly Dictionary<ProgramId, BlobId> _modules = [];

    /// <summary>Of all blobs, each once.</summary>
    public long Bytes { get; private set; }

    /// <summary>Blobs that are kept one way or another.</summary>
    public int Count => _blobs.Count;

    public int ProgramCount => _modules.Count;

    /// <summary>Blobs that the account keeps as its own.</summary>
    public IEnumerable<(BlobId Blob, long Size)> PinnedBlobs =>
        _blobs.Where(pair => pair.Value.IsPinned).Select(pair => (pair.Key, pair.Value.Size));

    public IEnumerable<(ProgramId Program, BlobId Module, long Size)> Modules =>
        _modules.Select(pair => (pair.Key, pair.Value, _blobs[pair.Value].Size));

    /// <summary>What the account's log counted is here: nothing of it counts any more.</summary>
    public bool IsOwn { get; set; }

    /// <summary>What must happen for this to keep what the other keeps.</summary>
    public IEnumerable<StorageEvent> ChangesTo(KeptBlobs other) =>
        [
            .. _modules.Where(pair => other.ModuleOf(pair.Key) != pair.Value).Select(pair => new ModuleDiscounted(pair.Key)),
            .. PinnedBlobs.Where(pin => !other.IsPinned(pin.Blob)).Select(pin => new BlobDiscounted(pin.Blob)),
            .. other.PinnedBlobs.Where(pin => !IsPinned(pin.Blob)).Select(pin => new BlobCounted(pin.Blob, pin.Size)),
            .. other
                .Modules.Where(kept => ModuleOf(kept.Program) != kept.Module)
                .Select(kept => new ModuleCounted(kept.Program, kept.Module, kept.Size)),
        ];

    public void Apply(StorageEvent happened)
    {
        switch (happened)
        {
            case CarriedOver:
                IsOwn = true;
                break;
            case BlobCounted counted:
                Pin(counted.Blob, counted.Size);
                break;
            case BlobDiscounted discounted:
                Unpin(discounted.Blob);
                break;
            case ModuleCounted counted:
                Deploy(counted.Program, counted.Module, counted.Size);
                break;
            case ModuleDiscounted discounted:
                Undeploy(discounted.Program);
                break;
            default:
                throw new InvalidOperationException($"This is a bug in the quota: it does not know the event {happened.GetType().Name}.");
        }
    }

    public bool Keeps(BlobId blob) => _blobs.ContainsKey(blob);

    public bool IsPinned(BlobId blob) => _blobs.TryGetValue(blob, out var kept) && kept.IsPinned;

    public bool Deployed(ProgramId program) => _modules.ContainsKey(program);

    public BlobId? ModuleOf(ProgramId program) => _modules.TryGetValue(program, out var module) ? module : null;

    public void Pin(BlobId blob, long size) => Change(blob, Take(blob, size) with { IsPinned = true });

    private void Unpin(BlobId blob)
    {
        if (_blobs.TryGetValue(blob, out var kept))
        {
            Change(blob, kept with { IsPinned = false });
        }
    }

    public void Deploy(ProgramId program, BlobId module, long size)
    {
        if (!_modules.TryAdd(program, module))
        {
            return;
        }
        var kept = Take(module, size);
        Change(module, kept with { Programs = kept.Programs + 1 });
    }

    private void Undeploy(ProgramId program)
    {
        if (!_modules.Remove(program, out var module))
        {
            return;
        }
        var kept = _blobs[module];
        Change(module, kept with { Programs = kept.Programs - 1 });
    }

    private KeptBlob Take(BlobId blob, long size)
    {
        if (_blobs.TryGetValue(blob, out var kept))
        {
            return kept;
        }
        Bytes = checked(Bytes + size);
        return new KeptBlob(size, IsPinned: false, Programs: 0);
    }

    private void Change(BlobId blob, KeptBlob kept)
    {
        if (kept.IsPinned || kept.Programs > 0)
        {
            _blobs[blob] = kept;
            return;
        }

        _blobs.Remove(blob);
        Bytes -= kept.Size;
    }

    /// <param name="Size">Bytes.</param>
    /// <param name="IsPinned">The account keeps it as a blob of its own.</param>
    /// <param name="Programs">How many of the account's programs have it as their module.</param>
    private readonly record struct KeptBlob(long Size, bool IsPinned, int Programs);
}
