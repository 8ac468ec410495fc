using System.Text.Json;
using Marketplace.GrainInterfaces;
using Microsoft.AspNetCore.Http;

namespace Marketplace.Gateway;

/// <summary>What all lists have in common: two parameters, and rows of the read model that belong to the caller.</summary>
internal static class Pages
{
    public static readonly QueryRule Cursor = new(Routes.Cursor, "'next' of the page before, as it is; left out: the newest items.")
    {
        CharactersMax = GatewayPolicy.CursorCharactersMax,
    };

    public static readonly QueryRule Limit = new(
        Routes.Limit,
        $"Items, 1 to {GatewayPolicy.PageItemsMax}; left out: {GatewayPolicy.PageItemsDefault}."
    )
    {
        Range = new QueryRange(1, GatewayPolicy.PageItemsMax, GatewayPolicy.PageItemsDefault),
    };

    public static readonly QueryRule Prefix = new(
        Routes.Prefix,
        $"Only items whose ids begin so: {Routes.PrefixDigitsMin} to 64 hexadecimal digits, in small letters, without the word before "
            + "them. "
            + "In the order of their ids, one page; not together with 'cursor'."
    )
    {
        Pattern = $"^[0-9a-f]{{{Routes.PrefixDigitsMin},{Bytes32.TextSize}}}$",
    };

    /// <summary>The first member of a <see cref="Page{TItem}"/>, where the page is written piece by piece.</summary>
    public static readonly string Items = JsonNamingPolicy.CamelCase.ConvertName(nameof(Page<object>.Items));

    private static readonly string NextPage = JsonNamingPolicy.CamelCase.ConvertName(nameof(Page<object>.Next));

    /// <summary>The member after the items, absent on the last page.</summary>
    public static void WriteNext(Utf8JsonWriter json, string? next)
    {
        if (next is not null)
        {
            json.WriteString(NextPage, next);
        }
    }

    /// <summary>
    /// The caller's page. The first one shows what was durable when it was asked for, so that a client finds what it has just made; lists
    /// that are further behind than a moment are read as they are.
    /// </summary>
    /// <param name="http">The request.</param>
    /// <param name="lists">What is read.</param>
    /// <param name="time">Bounds the wait.</param>
    /// <param name="read">Which list.</param>
    /// <param name="word">What stands before the digits in ids of this kind.</param>
    /// <exception cref="MarketException">A parameter is not of its form.</exception>
    public static async ValueTask<ListPage<TItem>> Read<TItem>(
        HttpContext http,
        IAccountLists lists,
        TimeProvider time,
        Func<ListRequest, CancellationToken, ValueTask<ListPage<TItem>>> read,
        string word = ""
    )
    {
        var request = new ListRequest(http.Caller().Account, RequestReader.Number(http, Limit))
        {
            After = PageCursor.Read(RequestReader.Text(http, Routes.Cursor)),
            IdPrefix = PrefixOf(http, word),
        };
        if (request.After is null)
        {
            try
            {
                await lists.CatchUp(http.RequestAborted).AsTask().WaitAsync(GatewayPolicy.CatchUpMax, time, http.RequestAborted);
            }
            catch (TimeoutException)
            {
                // Under load the list is late rather than slow; the market's status tells by how much.
            }
        }
        return await read(request, http.RequestAborted);
    }

    /// <summary>How the ids of the items begin; null where the query does not ask for that.</summary>
    private static string? PrefixOf(HttpContext http, string word)
    {
        if (RequestReader.Text(http, Prefix.Name) is not { } digits)
        {
            return null;
        }
        if (digits.Length is < Routes.PrefixDigitsMin or > Bytes32.TextSize || digits.AsSpan().ContainsAnyExcept("0123456789abcdef"))
        {
            var expected = $"{Routes.PrefixDigitsMin} to {Bytes32.TextSize} hexadecimal digits, in small letters";
            throw RequestReader.Malformed(GatewayMessages.BadId("the beginning of an id", digits, expected));
        }

        if (RequestReader.Text(http, Cursor.Name) is not null)
        {
            throw RequestReader.Malformed(GatewayMessages.PrefixAndCursor);
        }
        return word + digits;
    }
}
