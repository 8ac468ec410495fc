using System.Globalization;
using System.Net.Mime;
using Marketplace.GrainInterfaces;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;

namespace Marketplace.Gateway;

/// <summary>The books of a market that settles on a chain, for everybody: members of the committee sign them, and accounts claim by
/// them.</summary>
internal static class SettlementsApi
{
    private const int NumberDigitsMax = 19;

    public static void MapSettlementsApi(this IEndpointRouteBuilder routes)
    {
        var settlements = routes.MapGroup("").WithTags("Settlements").ForStrangers();
        settlements
            .MapGet($"{Routes.Settlements}/{{number}}/file", GetFile)
            .WithName("GetSettlementFile")
            .Produces<byte[]>(StatusCodes.Status200OK, MediaTypeNames.Application.Octet)
            .Refuses(ErrorCode.SettlementNotFound);
    }

    /// <summary>
    /// A settlement that is under way, or one of the last: a file by receipts/SETTLEMENT.md, which anybody checks offline.
    /// </summary>
    internal static async Task<SettlementDownload> GetFile(HttpContext http, string number, IGrainFactory grains)
    {
        if (
            number.Length > NumberDigitsMax
            || !ulong.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var settlement)
            || settlement == 0
        )
        {
            throw RequestReader.Malformed(GatewayMessages.BadId("a settlement", number, "a number from 1"));
        }
        var grain = grains.GetGrain<ISettlementGrain>(MarketLimits.SettlementKey);
        return new SettlementDownload(grain, settlement, await grain.GetFile(settlement, 0).WaitAsync(http.RequestAborted));
    }
}

/// <summary>A settlement's file, of which one part is held at a time.</summary>
/// <param name="grain">Gives the others.</param>
/// <param name="number">Which settlement.</param>
/// <param name="first">The first part.</param>
internal sealed class SettlementDownload(ISettlementGrain grain, ulong number, ReadOnlyMemory<byte> first) : IResult
{
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var (response, aborted) = (httpContext.Response, httpContext.RequestAborted);
        response.ContentType = MediaTypeNames.Application.Octet;
        response.Headers.ContentDisposition = new ContentDispositionHeaderValue("attachment")
        {
            FileName = $"{number}.settlement.json",
        }.ToString();
        var bytes = first;
        for (var part = 1; !bytes.IsEmpty; part++)
        {
            await response.BodyWriter.WriteAsync(bytes, aborted);
            bytes = await grain.GetFile(number, part).WaitAsync(aborted);
        }
    }
}
