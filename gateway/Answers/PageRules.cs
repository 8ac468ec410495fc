using Marketplace.Api;
using Marketplace.Storage;
using Microsoft.AspNetCore.Http;

namespace Marketplace.Gateway;

/// <summary>The two parameters that every list has.</summary>
internal static class PageRules
{
    public static readonly QueryRule Cursor = new(Routes.Cursor, "'next' of the page before, as it is; left out: the newest items.");

    public static readonly QueryRule Limit =
        new(Routes.Limit, $"Items, 1 to {GatewayPolicy.PageItemsMax}; left out: {GatewayPolicy.PageItemsDefault}.", IsNumber: true);

    public static int LimitOf(HttpContext http) =>
        RequestReader.Number(http, Routes.Limit, GatewayPolicy.PageItemsDefault, 1, GatewayPolicy.PageItemsMax);

    public static ListingCursor? CursorOf(HttpContext http) => PageCursor.Read(RequestReader.Text(http, Routes.Cursor));
}
