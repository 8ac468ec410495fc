using System.Text;

namespace Marketplace.Storage;

/// <summary>Turns a <see cref="ListingQuery"/> into SQL. What differs between databases is how a row keeps its names.</summary>
/// <param name="select">Gives the columns of <see cref="Row"/> from a relation named <c>listing</c>.</param>
/// <param name="isEqual">The condition that a column, named as the query's property, has the value of the parameter of that name.</param>
internal sealed class ListingSql(string select, Func<string, string> isEqual)
{
    private readonly string _start = $"{select}\nwhere {isEqual(nameof(ListingQuery.Kind))}";
    private readonly string _owner = $" and {isEqual(nameof(ListingQuery.Owner))}";
    private readonly string _state = $" and {isEqual(nameof(ListingQuery.State))}";
    private readonly string _label = $" and {isEqual(nameof(ListingQuery.Label))}";

    public string Text(ListingQuery query)
    {
        var sql = new StringBuilder(_start);
        if (query.Owner is not null)
            sql.Append(_owner);
        if (query.State is not null)
            sql.Append(_state);
        if (query.Label is not null)
            sql.Append(_label);
        // Two conditions instead of one "or": the first bounds the index, the second only looks at rows of the same moment.
        if (query.After is not null)
            sql.Append(" and listing.at <= @AfterAt and (listing.at < @AfterAt or listing.id > @AfterId)");
        return sql.Append(" order by listing.at desc, listing.id limit @Limit").ToString();
    }

    public static object Parameters(ListingQuery query) => new
    {
        query.Kind,
        query.Owner,
        query.State,
        query.Label,
        AfterAt = query.After?.At.UtcTicks,
        AfterId = query.After?.Id,
        query.Limit,
    };

    // Dapper fills it by property name.
    internal sealed class Row
    {
        public string Id { get; set; } = "";
        public string Owner { get; set; } = "";
        public string State { get; set; } = "";
        public string Label { get; set; } = "";
        public long At { get; set; }
        public byte[] Summary { get; set; } = [];

        public ListingRow Of(string kind) => new(kind, Id, Owner, State, Label, new DateTimeOffset(At, TimeSpan.Zero), Summary);
    }
}
