using OpenTelemetry;
using OpenTelemetry.Logs;

namespace Marketplace.Worker;

/// <summary>A log line that names a job belongs to the job's trace: collectors show both together.</summary>
public sealed class JobLogTraces : BaseProcessor<LogRecord>
{
    public override void OnEnd(LogRecord data)
    {
        ArgumentNullException.ThrowIfNull(data);
        foreach (var (_, value) in data.Attributes ?? [])
        {
            if (value is JobId job)
            {
                data.TraceId = JobTrace.TraceOf(job);
                return;
            }
        }
    }
}
