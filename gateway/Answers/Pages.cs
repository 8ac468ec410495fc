using Marketplace.Api;
using Marketplace.Storage;
using Microsoft.AspNetCore.Http;

namespace Marketplace.Gateway;

/// <summary>What all lists have in common: two parameters, and rows of the read model that belong to the caller.</summary>
internal static class Pages
{
    public static readonly QueryRule Cursor = new(Routes.Cursor, "'next' of the page before, as it is; left out: the newest items.");

    public static readonly QueryRule Limit =
        new(Routes.Limit, $"Items, 1 to {GatewayPolicy.PageItemsMax}; left out: {GatewayPolicy.PageItemsDefault}.", IsNumber: true);

    public static int LimitOf(HttpContext http) =>
        RequestReader.Number(http, Routes.Limit, GatewayPolicy.PageItemsDefault, 1, GatewayPolicy.PageItemsMax);

    public static ListingCursor? CursorOf(HttpContext http) => PageCursor.Read(RequestReader.Text(http, Routes.Cursor));

    /// <summary>
    /// The page's rows. The first page shows what was durable when it was asked for, so that a client finds what it has just made; a read
    /// model that is further behind than a moment is read as it is.
    /// </summary>
    public static async ValueTask<IReadOnlyList<ListingRow>> Rows(HttpContext http, IListing listing, TimeProvider time, ListingQuery query)
    {
        if (query.After is null)
        {
            try
            {
                await listing.CatchUp(http.RequestAborted).AsTask().WaitAsync(GatewayPolicy.CatchUpMax, time, http.RequestAborted);
            }
            catch (TimeoutException)
            {
                // Under load the list is late rather than slow; the market's status tells by how much.
            }
        }
        return await listing.List(query, http.RequestAborted);
    }
}
