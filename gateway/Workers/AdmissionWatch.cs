using Marketplace.Api.Workers;
using Marketplace.GrainInterfaces;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Marketplace.Gateway;

/// <summary>
/// Ends the connections of workers that the operator refuses after they were let in. The silo that takes the decision does so at once, the
/// others of a cluster when they look.
/// </summary>
internal sealed partial class AdmissionWatch(
    IGrainFactory grains,
    WorkerLinks links,
    WorkerAdmissions admissions,
    TimeProvider time,
    ILogger<AdmissionWatch> log
) : BackgroundService
{
    private RefusedWorkers _refused = new(Revision: 0, Workers: []);

    /// <summary>Ends the worker's connection, if it has one here and is refused.</summary>
    public async Task Look(WorkerId worker, CancellationToken cancellation)
    {
        if (links.Has(worker) && await admissions.Find(worker, cancellation) is { Refusal: { } refusal })
        {
            links.End(worker, LinkEnd.NotAdmitted, refusal);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(GatewayPolicy.AdmissionLook, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await LookAtAll(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The process stops.
        }
    }

    /// <summary>Those known before are looked at as well: one may have come in while it was refused.</summary>
    private async Task LookAtAll(CancellationToken cancellation)
    {
        if (links.IsEmpty)
        {
            return;
        }
        try
        {
            var grain = grains.GetGrain<IAdmissionGrain>(MarketLimits.AdmissionsKey);
            _refused = await grain.FindRefused(_refused.Revision).WaitAsync(cancellation) ?? _refused;
            foreach (var worker in _refused.Workers)
            {
                await Look(worker, cancellation);
            }
        }
        catch (Exception failure) when (!cancellation.IsCancellationRequested)
        {
            // The next look does it.
            LogFailed(failure);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Which workers are refused cannot be said now")]
    private partial void LogFailed(Exception failure);
}
