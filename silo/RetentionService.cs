using Marketplace.GrainInterfaces;
using Marketplace.Grains;

namespace Marketplace.Silo;

/// <summary>Has the market drop the jobs that its operator keeps no longer. Each silo asks; one grain does it for all.</summary>
/// <param name="grains">The market's.</param>
/// <param name="keeping">For how long.</param>
/// <param name="time">What jobs are as old by as they are.</param>
/// <param name="host">Whether the silo works as it must.</param>
/// <param name="log">Tells why nothing is dropped.</param>
/// <param name="chain">Null: the market settles nowhere.</param>
internal sealed partial class RetentionService(
    IGrainFactory grains,
    JobKeeping keeping,
    TimeProvider time,
    IHostState host,
    ILogger<RetentionService> log,
    ChainConnection? chain = null
) : BackgroundService
{
    /// <summary>By so much a clock may be set while a silo runs: time servers correct by less.</summary>
    private static readonly TimeSpan ClockStepMax = TimeSpan.FromHours(1);

    /// <summary>The grain knows when a pass is due: asking it costs one call.</summary>
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(10);

    /// <summary>Between two calls of a pass, so that jobs which run have the store for most of the time.</summary>
    private static readonly TimeSpan Breath = TimeSpan.FromMilliseconds(50);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (keeping.Keep is null)
        {
            return;
        }
        var (startedAt, start) = (time.GetUtcNow(), time.GetTimestamp());
        using var timer = new PeriodicTimer(Period, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                var step = time.GetUtcNow() - startedAt - time.GetElapsedTime(start);
                if (step.Duration() > ClockStepMax)
                {
                    // What is dropped by a wrong clock is gone, and a restart costs a moment.
                    LogClock(step);
                    continue;
                }
                await Pass(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            return;
        }
    }

    private async Task Pass(CancellationToken stopping)
    {
        if (host.Trouble is not null)
        {
            return;
        }
        try
        {
            await RequireKept(stopping);
            var grain = grains.GetGrain<IRetentionGrain>(MarketLimits.RetentionKey);
            while (!(await grain.DropSome(Authority.Silo).WaitAsync(stopping)).IsOver)
            {
                await Task.Delay(Breath, time, stopping);
            }
        }
        catch (Exception failure) when (!stopping.IsCancellationRequested)
        {
            LogFailed(failure);
        }
    }

    /// <summary>The start goes on where the chain is silent. What is dropped does not come back, so here it must have answered.</summary>
    private async Task RequireKept(CancellationToken stopping)
    {
        if (chain is not null)
        {
            ChainSetup.RequireKept(await chain.Chain.ReadTerms(stopping), keeping);
        }
    }

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "The clock was set by {Step} since the silo started, so old jobs are not dropped: they might be young ones. Correct the "
            + "clock, and start the silo again"
    )]
    private partial void LogClock(TimeSpan step);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Old jobs could not be dropped; it is tried again in ten minutes")]
    private partial void LogFailed(Exception failure);
}
