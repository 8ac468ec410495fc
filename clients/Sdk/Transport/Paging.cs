using System.Runtime.CompilerServices;
using System.Text;

namespace Marketplace.Sdk.Transport;

/// <summary>Lists, page by page.</summary>
internal static class Paging
{
    public static async IAsyncEnumerable<TItem> Items<TItem>(
        HttpTransport transport,
        string path,
        int pageSize,
        [EnumeratorCancellation] CancellationToken cancellation = default
    )
    {
        for (string? cursor = null; ; )
        {
            var page = await Page<TItem>(transport, path, pageSize, cursor, cancellation).ConfigureAwait(false);
            foreach (var item in page.Items)
            {
                yield return item;
            }
            if (page.Next is null)
            {
                yield break;
            }
            // A cursor that leads to itself would be an endless list.
            if (page.Next == cursor)
            {
                throw new MarketplaceProtocolException(transport.Url, $"The page after cursor '{cursor}' names the same cursor again");
            }
            cursor = page.Next;
        }
    }

    /// <summary>The items whose ids begin with these digits, in the order of their ids.</summary>
    /// <param name="transport">The connection.</param>
    /// <param name="path">The list.</param>
    /// <param name="digits">Hexadecimal digits, without the word that stands before them in ids of programs and blobs.</param>
    /// <param name="most">Items at most.</param>
    /// <param name="cancellation">Ends the wait for the answer.</param>
    public static async Task<IReadOnlyList<TItem>> Find<TItem>(
        HttpTransport transport,
        string path,
        string digits,
        int most,
        CancellationToken cancellation
    )
    {
        ArgumentNullException.ThrowIfNull(digits);
        if (digits.Length is < Routes.PrefixDigitsMin or > Bytes32.TextSize || digits.AsSpan().ContainsAnyExcept("0123456789abcdefABCDEF"))
        {
            throw new ArgumentException(
                $"'{digits}' is not the beginning of an id: expected {Routes.PrefixDigitsMin} to {Bytes32.TextSize} hexadecimal digits.",
                nameof(digits)
            );
        }

        var page = await Page<TItem>(transport, $"{path}?{Routes.Prefix}={digits.ToLowerInvariant()}", most, null, cancellation)
            .ConfigureAwait(false);
        return page.Items;
    }

    public static Task<Page<TItem>> Page<TItem>(
        HttpTransport transport,
        string path,
        int pageSize,
        string? cursor,
        CancellationToken cancellation
    )
    {
        if (pageSize is < 1 or > Routes.PageItemsMax)
        {
            throw new ArgumentOutOfRangeException(nameof(pageSize), pageSize, $"A page has 1 to {Routes.PageItemsMax} items.");
        }
        var query = new StringBuilder(path).Append(path.Contains('?') ? '&' : '?').Append(Routes.Limit).Append('=').Append(pageSize);
        if (cursor is not null)
        {
            query.Append('&').Append(Routes.Cursor).Append('=').Append(Uri.EscapeDataString(cursor));
        }
        return transport.Ask<Page<TItem>>(HttpMethod.Get, query.ToString(), cancellation);
    }
}
