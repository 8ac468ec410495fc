using Microsoft.Extensions.Logging;

namespace Marketplace.Grains;

internal sealed partial class MarketReports
{
    [LoggerMessage(EventId = 1205, Level = LogLevel.Warning, Message = "Job {Job}: could not write its end; the market will try again.")]
    private partial void LogEndFailed(Exception failure, JobId job);

    [LoggerMessage(EventId = 1206, Level = LogLevel.Warning, Message = "Job {Job}: could not tell its program's state that it has ended.")]
    private partial void LogAcknowledgeFailed(Exception failure, JobId job);

    [LoggerMessage(
        EventId = 1207,
        Level = LogLevel.Warning,
        Message = "Account {Payer}: did not take {Count} settlements; the market will send them again."
    )]
    private partial void LogSettleFailed(Exception failure, AccountId payer, int count);

    [LoggerMessage(EventId = 1214, Level = LogLevel.Warning, Message = "Job {Job}: its listeners are not told that it was cancelled.")]
    private partial void LogNotAnnounced(Exception failure, JobId job);
}
