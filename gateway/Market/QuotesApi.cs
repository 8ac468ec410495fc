using Marketplace.GrainInterfaces;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Gateway;

/// <summary>What a job would cost, before it is submitted.</summary>
internal static class QuotesApi
{
    public static void MapQuotesApi(this IEndpointRouteBuilder routes)
    {
        var quotes = routes.MapGroup("").WithTags("Market");
        quotes
            .MapPost(Routes.Quotes, Get)
            .WithName("GetQuotes")
            .Needs(Scopes.Read)
            .TakesJson(typeof(QuoteRequest), GatewayPolicy.SmallBodyBytesMax)
            .Refuses(ErrorCode.ProgramNotFound, ErrorCode.AccountNotFound);
    }

    /// <summary>
    /// What a job would cost, how long it would take and how sure its result would be, with one assurance or another, by the offers of this
    /// moment. Nothing is held or promised.
    /// </summary>
    internal static async Task<JsonAnswer<QuoteSheet>> Get(HttpContext http, IGrainFactory grains)
    {
        var request = await RequestReader.Body(http, RequestReader.Json.QuoteRequest);
        var terms = QuoteMapper.ToTerms(request);
        var sheet = await grains.GetGrain<IQuoteGrain>(0).Get(http.Caller(), terms).WaitAsync(http.RequestAborted);
        return Answer.Ok(QuoteMapper.ToSheet(terms, sheet), ApiJson.Default.QuoteSheet);
    }
}
