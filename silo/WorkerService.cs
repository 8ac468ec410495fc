using Marketplace.Worker;

namespace Marketplace.Silo;

/// <summary>
/// Runs the worker inside the silo, from when the grains answer until the silo stops. A worker that fails takes the silo down with a
/// reason. The ports open after this service has started, so clients of a silo that answers find the offer of its worker.
/// </summary>
internal sealed partial class WorkerService : BackgroundService, IStartPart
{
    /// <summary>
    /// How long the start waits for the offer: children of a busy machine take some seconds to start. Without the offer the silo serves
    /// all the same, since the markets of other silos may be what does not answer.
    /// </summary>
    private static readonly TimeSpan OfferMax = TimeSpan.FromSeconds(10);

    private readonly SiloFolder _folder;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Task<WorkerAgent> _made;

    public WorkerService(IServiceProvider services, SiloFolder folder, TimeProvider time, ILogger<WorkerService> log)
    {
        (_folder, _time, _log) = (folder, time, log);
        // On a thread of its own, beside the rest of the start, which waits for it where it needs the worker.
        _made = Task.Factory.StartNew(() => Make(services), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    public Task Started { get; private set; } = Task.CompletedTask;

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await base.StartAsync(cancellationToken);
        Started = Offered(cancellationToken);
    }

    private async Task Offered(CancellationToken cancellationToken)
    {
        var agent = await _made.WaitAsync(cancellationToken);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(agent.Offered, ExecuteTask!, Task.Delay(OfferMax, _time, over.Token));
        await over.CancelAsync();
    }

    private static WorkerAgent Make(IServiceProvider services)
    {
        var place = services.GetRequiredService<GuestPlace>();
        var options = services.GetRequiredService<WorkerOptions>();
        var link = services.GetRequiredService<IMarketLink>();
        var voter = services.GetRequiredService<CommitteeMembership>().Voter;
        // What the offer says of committees is costly to prove, and kept.
        voter?.KeyFor(link.Domain);
        return new WorkerAgent(
            link,
            options,
            services.GetRequiredService<TimeProvider>(),
            services.GetRequiredService<ILogger<WorkerAgent>>(),
            voter,
            place
        );
    }

    protected override async Task ExecuteAsync(CancellationToken stopping)
    {
        await ((Task)_made).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!_made.IsCompletedSuccessfully)
        {
            // The start tells why, and ends.
            return;
        }
        try
        {
            var agent = await _made;
            _folder.Delete(SiloFolder.Isolation);
            var run = agent.Run(stopping);
            if (await Task.WhenAny(agent.Isolation, run) == agent.Isolation)
            {
                _folder.Write(SiloFolder.Isolation, (await agent.Isolation).ToString());
            }
            await run;
        }
        catch (Exception failure)
        {
            LogFailed(_log, failure);
            throw;
        }
    }

    [LoggerMessage(
        Level = LogLevel.Critical,
        Message = "The worker inside the silo failed; the silo stops. Open jobs are queued again by the next start"
    )]
    private static partial void LogFailed(ILogger log, Exception failure);
}
