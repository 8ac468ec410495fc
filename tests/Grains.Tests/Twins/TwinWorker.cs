using System.Collections.Immutable;
using System.Text;
using Marketplace.Crypto;
using Marketplace.GrainHost.Simulation;
using Marketplace.GrainInterfaces;
using Marketplace.Grains.Tests.Simulation;

namespace Marketplace.Grains.Tests.Twins;

/// <summary>
/// A worker as the real one behaves on its link: it repeats polls and reports as they were, and drops its leases when it is not known.
/// </summary>
internal sealed class TwinWorker(SimulatedLink link, FaultPlan plan, SeededChance chance, string name, long price)
{
    private const int LeasesMax = 8;

    private readonly WorkerId _id = new(Blake3.Hash(Encoding.UTF8.GetBytes(name)));
    private readonly HashSet<LeaseId> _running = [];
    private long _start;
    private bool _isStopped;

    public AccountId Account => new(_id.Value);

    public void Stop() => _isStopped = true;

    public async Task Serve()
    {
        while (!_isStopped)
        {
            _running.Clear();
            var offer = new WorkerOffer(
                Worker: _id,
                PayTo: Account,
                PricePerMillionFuel: new TokenAmount((UInt128)price),
                Slots: LeasesMax,
                MemoryPagesMax: MarketLimits.MemoryPagesMax
            );
            _start = await link.Insist(grains => grains.GetGrain<IWorkerGrain>(_id.ToString()).Register(offer));
            var isKnown = true;
            for (var sequence = 1; isKnown && !_isStopped; sequence++)
            {
                var poll = new WorkerPoll(_id, _start, sequence, LeasesMax);
                var orders = await link.Insist(grains => Market(grains).Poll(poll, default));
                isKnown = orders.Known;
                foreach (var stop in orders.Stops)
                {
                    _running.Remove(stop);
                }
                foreach (var lease in orders.Leases)
                {
                    _ = Run(lease);
                }
            }
        }
    }

    private static IMarketGrain Market(IGrainFactory grains) => grains.GetGrain<IMarketGrain>(MarketLimits.DefaultClass);

    private async Task Run(Lease lease)
    {
        if (!_running.Add(lease.Id))
        {
            return;
        }
        var startedAt = link.Time.GetUtcNow();
        await link.Pause(300);
        if (plan.Happens(chance, "worker silent", 10_000))
        {
            return;
        }
        var isFault = plan.Happens(chance, "worker fault", 50_000);
        var report = new LeaseReport(
            Lease: lease.Id,
            Job: lease.Ticket.Job,
            Outcome: isFault ? RunOutcome.WorkerFault
                : chance.Happens(100_000) ? RunOutcome.Trapped
                : RunOutcome.Completed,
            Reason: isFault ? "disk full" : null,
            FuelUsed: chance.Below(1_000_000),
            Output: new GrainInterfaces.JobOutput(lease.Ticket.Spec.Input, null, lease.Ticket.Spec.Input.Length),
            Log: default,
            StateChanges: lease.Root is null ? [] : [new StateChange(lease.Ticket.Job.Value.ToArray(), new byte[] { 1 })],
            StartedAt: startedAt,
            EndedAt: link.Time.GetUtcNow()
        );
        var start = _start;
        while (_running.Contains(lease.Id) && start == _start && !_isStopped)
        {
            try
            {
                await link.Call(async grains =>
                {
                    await Market(grains).Report(_id, [report]);
                    return true;
                });
                _running.Remove(lease.Id);
            }
            catch (Exception failure) when (failure is LinkException or MarketException)
            {
                await link.Pause(500);
            }
        }
    }
}
