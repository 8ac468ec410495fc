using Microsoft.Extensions.Logging;

namespace Marketplace.Grains;

internal sealed partial class MarketReports
{
    [LoggerMessage(EventId = 1205, Level = LogLevel.Warning, Message = "Job {Job}: its end could not be written; it is tried again.")]
    private partial void LogEndFailed(Exception failure, JobId job);

    [LoggerMessage(EventId = 1206, Level = LogLevel.Warning, Message = "Job {Job}: its program's state was not told that it has ended.")]
    private partial void LogAcknowledgeFailed(Exception failure, JobId job);

    [LoggerMessage(
        EventId = 1207,
        Level = LogLevel.Warning,
        Message = "Account {Payer}: {Count} settlements were not taken; they are sent again."
    )]
    private partial void LogSettleFailed(Exception failure, AccountId payer, int count);
}
