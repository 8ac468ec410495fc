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
    }

    /// <summary>What the grains of the asked silo do: activations, calls, latencies, failures, mailboxes.</summary>
    internal static async Task<JsonAnswer<SiloGrains>> GetGrains(HttpContext http, ISiloFacts silo) =>
        Answer.Ok(await silo.Grains(http.RequestAborted), ApiJson.Default.SiloGrains);

    /// <summary>The options of the asked silo as they count, and where each comes from. Secrets are not told.</summary>
    internal static JsonAnswer<SiloSettings> GetSettings(ISiloFacts silo) => Answer.Ok(silo.Settings, ApiJson.Default.SiloSettings);
}
