using System.Collections.Immutable;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>Jobs that go to other shards, and jobs of others that run here.</summary>
internal sealed partial class MarketBook
{
    /// <summary>Jobs of other shards that have no offer here any more.</summary>
    public Queue<(string Home, HandedJob Job)> GoingHome { get; } = new();

    /// <summary>Jobs of other shards that have ended.</summary>
    public Queue<(string Home, ConcludedJob Job)> Concluded { get; } = new();

    /// <summary>Counts up with each job that finds no offer here when it becomes ready.</summary>
    public long UnplacedSoFar { get; private set; }

    /// <summary>The job was to be placed. Seats go to no other shard.</summary>
    internal void CountUnplaced(MarketJob job) => UnplacedSoFar += job.Phase == MarketPhase.Ready && !job.IsSeat ? 1 : 0;

    /// <summary>The least that an offer asks which takes leases and finds no job here; null where there is none.</summary>
    public TokenAmount? HungriestPrice => _paused ? null : _offers.Hungry.First?.Price;

    /// <summary>What the ready jobs want, all together.</summary>
    public Wanted Wanted => _paused ? Wanted.Nothing : _queue.WantedOf(UInt128.MaxValue);

    /// <summary>Hands ready jobs over to the offers of another shard, each to the offer that it is named with.</summary>
    public ImmutableArray<HandedJob> HandOver(IEnumerable<ShardOffer> offers, ShardStay stay)
    {
        var handed = ImmutableArray.CreateBuilder<HandedJob>();
        var kept = new List<MarketJob>();
        foreach (var foreign in _paused ? [] : offers)
        {
            var offer = new MarketOffer(foreign.Offer) { Standing = foreign.Standing };
            offer.Classes = _offers.Classes.MetBy(offer);
            Buyers.Note(foreign.Offer, stay.Since);
            for (var left = foreign.Capacity; left > 0 && handed.Count < MarketPolicy.HandedJobsMax; left--)
            {
                if (_queue.Find(offer) is not { } job)
                {
                    break;
                }
                if (job.WantsPanel)
                {
                    // Its seats are counted here, so they run here.
                    _queue.Unready(job);
                    kept.Add(job);
                    left += kept.Count < MarketPolicy.HandedJobsMax ? 1 : 0;
                    continue;
                }
                _queue.Take(job);
                DeadlineHeap.Leave(job);
                (job.Phase, job.Away) = (MarketPhase.Away, stay);
                _awayCount++;
                job.Group?.Take(job, foreign.Offer);
                handed.Add(new HandedJob(job.Ticket, job.KeepsAll, foreign.Offer.Worker, job.Track(TimeSpan.Zero), job.BuyerScore));
            }
        }
        foreach (var job in kept)
        {
            _queue.Ready(job);
        }
        return handed.ToImmutable();
    }

    /// <summary>A job that waits here was found to be with another shard.</summary>
    public void MarkAway(MarketJob job, ShardStay stay)
    {
        if (job.Phase is not (MarketPhase.Ready or MarketPhase.InLine))
        {
            return;
        }
        if (_lines.MakeHead(job) is { } other)
        {
            _queue.Unready(other);
            other.Phase = MarketPhase.InLine;
        }
        _queue.Unready(job);
        DeadlineHeap.Leave(job);
        (job.Phase, job.Away) = (MarketPhase.Away, stay);
        _awayCount++;
    }

    /// <summary>The job is here again and waits.</summary>
    /// <param name="job">One that is away.</param>
    /// <param name="track">What happened to it there; null where that is not known.</param>
    /// <param name="now">The moment.</param>
    public void Return(MarketJob job, JobTrack? track, MarketTime now)
    {
        EndStay(job);
        job.FuelUsed = 0;
        if (track is not null)
        {
            job.Restore(track);
            job.ReadmitAt = now.Running + MarketPolicy.AvoidDelay(job);
        }
        if (track is null)
        {
            // It ran, and what became of the run is not known: its time to wait begins again.
            Requeue(job, now);
        }
        else
        {
            PutBack(job, now, track.Delay);
        }
    }

    /// <summary>The jobs of this shard that others have.</summary>
    public IReadOnlyList<MarketJob> JobsAway() => [.. _jobs.Values.Where(job => job.Phase == MarketPhase.Away)];

    /// <summary>The jobs of another shard that run here.</summary>
    public ImmutableArray<JobId> JobsOf(string home) => [.. _jobs.Values.Where(job => job.Home == home).Select(job => job.Ticket.Job)];

    /// <summary>Gives a job of another shard to the offer that it was handed over for.</summary>
    /// <returns>False where the offer does not take it any more.</returns>
    public bool Adopt(HandedJob handed, string home, MarketTime now)
    {
        if (_jobs.ContainsKey(handed.Ticket.Job))
        {
            return true;
        }
        if (_paused || _offers.Find(handed.Worker) is not { Capacity: > 0 } offer)
        {
            return false;
        }
        var job = new MarketJob(handed.Ticket, handed.IsWhole) { Home = home, HandedBuyerScore = handed.BuyerScore };
        job.Restore(handed.Track);
        var isAllowed = EnterClass(job, now);
        // The worker may have offered something else since the claim.
        if (!isAllowed || MarketVerdicts.LackOf(job, offer) != OfferLack.Nothing)
        {
            _offers.Classes.Leave(job.Class);
            return false;
        }
        job.Figures = Prices.Of(job);
        _jobs.Add(handed.Ticket.Job, job);
        _load.Add(job);
        _queue.Add(job);
        job.Phase = MarketPhase.Ready;
        _queue.Ready(job);
        Match(job, offer, now);
        _offers.Place(offer);
        return true;
    }

    /// <summary>The job is with no other shard any more; the caller says at once where it is.</summary>
    public void EndStay(MarketJob job)
    {
        if (job.Away is not null)
        {
            job.Away = null;
            _awayCount--;
            FreeSeat(job);
        }
    }

    private void SendHome(MarketJob job, TimeSpan delay, MarketTime now)
    {
        var handed = new HandedJob(job.Ticket, job.KeepsAll, job.Offer?.Offer.Worker ?? default, job.Track(delay));
        GoingHome.Enqueue((job.Home!, handed));
        Forget(job, now);
    }
}
