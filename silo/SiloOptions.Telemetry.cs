using Marketplace.Worker;

namespace Marketplace.Silo;

/// <summary>What the silo tells a collector of metrics, traces and logs.</summary>
public sealed partial class SiloOptions
{
    /// <summary>The receiver's base URL; empty: nothing is measured for it.</summary>
    public string Otlp { get; set; } = "";

    /// <summary>Which share of jobs is traced.</summary>
    public string TraceSample { get; set; } = OtlpTarget.SampleDefault;

    /// <summary>Null where nothing is exported.</summary>
    internal OtlpTarget? Telemetry =>
        OtlpTarget.TryUrl(Otlp) is { } url ? new OtlpTarget(url, OtlpTarget.TrySample(TraceSample)!.Value) : null;

    private void ValidateTelemetry()
    {
        Check(Otlp.Length == 0 || OtlpTarget.TryUrl(Otlp) is not null, nameof(Otlp), OtlpTarget.Shown(Otlp), OtlpTarget.UrlForm);
        Check(OtlpTarget.TrySample(TraceSample) is not null, nameof(TraceSample), TraceSample, OtlpTarget.SampleForm);
    }
}
