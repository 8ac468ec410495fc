using System.Collections.Immutable;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>The last steps of a report's way. Both can be made again from the terminal writes, so nothing waits for them.</summary>
internal sealed partial class MarketReports
{
    private readonly Dictionary<AccountId, List<JobSettlement>> _unsettled = [];
    private int _unsettledCount;

    // 4. The accounts settle, each job once, while they hold money for it. SettleLeftOvers sends again what an account did not take; the
    // account finds what is lost with this activation by asking the jobs of its old holds.

    private async Task Settle(AccountId payer, ImmutableArray<JobSettlement> settlements)
    {
        try
        {
            await LostWrites.Resend(() => grains.GetGrain<IAccountGrain>(payer.ToString()).Settle(settlements, Authority.Market));
        }
        catch (Exception failure)
        {
            LogSettleFailed(failure, payer, settlements.Length);
            if (_unsettledCount + settlements.Length > MarketPolicy.UnsettledJobsMax)
            {
                return;
            }
            if (!_unsettled.TryGetValue(payer, out var waiting))
            {
                _unsettled.Add(payer, waiting = []);
            }
            waiting.AddRange(settlements);
            _unsettledCount += settlements.Length;
        }
    }

    public void SettleLeftOvers()
    {
        var waiting = _unsettled.ToArray();
        _unsettled.Clear();
        _unsettledCount = 0;
        foreach (var (payer, settlements) in waiting)
        {
            _ = Settle(payer, [.. settlements]);
        }
    }

    // 5. Listeners are told. A lost event stays lost: a client that must not miss an end asks for the job.

    public void Announce(ImmutableArray<EndedJob> jobs)
    {
        if (feed.IsWanted && jobs.Length > 0)
        {
            feed.Publish(new JobsEnded(jobs));
        }
    }

    /// <summary>The client has cancelled the job. What that costs, the job's terminal write says.</summary>
    public async Task AnnounceCancelled(JobTicket ticket)
    {
        if (!feed.IsWanted)
        {
            return;
        }
        try
        {
            if (await grains.GetGrain<IJobGrain>(ticket.Job.ToString()).GetSettlement(Authority.Market) is { } written)
            {
                Announce([MarketEnds.Cancelled(ticket, written)]);
            }
        }
        catch (Exception failure)
        {
            LogNotAnnounced(failure, ticket.Job);
        }
    }

    private sealed record Ended(MarketJob Job, JobEnd End, JobSettlement Settlement);
}
