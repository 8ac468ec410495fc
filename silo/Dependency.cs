namespace Marketplace.Silo;

/// <summary>
/// Something outside this process that the silo cannot serve without: whether it was there at the last look. Thread-safe.
/// </summary>
/// <param name="name">In log lines: "the database".</param>
/// <param name="trouble">What the public may read while it is gone: no path, no address.</param>
/// <param name="look">Fails where it is gone; the exception's message goes into the log. May block its thread.</param>
/// <param name="time">Times the answer.</param>
/// <param name="log">Hears of each loss and each return once.</param>
/// <param name="lostMax">A silo that has lost only this one for so long leaves, because others may still have it; null where all silos
/// share the loss.</param>
internal sealed partial class Dependency(
    string name,
    string trouble,
    Func<Task> look,
    TimeProvider time,
    ILogger<Dependency> log,
    TimeSpan? lostMax = null
)
{
    /// <summary>A server or a mount that has stopped refuses nothing, it is silent. A busy one answers well within this.</summary>
    internal static readonly TimeSpan AnswerMax = TimeSpan.FromSeconds(5);

    private Task _looking = Task.CompletedTask;
    private long _lostAt;
    private volatile string? _trouble;

    /// <summary>What is wrong; null while it is there.</summary>
    public string? Trouble => _trouble;

    public string Name => name;

    /// <summary>How long it has been lost; zero while it is there.</summary>
    public TimeSpan LostFor => _trouble is null ? TimeSpan.Zero : time.GetElapsedTime(_lostAt);

    public bool IsLostForLong => LostFor >= lostMax;

    /// <summary>One look at a time.</summary>
    public async Task Look(CancellationToken cancellation)
    {
        // A question that is still open is not asked a second time: a server that is frozen would collect them.
        if (_looking.IsCompleted)
        {
            _looking = Task.Run(look, CancellationToken.None);
        }
        try
        {
            await _looking.WaitAsync(AnswerMax, time, cancellation);
        }
        catch (TimeoutException) when (!_looking.IsCompleted)
        {
            Lose($"there was no answer within {AnswerMax.TotalSeconds:0} s.");
            return;
        }
        catch (Exception failure) when (!cancellation.IsCancellationRequested)
        {
            Lose(failure.Message);
            return;
        }
        if (_trouble is null)
        {
            return;
        }
        _trouble = null;
        LogBack(log, name, (long)time.GetElapsedTime(_lostAt).TotalSeconds);
    }

    private void Lose(string why)
    {
        if (_trouble is not null)
        {
            return;
        }
        _lostAt = time.GetTimestamp();
        _trouble = trouble;
        LogLost(log, name, why);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Lost {Name}: {Why} Until it is back this silo is not ready and takes no leases")]
    private static partial void LogLost(ILogger log, string name, string why);

    [LoggerMessage(Level = LogLevel.Information, Message = "Back after {Seconds} s: {Name}. This silo is ready again")]
    private static partial void LogBack(ILogger log, string name, long seconds);
}

/// <summary>
/// Looks at all dependencies again and again, and takes the silo out of its cluster where it alone may be the one that lost something.
/// </summary>
internal sealed partial class DependencyWatch(
    IReadOnlyList<Dependency> dependencies,
    IHostApplicationLifetime lifetime,
    TimeProvider time,
    ILogger<DependencyWatch> log
) : BackgroundService
{
    /// <summary>
    /// How a silo ends that left because of a loss. Not the 2 of a start that failed: a service manager may start it again, which then
    /// fails with 2 until what was lost is back.
    /// </summary>
    internal const int ExitCode = 4;

    /// <summary>How long a silo that lost one goes on serving at most, beside the wait for its answer.</summary>
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    /// <returns>What the silo leaves for: lost for long while everything else is there, so that its grains can move and write.</returns>
    internal static Dependency? ReasonToLeave(IReadOnlyList<Dependency> dependencies) =>
        dependencies.FirstOrDefault(lost => lost.IsLostForLong && dependencies.All(other => other == lost || other.Trouble is null));

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        try
        {
            do
            {
                await Task.WhenAll(dependencies.Select(dependency => dependency.Look(stoppingToken)));
            } while (ReasonToLeave(dependencies) is null && await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            return;
        }
        if (ReasonToLeave(dependencies) is not { } lost)
        {
            return;
        }
        LogLeaves(log, (long)lost.LostFor.TotalSeconds, lost.Name, ExitCode);
        Environment.ExitCode = ExitCode;
        lifetime.StopApplication();
    }

    [LoggerMessage(
        Level = LogLevel.Critical,
        Message = "Lost for {Seconds} s: {Name}. This silo leaves the cluster, so that its grains move to silos that have it, and ends "
            + "with code {ExitCode}. "
            + "Mend it, then start the silo again"
    )]
    private static partial void LogLeaves(ILogger log, long seconds, string name, int exitCode);
}
