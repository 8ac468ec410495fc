namespace Marketplace.Storage;

/// <summary>
/// One row of the read model: what lists and searches need of a document, derived from it by an <see cref="IProjection"/>.
/// </summary>
/// <param name="Kind">The document's kind.</param>
/// <param name="Id">The document's id.</param>
/// <param name="Owner">Whose lists it is in.</param>
/// <param name="State">What lists filter by.</param>
/// <param name="Label">A second filter: for jobs the program.</param>
/// <param name="At">What lists are ordered by, newest first.</param>
/// <param name="Summary">What the list shows, in the projection's own compact form.</param>
public sealed record ListingRow(
    string Kind,
    string Id,
    string Owner,
    string State,
    string Label,
    DateTimeOffset At,
    ReadOnlyMemory<byte> Summary
);

/// <summary>Which rows; null filters nothing.</summary>
public sealed record ListingQuery(
    string Kind,
    string? Owner = null,
    string? State = null,
    string? Label = null,
    ListingCursor? After = null,
    int Limit = 100
)
{
    /// <summary>
    /// Only rows whose ids begin so, in the order of their ids: ASCII, not empty, and not together with <see cref="After"/>.
    /// </summary>
    public string? IdPrefix { get; init; }
}

/// <summary>The last row of the page before.</summary>
public readonly record struct ListingCursor(DateTimeOffset At, string Id);

/// <summary>Derives the read model's row from a document's bytes. Pure, thread-safe, never throws on what the grains wrote.</summary>
public interface IProjection
{
    /// <summary>The kind of document that this projection reads.</summary>
    string Kind { get; }

    /// <param name="id">The document's id.</param>
    /// <param name="content">The newest version of the document.</param>
    /// <param name="ended">True: the document will not change again and may move to the archive.</param>
    /// <returns>Null where the document has no row.</returns>
    ListingRow? Project(string id, ReadOnlySpan<byte> content, out bool ended);
}

/// <summary>Lists over the read model. It follows the documents within moments: never a scan of grains.</summary>
public interface IListing
{
    /// <returns>Rows by <see cref="ListingRow.At"/> descending, then id; with <see cref="ListingQuery.IdPrefix"/> by id. At most the
    /// query's limit.</returns>
    ValueTask<IReadOnlyList<ListingRow>> List(ListingQuery query, CancellationToken cancellation = default);

    /// <summary>Completes when everything that was durable at the moment of the call is in the read model.</summary>
    ValueTask CatchUp(CancellationToken cancellation = default);

    /// <summary>Durable records that the read model does not show yet.</summary>
    long Lag { get; }
}
