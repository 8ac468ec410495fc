using System.Text;

namespace Marketplace.Storage;

/// <summary>Turns a <see cref="ListingQuery"/> into SQL. What differs between databases is how a row keeps its names.</summary>
/// <param name="select">Gives the columns of <see cref="Row"/> from a relation named <c>listing</c>.</param>
/// <param name="isEqual">The condition that a column, named as the query's property, has the value of the parameter of that name.</param>
/// <param name="hasIdHead">What else a prefix of ids is looked up by: where the index has only the head of an id.</param>
internal sealed class ListingSql(string select, Func<string, string> isEqual, string hasIdHead = "")
{
    /// <summary>The word of a kind and eight digits, or twelve digits: so much tells the ids of millions of rows apart.</summary>
    public const int IdHeadLength = 12;

    private readonly string _start = $"{select}\nwhere {isEqual(nameof(ListingQuery.Kind))}";
    private readonly string _owner = $" and {isEqual(nameof(ListingQuery.Owner))}";
    private readonly string _state = isEqual(nameof(ListingQuery.State));
    private readonly string _label = $" and {isEqual(nameof(ListingQuery.Label))}";

    /// <param name="query">What to list.</param>
    /// <param name="onlyLooksAtState">SQLite: rows are found by something else than their state.</param>
    public string Text(ListingQuery query, bool onlyLooksAtState = false)
    {
        var sql = new StringBuilder(_start);
        if (query.Owner is not null)
        {
            sql.Append(_owner);
        }
        if (query.State is not null)
        {
            // The plus keeps the state from being looked up: https://www.sqlite.org/optoverview.html, "Disqualifying WHERE clause terms".
            sql.Append(onlyLooksAtState ? " and +" : " and ").Append(_state);
        }
        if (query.Label is not null)
        {
            sql.Append(_label);
        }
        // By id, so that the index which finds the prefix also gives the order: in the order of time the database might walk through all of
        // an owner's rows.
        if (query.IdPrefix is not null)
        {
            return sql.Append($" and listing.id >= @IdPrefix and listing.id < @IdPrefixEnd{hasIdHead} order by listing.id limit @Limit")
                .ToString();
        }
        // Two conditions instead of one "or": the first bounds the index, the second only looks at rows of the same moment.
        if (query.After is not null)
        {
            sql.Append(" and listing.at <= @AfterAt and (listing.at < @AfterAt or listing.id > @AfterId)");
        }
        return sql.Append(" order by listing.at desc, listing.id limit @Limit").ToString();
    }

    public static object Parameters(ListingQuery query) =>
        new
        {
            query.Kind,
            query.Owner,
            query.State,
            query.Label,
            AfterAt = query.After?.At.UtcTicks,
            AfterId = query.After?.Id,
            query.Limit,
            query.IdPrefix,
            IdPrefixEnd = End(query.IdPrefix),
            IdHead = Head(query.IdPrefix),
            IdHeadEnd = End(Head(query.IdPrefix)),
        };

    private static string? Head(string? prefix) => prefix?[..Math.Min(prefix.Length, IdHeadLength)];

    /// <summary>The first text behind all that begin with this one.</summary>
    private static string? End(string? prefix) => prefix is null ? null : prefix[..^1] + (char)(prefix[^1] + 1);

    // Dapper fills it by property name.
    internal sealed class Row
    {
        public string Id { get; set; } = "";
        public string Owner { get; set; } = "";
        public string State { get; set; } = "";
        public string Label { get; set; } = "";
        public long At { get; set; }
        public byte[] Summary { get; set; } = [];

        public ListingRow Of(string kind) =>
            new(Kind: kind, Id: Id, Owner: Owner, State: State, Label: Label, At: new DateTimeOffset(At, TimeSpan.Zero), Summary: Summary);
    }
}
