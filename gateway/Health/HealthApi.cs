using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Gateway;

/// <summary>For monitors of the process: is it alive, may it be given work. It needs no key, so it tells only public things.</summary>
internal static class HealthApi
{
    private const string LiveWord = "live";

    /// <summary>All that <see cref="Health.Status"/> may be.</summary>
    public static IEnumerable<string> Words =>
        Enum.GetValues<ServiceState>().Select(state => new ReadinessReport(state, Version: "").Word).Prepend(LiveWord);

    public static void MapHealthApi(this IEndpointRouteBuilder routes)
    {
        routes.MapGet(Routes.HealthLive, Live).WithName("GetLiveness").WithTags("Health").ForEverybody();
        routes
            .MapGet(Routes.HealthReady, Ready)
            .WithName("GetReadiness")
            .WithTags("Health")
            .ForEverybody()
            .Produces<Health>(StatusCodes.Status503ServiceUnavailable);
    }

    /// <summary>Answers as long as the process can answer at all.</summary>
    internal static JsonAnswer<Health> Live(IReadiness readiness) =>
        Answer.Ok(new Health(LiveWord, readiness.Current.Version, Reason: null), ApiJson.Default.Health);

    /// <summary>200 when requests are served, else 503 with the reason.</summary>
    internal static JsonAnswer<Health> Ready(IReadiness readiness)
    {
        var report = readiness.Current;
        var status = report.State == ServiceState.Ready ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        return new JsonAnswer<Health>(new Health(report.Word, report.Version, report.Reason), ApiJson.Default.Health) { Status = status };
    }
}
