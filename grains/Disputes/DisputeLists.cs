using Marketplace.GrainInterfaces;
using Marketplace.Storage;

namespace Marketplace.Grains;

/// <summary>
/// Reads disputes from the rows that the projection made. Rows are not by worker, so a page by worker looks at so many at most.
/// </summary>
internal sealed class DisputeLists(IListing listing) : IDisputeLists
{
    public async ValueTask<ListPage<DisputeSummary>> Disputes(
        ListPlace? after,
        int limit,
        WorkerId? worker = null,
        CancellationToken cancellation = default
    )
    {
        var found = new List<DisputeSummary>();
        for (var left = DisputePolicy.ListedRowsMax; ; )
        {
            var count = worker is null ? limit : Math.Min(left, DisputePolicy.ListedRowsPart);
            var cursor = after is { } place ? new ListingCursor(place.At, place.Id) : (ListingCursor?)null;
            var rows = await listing.List(new ListingQuery(DisputeState.Kind, After: cursor, Limit: count), cancellation);
            foreach (var row in rows)
            {
                var dispute = DisputeProjection.Read(row);
                after = new ListPlace(row.At, row.Id);
                if (worker is not { } voter || dispute.Seats.Contains(voter) || dispute.Jurors.Contains(voter))
                {
                    found.Add(dispute);
                }
                if (found.Count == limit)
                {
                    return new ListPage<DisputeSummary>(found, after);
                }
            }
            left -= rows.Count;
            if (rows.Count < count || left <= 0)
            {
                return new ListPage<DisputeSummary>(found, rows.Count < count ? null : after);
            }
        }
    }
}
