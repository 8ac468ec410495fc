namespace Marketplace.Silo;

/// <summary>
/// What a silo does that cannot be one any longer, most often because the others have given it up: it was frozen, or cut off. It ends at
/// once, because its grains are elsewhere by now; what it had not written does not count. Orleans's own way is a crash with the stacks of
/// all threads.
/// </summary>
internal sealed partial class DeclaredDead(ILogger<DeclaredDead> log, ILoggerFactory logs) : IFatalErrorHandler
{
    /// <summary>Not the 2 of a start that failed: a service manager may start this silo again.</summary>
    public const int ExitCode = 3;

    private int _ended;

    public bool IsUnexpected(Exception exception) => exception is not ThreadAbortException;

    public void OnFatalException(object? sender, string? context, Exception? exception)
    {
        if (Interlocked.Exchange(ref _ended, 1) != 0)
        {
            return;
        }
        if (exception is null)
        {
            LogGivenUp(log, ExitCode);
        }
        else
        {
            LogFailed(log, exception, context, ExitCode);
        }
        // Writes what the console's queue still holds.
        logs.Dispose();
        Environment.Exit(ExitCode);
    }

    [LoggerMessage(
        Level = LogLevel.Critical,
        Message = "The other silos have given this one up, so it ends with code {ExitCode}: it was frozen, or they could not reach it. "
            + "Start it again"
    )]
    private static partial void LogGivenUp(ILogger log, int exitCode);

    [LoggerMessage(
        Level = LogLevel.Critical,
        Message = "The grain host failed and cannot go on ({Context}); the silo ends with code {ExitCode}"
    )]
    private static partial void LogFailed(ILogger log, Exception failure, string? context, int exitCode);
}
