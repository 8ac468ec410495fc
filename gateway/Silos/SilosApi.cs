using System.Text;
using Marketplace.GrainInterfaces;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Gateway;

/// <summary>For operators: what the asked silo does, and how it is set.</summary>
internal static class SilosApi
{
    public static void MapSilosApi(this IEndpointRouteBuilder routes)
    {
        var silo = routes.MapGroup("").WithTags("Silo").Needs(Scopes.Admin);
        silo.MapGet(Routes.SiloGrains, GetGrains).WithName("GetSiloGrains");
        silo.MapGet(Routes.SiloSettings, GetSettings).WithName("GetSiloSettings");
        silo.MapGet(Routes.SiloStorage, GetStorage).WithName("GetSiloStorage");
        silo.MapGet(Routes.SiloLogLevels, GetLogLevels).WithName("GetSiloLogLevels");
        silo.MapPut(Routes.SiloLogLevels, SetLogLevel)
            .WithName("SetSiloLogLevel")
            .TakesJson(typeof(LogLevelRequest), GatewayPolicy.SmallBodyBytesMax)
            .Refuses(ErrorCode.LimitExceeded);
    }

    /// <summary>What the grains of the asked silo do: activations, calls, latencies, failures, mailboxes.</summary>
    internal static async Task<JsonAnswer<SiloGrains>> GetGrains(HttpContext http, ISiloFacts silo) =>
        Answer.Ok(await silo.Grains(http.RequestAborted), ApiJson.Default.SiloGrains);

    /// <summary>The options of the asked silo as they count, and where each comes from. Secrets are not told.</summary>
    internal static JsonAnswer<SiloSettings> GetSettings(ISiloFacts silo) => Answer.Ok(silo.Settings, ApiJson.Default.SiloSettings);

    /// <summary>Where the asked silo keeps its files, and how full that is.</summary>
    internal static JsonAnswer<SiloStorage> GetStorage(ISiloFacts silo) => Answer.Ok(silo.Storage(), ApiJson.Default.SiloStorage);

    /// <summary>The categories whose level was changed since the asked silo started.</summary>
    internal static JsonAnswer<LogLevels> GetLogLevels(ILogLevels levels) => Answer.Ok(levels.Changed, ApiJson.Default.LogLevels);

    /// <summary>
    /// Changes from which level on the asked silo logs a category, or takes that back. It counts at once, and until the silo ends.
    /// </summary>
    internal static async Task<JsonAnswer<LogLevels>> SetLogLevel(HttpContext http, ILogLevels levels)
    {
        var rule = await RequestReader.Body(http, RequestReader.Json.LogLevelRequest);
        var bytes = Encoding.UTF8.GetByteCount(rule.Category);
        if (bytes is 0 or > ILogLevels.CategoryBytesMax)
        {
            throw new MarketException(ErrorCode.LimitExceeded, GatewayMessages.CategoryRefused(bytes));
        }
        levels.Set(rule, http.Caller().Account);
        return Answer.Ok(levels.Changed, ApiJson.Default.LogLevels);
    }
}
