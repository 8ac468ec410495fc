using System.Text;
using Marketplace.Crypto;
using Marketplace.GrainHost.Simulation;
using Marketplace.GrainInterfaces;
using Marketplace.Grains.Tests.Support;
using Marketplace.Receipts;

namespace Marketplace.Grains.Tests.Simulation;

/// <summary>Results that others give as well.</summary>
internal sealed partial class RemoteWorker
{
    /// <summary>One that stalls may keep to itself what it has sealed.</summary>
    private void Reveal(LeaseId lease)
    {
        if (_sealed.Remove(lease, out var kept) && (habit != WorkerHabit.Stalling || chance.Below(2) == 0))
        {
            _runs[lease] = kept.Run;
            _ = Report(kept.Run, kept.Report);
        }
    }

    /// <summary>
    /// Commits to the result, until the market has taken that or the lease is over. One that lies commits to another one.
    /// </summary>
    private async Task Seal(RemoteRun run, LeaseReport report)
    {
        var salt = Blake3.Hash(Encoding.ASCII.GetBytes($"salt of {run.Lease.Id}"));
        var execution = TestKeys.Sign(_key, run.Lease, report, run.RootAfter).Execution!.Value;
        if (habit == WorkerHabit.Lying && chance.Below(4 * LieParts) == 0)
        {
            execution = salt;
        }
        _sealed[run.Lease.Id] = (run, report with { Salt = salt });
        var commitment = new SealedResult(run.Lease.Id, ResultCommitment.Of(Id, execution, salt));
        while (!run.IsOver && _runs.ContainsValue(run) && !_isStopped)
        {
            try
            {
                await _link.Call(grains => Calls(grains).Commit([commitment]));
                _runs.Remove(run.Lease.Id);
            }
            catch (Exception failure) when (failure is LinkException or MarketException)
            {
                await _link.Pause(500);
            }
        }
    }
}
