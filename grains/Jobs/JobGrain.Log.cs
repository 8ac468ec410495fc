using Microsoft.Extensions.Logging;

namespace Marketplace.Grains;

public sealed partial class JobGrain
{
    [LoggerMessage(EventId = 1001, Level = LogLevel.Warning, Message = "Job {Job}: could not {What}; reconciliation will make up for it.")]
    private partial void LogSideCallFailed(Exception failure, JobId job, string what);
}
