using System.Collections.Concurrent;
using Marketplace.Storage;

namespace Marketplace.Gateway;

/// <summary>
/// How much each account keeps, for its quota. Read from the read model when first asked for, counted along from then on, and read anew after
/// <see cref="GatewayPolicy.UsageKept"/>: what another gateway took in counts from then. A quota bounds a disk, not a bill; being late by that
/// much is harmless beside the store's own floor of free disk.
/// </summary>
internal sealed class BlobUsage(IListing listing, IBlobStore store, TimeProvider time)
{
    private readonly ConcurrentDictionary<AccountId, Tally> _tallies = new();

    public async ValueTask<(long Bytes, int Count)> Of(AccountId account, CancellationToken cancellation)
    {
        if (!_tallies.TryGetValue(account, out var tally) || time.GetElapsedTime(tally.ReadAt) > GatewayPolicy.UsageKept)
        {
            tally = await Read(account, cancellation);
            if (_tallies.Count >= GatewayPolicy.KeysCachedMax)
                _tallies.Clear();
            _tallies[account] = tally;
        }
        return tally.Sum;
    }

    public void Added(AccountId account, long bytes)
    {
        if (_tallies.TryGetValue(account, out var tally))
            tally.Change(bytes, 1);
    }

    public void Removed(AccountId account, long bytes)
    {
        if (_tallies.TryGetValue(account, out var tally))
            tally.Change(-bytes, -1);
    }

    private async Task<Tally> Read(AccountId account, CancellationToken cancellation)
    {
        var tally = new Tally(time.GetTimestamp());
        ListingCursor? after = null;
        while (true)
        {
            var query = new ListingQuery(PinRow.Kind, Owner: account.ToString(), After: after, Limit: StoragePolicy.PageRowsMax);
            var rows = await listing.List(query, cancellation);
            foreach (var row in rows)
            {
                if (await store.Find(PinRow.BlobOf(row), cancellation) is { } info)
                    tally.Change(info.Size, 1);
            }
            if (rows.Count < StoragePolicy.PageRowsMax)
                return tally;
            after = new ListingCursor(rows[^1].At, rows[^1].Id);
        }
    }

    private sealed class Tally(long readAt)
    {
        private readonly Lock _gate = new();
        private long _bytes;
        private int _count;

        public long ReadAt { get; } = readAt;

        public (long Bytes, int Count) Sum
        {
            get
            {
                lock (_gate)
                    return (_bytes, _count);
            }
        }

        public void Change(long bytes, int count)
        {
            lock (_gate)
            {
                _bytes += bytes;
                _count += count;
            }
        }
    }
}
