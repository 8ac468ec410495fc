using System.Globalization;
using Marketplace.GrainInterfaces;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Gateway;

/// <summary>What the market and its chain say to each other, for every key.</summary>
internal static class SettlementApi
{
    public static void MapSettlementApi(this IEndpointRouteBuilder routes) =>
        routes
            .MapGroup("")
            .WithTags("Settlement")
            .Needs(Scopes.Read)
            .MapGet(Routes.Settlement, Get)
            .WithName("GetSettlement")
            .Refuses(ErrorCode.SettlementNotFound);

    /// <summary>How far the market is with its settlements on the chain.</summary>
    internal static async Task<JsonAnswer<MarketSettlement>> Get(HttpContext http, IGrainFactory grains)
    {
        var status = await grains.GetGrain<ISettlementGrain>(MarketLimits.SettlementKey).GetStatus().WaitAsync(http.RequestAborted);
        return status.ChainId == 0
            ? throw new MarketException(ErrorCode.SettlementNotFound, GatewayMessages.SettlesNowhere)
            : Answer.Ok(ToSettlement(status), ApiJson.Default.MarketSettlement);
    }

    private static MarketSettlement ToSettlement(SettlementStatus status) =>
        new(
            Chain: new MarketChain(status.ChainId.ToString(CultureInfo.InvariantCulture), status.Escrow.ToString()),
            State: (SettlementState)status.Phase,
            Settled: (long)status.Settled,
            Head: (long)status.Head,
            Counted: (long)status.Counted,
            Accounts: status.Accounts,
            Members: status.Members,
            Open: status.Open is { } open
                ? new SettlementUnderWay(
                    Number: (long)open.Number,
                    Epoch: (long)open.Epoch,
                    Signed: open.Signed,
                    Asked: open.Asked,
                    Transaction: open.Transactions is [var newest, ..] ? HashOf(newest) : null
                )
                : null,
            Trouble: status.Trouble,
            Past: [.. status.Past.Select(ToPast)]
        )
        {
            Token = status.Token is { } token ? new SettlementToken(token.Address, token.Symbol, token.Decimals) : null,
        };

    private static string HashOf(Bytes32 transaction) => $"0x{transaction}";

    private static PastSettlement ToPast(GrainInterfaces.PastSettlement past) =>
        new(
            Number: (long)past.Number,
            Epoch: (long)past.Epoch,
            Accounts: past.Accounts,
            Receipts: past.Receipts,
            Earned: past.Earned,
            Spent: past.Spent,
            Transaction: past.Transaction == default ? null : HashOf(past.Transaction)
        );
}
