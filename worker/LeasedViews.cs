using Marketplace.Api.Workers;
using Marketplace.Engine.Guests;

namespace Marketplace.Worker;

/// <summary>The program's state as a lease lets a guest see it: asked from the market key by key.</summary>
internal sealed class LeasedState(LeasedMarket market) : IGuestState
{
    public bool TryGet(ReadOnlyMemory<byte> key, out ReadOnlyMemory<byte> value)
    {
        var found = market.ReadState(key);
        value = found.GetValueOrDefault();
        return found.HasValue;
    }

    public IReadOnlyList<ReadOnlyMemory<byte>> List(ReadOnlyMemory<byte> prefix) => market.ListState(prefix);

    public StateRoot RootWith(IReadOnlyList<StateWrite> writes) =>
        market.StateRootWith([.. writes.Select(write => new StateChange(write.Key, write.Value))]);
}

/// <summary>
/// The blobs that a guest may read. Asking for a size fetches no bytes. A blob that is read is fetched whole, verified, and kept for the
/// run within <see cref="WorkerPolicy.GuestBlobBytesMax"/>.
/// </summary>
internal sealed class LeasedBlobs(LeasedMarket market, Func<BlobId, byte[]?> fetch) : IGuestBlobs
{
    private readonly Dictionary<BlobId, Known> _known = [];
    private long _bytes;

    public long? Length(BlobId id)
    {
        if (!_known.TryGetValue(id, out var known))
        {
            Keep(id, known = new Known(market.FindBlob(id), null));
        }
        return known.Size;
    }

    public bool TryRead(BlobId id, Span<byte> destination)
    {
        var bytes = _known.TryGetValue(id, out var known) ? known.Bytes : null;
        if (bytes is null && (bytes = fetch(id)) is not null)
        {
            Keep(id, new Known(bytes.Length, bytes));
        }
        bytes?.CopyTo(destination);
        return bytes is not null;
    }

    private void Keep(BlobId id, Known known)
    {
        var cost = (known.Bytes?.Length ?? 0) + WorkerPolicy.GuestBlobEntryBytes;
        if (_bytes + cost > WorkerPolicy.GuestBlobBytesMax)
        {
            _known.Clear();
            _bytes = 0;
        }

        _known[id] = known;
        _bytes += cost;
    }

    /// <summary>A size of null says that the market does not have the blob.</summary>
    private readonly record struct Known(long? Size, byte[]? Bytes);
}
