using System.Collections.Immutable;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>
/// The jobs of this shard that others have: they come back, end, or are lost. The home shard asks for what has been away for some seconds,
/// and a job that no shard has is in its queue again, unless it has ended.
/// </summary>
/// <param name="calls">Reaches the others.</param>
/// <param name="book">The shard's memory.</param>
/// <param name="clock">The market's clock.</param>
/// <param name="giveUp">Ends a job that was lost with other shards again and again.</param>
/// <param name="act">Does what the book has decided.</param>
internal sealed class ShardStays(ShardCalls calls, MarketBook book, MarketClock clock, Action<MarketJob> giveUp, Action act)
{
    /// <summary>Shards that are being asked what they have.</summary>
    private readonly HashSet<string> _asked = [];

    public void TakeBack(string shard, long start, ImmutableArray<HandedJob> jobs)
    {
        foreach (var handed in jobs)
        {
            if (book.Find(handed.Ticket.Job) is { Away: { } stay } job && stay.Shard == shard && stay.Start == start)
            {
                book.Return(job, handed.Track, clock.Now);
            }
        }
    }

    public void Conclude(string shard, long start, ImmutableArray<ConcludedJob> jobs)
    {
        foreach (var ended in jobs)
        {
            if (book.Find(ended.Job) is { Away: { } stay } job && stay.Shard == shard && stay.Start == start)
            {
                job.FuelUsed = ended.FuelUsed;
                book.Remove(job, clock.Now);
            }
        }
    }

    /// <summary>The client has cancelled a job that another shard has: its worker is told to stop.</summary>
    public void Withdraw(MarketJob job)
    {
        if (job.Away is { } stay)
        {
            _ = calls.Try(() => calls.Market(stay.Shard).Withdraw(job.Ticket.Job, Authority.Market), stay.Shard);
        }
    }

    /// <summary>Asks for the jobs that have been away for some time. Called with each round of maintenance.</summary>
    public void Check()
    {
        foreach (var shard in book.JobsAway().Select(job => job.Away!.Shard).Distinct().ToArray())
        {
            _ = Reconcile(shard);
        }
    }

    /// <summary>A shard has a new start number: what was handed to it before is lost.</summary>
    public void HasStarted(string shard) => _ = Reconcile(shard);

    /// <summary>Before the queue is matched for the first time: what other shards have is not leased a second time.</summary>
    public Task FindHeld() => Task.WhenAll(calls.Others.Select(FindHeld));

    private async Task FindHeld(string shard)
    {
        HeldJobs? held = null;
        await calls.Try(async () => held = await calls.Shard(shard).FindHeld(calls.Key, Authority.Market), shard);
        foreach (var id in held?.Jobs ?? [])
        {
            if (book.Find(id) is { } job)
            {
                book.MarkAway(job, new ShardStay(shard, held!.Start, clock.Now.Running));
            }
        }
    }

    private async Task Reconcile(string shard)
    {
        if (!_asked.Add(shard))
        {
            return;
        }
        try
        {
            var before = clock.Now.Running - MarketPolicy.StayCheckAge;
            HeldJobs? found = null;
            if (
                !await calls.Try(async () => found = await calls.Shard(shard).FindHeld(calls.Key, Authority.Market), shard)
                || found is not { } held
            )
            {
                return;
            }
            var known = held.Jobs.ToHashSet();
            var lost = book.JobsAway()
                .Select(job => (Job: job, Stay: job.Away!))
                .Where(away =>
                    away.Stay.Shard == shard
                    && !known.Contains(away.Job.Ticket.Job)
                    && (away.Stay.Start != held.Start || away.Stay.Since <= before)
                )
                .ToArray();
            await Task.WhenAll(lost.Select(away => Recover(away.Job, away.Stay, wasLost: away.Stay.Start != held.Start)));
            act();
        }
        finally
        {
            _asked.Remove(shard);
        }
    }

    /// <summary>No shard has the job: it has ended, or it waits here again.</summary>
    /// <param name="job">The job.</param>
    /// <param name="stay">Where it was.</param>
    /// <param name="wasLost">The shard was lost with it: a job that ends the processes that run it must not do so for ever.</param>
    private async Task Recover(MarketJob job, ShardStay stay, bool wasLost)
    {
        JobSettlement? written = null;
        var id = job.Ticket.Job;
        if (!await calls.Try(async () => written = await calls.Job(id).GetSettlement(Authority.Market), $"{id}") || job.Away != stay)
        {
            return;
        }
        if (written is not null)
        {
            book.Remove(job, clock.Now);
            return;
        }
        calls.LogRecovered(calls.Key, id, stay.Shard);
        job.Interruptions += wasLost ? 1 : 0;
        if (job.Interruptions > MarketPolicy.InterruptionsMax)
        {
            // Not back to the queue first, where a worker could take it.
            book.EndStay(job);
            giveUp(job);
            return;
        }
        book.Return(job, null, clock.Now);
    }
}
