using Microsoft.Extensions.Logging;

namespace Marketplace.Grains;

public sealed partial class AccountGrain
{
    [LoggerMessage(EventId = 1101, Level = LogLevel.Error, Message = "Account {Account}: an append failed; the account is read again.")]
    private partial void LogAppendFailed(Exception failure, AccountId account);

    [LoggerMessage(
        EventId = 1102,
        Level = LogLevel.Warning,
        Message = "Account {Account}: could not write the snapshot; the account will try again later."
    )]
    private partial void LogSnapshotFailed(Exception failure, AccountId account);

    [LoggerMessage(EventId = 1103, Level = LogLevel.Warning, Message = "Account {Account}: could not set the reminder; the timer goes on.")]
    private partial void LogReminderFailed(Exception failure, AccountId account);

    [LoggerMessage(
        EventId = 1104,
        Level = LogLevel.Warning,
        Message = "Account {Account}: a round of reconciliation failed; the next one is in a minute."
    )]
    private partial void LogReconcileFailed(Exception failure, AccountId account);

    [LoggerMessage(
        EventId = 1105,
        Level = LogLevel.Warning,
        Message = "Account {Account}: a transfer to {Payee} did not arrive; the account will send it again."
    )]
    private partial void LogDeliveryFailed(Exception failure, AccountId account, AccountId payee);

    [LoggerMessage(
        EventId = 1106,
        Level = LogLevel.Warning,
        Message = "Account {Account}: {Failed} of {Asked} jobs could not be asked how they ended; each keeps its hold and is asked "
            + "again later."
    )]
    private partial void LogJobsNotAsked(Exception failure, AccountId account, int failed, int asked);
}
