using Marketplace.GrainInterfaces;
using Marketplace.Storage;

namespace Marketplace.Grains;

/// <summary>Reads the lists from the rows that the projections made.</summary>
internal sealed class AccountLists(IListing listing) : IAccountLists
{
    public long Lag => listing.Lag;

    public ValueTask CatchUp(CancellationToken cancellation) => listing.CatchUp(cancellation);

    public ValueTask<ListPage<JobSummary>> Jobs(
        ListRequest request,
        JobStatus? status,
        ProgramId? program,
        CancellationToken cancellation
    ) =>
        Read(
            JobStateCodec.Kind,
            request,
            query => query with { State = status is { } one ? JobStatusNames.Of(one) : null, Label = program?.ToString() },
            JobProjection.Read,
            cancellation
        );

    public ValueTask<ListPage<BlobView>> Blobs(ListRequest request, CancellationToken cancellation) =>
        Read(BlobPin.Kind, request, query => query, BlobPinProjection.Read, cancellation);

    public ValueTask<ListPage<ProgramId>> Programs(ListRequest request, CancellationToken cancellation) =>
        Read(ProgramCodec.Kind, request, query => query, row => ProgramId.Parse(row.Id), cancellation);

    private async ValueTask<ListPage<TItem>> Read<TItem>(
        string kind,
        ListRequest request,
        Func<ListingQuery, ListingQuery> filter,
        Func<ListingRow, TItem> read,
        CancellationToken cancellation
    )
    {
        var after = request.After is { } place ? new ListingCursor(place.At, place.Id) : (ListingCursor?)null;
        var query = new ListingQuery(kind, request.Account.ToString(), After: after, Limit: request.Limit) { IdPrefix = request.IdPrefix };
        var rows = await listing.List(filter(query), cancellation);
        // A list by prefix is one page.
        var isLast = request.IdPrefix is not null || rows.Count < request.Limit;
        return new ListPage<TItem>([.. rows.Select(read)], isLast ? null : new ListPlace(rows[^1].At, rows[^1].Id));
    }
}
