using System.Diagnostics.Metrics;
using Marketplace.Grains;
using Marketplace.Worker;
using OpenTelemetry.Logs;

namespace Marketplace.Silo;

/// <summary>What a silo has for <c>--otlp</c>; without it nothing of this is made.</summary>
internal static class TelemetryServices
{
    public static void AddMarketplaceTelemetry(this WebApplicationBuilder builder, SiloOptions options)
    {
        if (options.Telemetry is not { } target)
        {
            return;
        }
        builder.Services.AddSingleton(_ => new Meter(MarketMetrics.MeterName));
        builder.Services.AddSingleton<IJobWatch, JobMeasures>();
        builder.Services.AddSingleton<SiloFigures>();
        builder.Services.AddHostedService<SiloTelemetry>();
        builder.Logging.AddOpenTelemetry(logs =>
        {
            logs.IncludeFormattedMessage = true;
            logs.SetResourceBuilder(OtlpExport.Resource(SiloTelemetry.SiloService, options.NameOrHost));
            logs.AddProcessor(new JobLogTraces());
            logs.AddOtlpExporter(exporter => OtlpExport.Configure(exporter, target, "logs"));
        });
    }
}
