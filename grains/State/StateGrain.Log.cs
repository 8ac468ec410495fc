using Microsoft.Extensions.Logging;

namespace Marketplace.Grains;

public sealed partial class StateGrain
{
    [LoggerMessage(
        EventId = 1301,
        Level = LogLevel.Warning,
        Message = "State of {Program}: could not write the snapshot; the state will try again after the next commit."
    )]
    private partial void LogSnapshotFailed(Exception failure, ProgramId program);
}
