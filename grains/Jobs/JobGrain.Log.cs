using Microsoft.Extensions.Logging;

namespace Marketplace.Grains;

public sealed partial class JobGrain
{
    [LoggerMessage(EventId = 1001, Level = LogLevel.Warning, Message = "Job {Job}: could not {What}; it is made good later.")]
    private partial void LogSideCallFailed(Exception failure, JobId job, string what);
}
