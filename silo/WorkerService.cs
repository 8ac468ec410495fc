using Marketplace.Worker;

namespace Marketplace.Silo;

/// <summary>Runs the worker inside the silo, from when the grains answer until the silo stops.</summary>
internal sealed class WorkerService(IMarketLink link, WorkerOptions options, TimeProvider time, ILogger<WorkerAgent> log) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stopping) => new WorkerAgent(link, options, time, log).Run(stopping);
}
