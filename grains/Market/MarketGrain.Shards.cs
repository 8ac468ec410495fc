using System.Collections.Immutable;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>What other shards call. The rules are in <see cref="ShardTraffic"/> and <see cref="ShardStays"/>.</summary>
internal sealed partial class MarketGrain : IMarketShardGrain
{
    public Task NoteBacklog(ShardBacklog backlog, Authority by)
    {
        RequireShard(by);
        _traffic.Note(backlog);
        return Task.CompletedTask;
    }

    public Task<ImmutableArray<HandedJob>> Claim(ShardClaim claim, Authority by)
    {
        RequireShard(by);
        if (claim.Offers.Length > MarketPolicy.ClaimedOffersMax)
        {
            throw new MarketException(
                ErrorCode.LimitExceeded,
                $"The claim has {claim.Offers.Length} offers; allowed are {MarketPolicy.ClaimedOffersMax}."
            );
        }
        var jobs = _traffic.Answer(claim);
        // Its offers may be the first that ask for a buyer's reputation.
        _outcomes.ReadBuyers();
        return Task.FromResult(jobs);
    }

    public Task TakeBack(string shard, long start, ImmutableArray<HandedJob> jobs, Authority by)
    {
        RequireShard(by);
        _stays.TakeBack(shard, start, jobs);
        Act();
        return Task.CompletedTask;
    }

    public Task Conclude(string shard, long start, ImmutableArray<ConcludedJob> jobs, Authority by)
    {
        RequireShard(by);
        _stays.Conclude(shard, start, jobs);
        Act();
        return Task.CompletedTask;
    }

    public Task<ShardSurvey> Survey(WaitingJob job, Authority by)
    {
        RequireShard(by);
        return Task.FromResult(_book.Survey(job));
    }

    public Task<HeldJobs> FindHeld(string home, Authority by)
    {
        RequireShard(by);
        return Task.FromResult(new HeldJobs(_book.Start, _book.JobsOf(home)));
    }

    public Task<bool> Lend(ShardLoan loan, Authority by)
    {
        RequireShard(by);
        return Task.FromResult(_loans.Receive(loan));
    }

    public Task<ImmutableArray<WorkerId>> Relay(ShardRelay relay, Authority by)
    {
        RequireShard(by);
        return Task.FromResult(_loans.Take(relay));
    }

    public Task<ImmutableArray<LeaseId>> Delivered(
        WorkerId worker,
        ImmutableArray<LeaseId> leases,
        ImmutableArray<LeaseId> reveals,
        Authority by
    )
    {
        RequireShard(by);
        if (leases.Length > MarketPolicy.WorkerLeasesMax)
        {
            throw new MarketException(
                ErrorCode.LimitExceeded,
                $"The answer has {leases.Length} leases; a worker has at most {MarketPolicy.WorkerLeasesMax}."
            );
        }
        var over = _loans.Delivered(worker, leases, reveals);
        Rearm();
        return Task.FromResult(over);
    }

    private void RequireShard(Authority by)
    {
        Authorities.Require(by, Authority.Market);
        RequireCurrent();
    }

    /// <summary>Only the jobs of this shard are its own: others find theirs.</summary>
    private bool IsOwn(JobTicket ticket) => _shards.KeyOf(ticket) == this.GetPrimaryKeyString();
}
