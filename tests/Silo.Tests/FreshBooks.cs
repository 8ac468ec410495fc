namespace Marketplace.Tests.Silo;

/// <summary>The books of a running silo, checked after the call.</summary>
internal static class FreshBooks
{
    /// <summary>Asks until a check has ended that began after the call: the one under way may have begun before.</summary>
    public static async Task<CheckedBooks> Of(MarketplaceClient client, CancellationToken cancellation)
    {
        var ended = new HashSet<DateTimeOffset>();
        while (true)
        {
            var books = await client.Books.Check(cancellation);
            if (books.CheckedAt is { } at && ended.Add(at) && ended.Count == 3)
            {
                return books;
            }
        }
    }
}
