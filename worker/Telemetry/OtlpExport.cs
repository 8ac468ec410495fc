using OpenTelemetry.Exporter;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Providers = OpenTelemetry.Sdk;

namespace Marketplace.Worker;

/// <summary>How the processes of a marketplace export: what they are called, by which protocol, and which jobs they trace.</summary>
public static class OtlpExport
{
    /// <summary>A receiver that does not answer must not hold up the end of a process for longer.</summary>
    public static readonly TimeSpan FlushMax = TimeSpan.FromSeconds(5);

    /// <param name="service">What kind of process it is.</param>
    /// <param name="instance">Which one.</param>
    public static ResourceBuilder Resource(string service, string instance) =>
        ResourceBuilder
            .CreateDefault()
            .AddService(
                service,
                serviceNamespace: "marketplace",
                serviceVersion: typeof(OtlpExport).Assembly.GetName().Version?.ToString(),
                serviceInstanceId: instance
            );

    public static void Configure(OtlpExporterOptions exporter, OtlpTarget target, string signal)
    {
        exporter.Protocol = OtlpExportProtocol.HttpProtobuf;
        exporter.Endpoint = target.For(signal);
        exporter.TimeoutMilliseconds = (int)FlushMax.TotalMilliseconds;
    }

    /// <summary>Has the target's share of jobs traced. Dispose it to send what waits.</summary>
    public static TracerProvider Traces(OtlpTarget target, ResourceBuilder resource)
    {
        // Not by a sampler, which is asked anew for each span, when its attributes and ids have been written already.
        JobTrace.Sample(target.TraceSample);
        return Providers
            .CreateTracerProviderBuilder()
            .SetResourceBuilder(resource)
            .SetSampler(new AlwaysOnSampler())
            .AddSource(JobTrace.SourceName)
            .AddOtlpExporter(exporter => Configure(exporter, target, "traces"))
            .Build();
    }
}
