using System.Diagnostics.Metrics;
using Marketplace.Worker;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using Providers = OpenTelemetry.Sdk;

namespace Marketplace.Silo;

/// <summary>
/// Sends metrics and traces while the silo runs. The last figures are read before anything of the silo stops, and sent with all that
/// waits after everything has: what its end does is told too.
/// </summary>
internal sealed partial class SiloTelemetry : BackgroundService, IHostedLifecycleService
{
    /// <summary>What a collector knows silos as.</summary>
    public const string SiloService = "marketplace-silo";

    /// <summary>Short against the minutes over which operators look at figures, long against what reading them takes.</summary>
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(15);

    private readonly SiloFigures _figures;
    private readonly OtlpTarget _target;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly MeterProvider _metrics;
    private readonly TracerProvider _traces;
    private bool _isTaken = true;

    public SiloTelemetry(Meter meter, SiloFigures figures, SiloOptions options, TimeProvider time, ILogger<SiloTelemetry> log)
    {
        (_figures, _target, _time, _log) = (figures, options.Telemetry!, time, log);
        var resource = OtlpExport.Resource(SiloService, options.NameOrHost);
        var exporter = new OtlpExporterOptions();
        OtlpExport.Configure(exporter, _target, "metrics");
        _metrics = Providers
            .CreateMeterProviderBuilder()
            .SetResourceBuilder(resource)
            .AddMeter(MarketMetrics.MeterName)
            // Collects when it is told to, which is when the figures are fresh.
            .AddReader(new BaseExportingMetricReader(new OtlpMetricExporter(exporter)))
            .Build();
        _traces = OtlpExport.Traces(_target, resource);
        _figures.Observe(meter);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await _figures.Read(stoppingToken);
                Send();
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            return;
        }
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => _figures.Read(cancellationToken);

    public Task StoppedAsync(CancellationToken cancellationToken)
    {
        Send();
        _traces.ForceFlush((int)OtlpExport.FlushMax.TotalMilliseconds);
        return Task.CompletedTask;
    }

    public override void Dispose()
    {
        _metrics.Dispose();
        _traces.Dispose();
        base.Dispose();
    }

    private void Send()
    {
        var isTaken = _metrics.ForceFlush((int)OtlpExport.FlushMax.TotalMilliseconds);
        if (isTaken != _isTaken)
        {
            _isTaken = isTaken;
            if (isTaken)
            {
                LogTaken(_log, _target.Url);
            }
            else
            {
                LogRefused(_log, _target.Url);
            }
        }
    }

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "The receiver at {Url} takes no metrics; what could not be sent is lost, and the silo goes on"
    )]
    private static partial void LogRefused(ILogger log, Uri url);

    [LoggerMessage(Level = LogLevel.Information, Message = "The receiver at {Url} takes metrics again")]
    private static partial void LogTaken(ILogger log, Uri url);
}
