using System.Globalization;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Gateway;

/// <summary>The market at a glance: how much waits, who works, what it costs.</summary>
internal static class MarketApi
{
    public static void MapMarketApi(this IEndpointRouteBuilder routes)
    {
        var market = routes.MapGroup("").WithTags("Market");
        market.MapGet(Routes.Market, Get).WithName("GetMarket").Needs(Scopes.Read);
        market.MapGet(Routes.Info, GetInfo).WithName("GetInfo").ForEverybody();
    }

    /// <summary>Which market this is: its public key and where it settles. What is signed for it names both.</summary>
    internal static JsonAnswer<MarketInfo> GetInfo(MarketDomain domain, IReadiness readiness, IWorkerAdmission admission) =>
        Answer.Ok(
            new MarketInfo(domain.Market.ToString(), readiness.Current.Version)
            {
                Chain = domain.Settles
                    ? new MarketChain(domain.ChainId.ToString(CultureInfo.InvariantCulture), domain.Contract.ToString())
                    : null,
                KnownWorkersOnly = admission.IsForKnownOnly ? true : null,
            },
            ApiJson.Default.MarketInfo
        );

    /// <summary>The market of plain WebAssembly: queue, workers, lowest price, and how far the lists are behind.</summary>
    internal static async Task<JsonAnswer<MarketStatus>> Get(
        HttpContext http,
        IGrainFactory grains,
        MarketShards shards,
        IAccountLists lists
    )
    {
        var views = await Task.WhenAll(shards.All(grains).Select(market => market.GetView())).WaitAsync(http.RequestAborted);
        return Answer.Ok(AccountMapper.ToStatus(MarketViews.Join(views), lists.Lag), ApiJson.Default.MarketStatus);
    }
}
