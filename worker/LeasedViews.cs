using Marketplace.Api.Workers;
using Marketplace.Engine.Guests;

namespace Marketplace.Worker;

/// <summary>The program's state as a lease lets a guest see it: asked from the market key by key.</summary>
internal sealed class LeasedState(IMarketLink link, WorkerLease lease, StateRoot root, CancellationToken stopped) : IGuestState
{
    public bool TryGet(ReadOnlyMemory<byte> key, out ReadOnlyMemory<byte> value)
    {
        var found = JobRunner.Wait(link.ReadState(lease.Id, lease.Program, root, key, stopped));
        value = found.GetValueOrDefault();
        return found.HasValue;
    }

    public IReadOnlyList<ReadOnlyMemory<byte>> List(ReadOnlyMemory<byte> prefix) =>
        JobRunner.Wait(link.ListState(lease.Id, lease.Program, root, prefix, stopped));

    public StateRoot RootWith(IReadOnlyList<StateWrite> writes) => JobRunner.Wait(link.StateRootWith(
        lease.Id, lease.Program, root, [.. writes.Select(write => new StateChange(write.Key, write.Value))], stopped));
}

/// <summary>
/// The blobs that a guest may read: fetched whole at first use, verified, and kept for the run within <see cref="WorkerPolicy.GuestBlobBytesMax"/>.
/// </summary>
internal sealed class LeasedBlobs(Func<BlobId, byte[]?> fetch) : IGuestBlobs
{
    private readonly Dictionary<BlobId, byte[]?> _fetched = [];
    private long _bytes;

    public long? Length(BlobId id) => Find(id)?.Length;

    public bool TryRead(BlobId id, Span<byte> destination)
    {
        var bytes = Find(id);
        bytes?.CopyTo(destination);
        return bytes is not null;
    }

    private byte[]? Find(BlobId id)
    {
        if (_fetched.TryGetValue(id, out var known))
            return known;
        var bytes = fetch(id);
        var cost = (bytes?.Length ?? 0) + WorkerPolicy.GuestBlobEntryBytes;
        if (_bytes + cost > WorkerPolicy.GuestBlobBytesMax)
        {
            _fetched.Clear();
            _bytes = 0;
        }
        _fetched[id] = bytes;
        _bytes += cost;
        return bytes;
    }
}
