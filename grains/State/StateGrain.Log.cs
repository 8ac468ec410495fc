using Microsoft.Extensions.Logging;

namespace Marketplace.Grains;

public sealed partial class StateGrain
{
    [LoggerMessage(
        EventId = 1301,
        Level = LogLevel.Warning,
        Message = "State of {Program}: could not write the checkpoint; the state will try again after the next commits."
    )]
    private partial void LogCheckpointFailed(Exception failure, ProgramId program);
}
