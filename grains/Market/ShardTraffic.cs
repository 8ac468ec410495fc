using System.Collections.Immutable;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>
/// What a shard and the others tell each other of jobs that wait, and which of them change hands. Each call is repeated or made good: a
/// claim whose answer is lost is sent again, and what has happened to a job that was handed over, <see cref="ShardStays"/> finds out.
/// </summary>
/// <param name="calls">Reaches the others.</param>
/// <param name="stays">The jobs that other shards have.</param>
/// <param name="loans">The workers that they have.</param>
/// <param name="book">The shard's memory.</param>
/// <param name="clock">The market's clock.</param>
/// <param name="act">Does what the book has decided.</param>
internal sealed class ShardTraffic(ShardCalls calls, ShardStays stays, ShardLoans loans, MarketBook book, MarketClock clock, Action act)
{
    private readonly Dictionary<string, Neighbour> _neighbours = [];
    private readonly Dictionary<string, (long Start, long Sequence, ImmutableArray<HandedJob> Jobs)> _answered = [];
    private long _claims;
    private uint _nextClaim;
    private bool _isClaiming;
    private int _claimFrom;
    private long _toldOf;
    private TimeSpan _tellAt;
    private TimeSpan _pause = MarketPolicy.BacklogPauseMin;

    /// <summary>Which shard came last and left nothing behind; null: it has been told since that more has come.</summary>
    private string? _emptiedBy;

    /// <summary>When the others are to be told of the backlog; null where there is nothing to tell.</summary>
    public TimeSpan? NextDue => calls.Others.IsEmpty || book.Wanted.Count == 0 ? null : _tellAt;

    // 1. What the book has decided is sent.

    /// <summary>Called after each round of what the book decided.</summary>
    public void Act()
    {
        if (calls.Others.IsEmpty)
        {
            return;
        }
        SendHome();
        Conclude();
        Tell();
        Claim();
    }

    private void SendHome()
    {
        var leaving = new Dictionary<string, List<HandedJob>>();
        while (book.GoingHome.TryDequeue(out var job))
        {
            ListOf(leaving, job.Home).Add(job.Job);
        }
        foreach (var (home, jobs) in leaving)
        {
            _ = calls.Try(() => calls.Shard(home).TakeBack(calls.Key, book.Start, [.. jobs], Authority.Market), home);
        }
    }

    private void Conclude()
    {
        var ended = new Dictionary<string, List<ConcludedJob>>();
        while (book.Concluded.TryDequeue(out var job))
        {
            ListOf(ended, job.Home).Add(job.Job);
        }
        foreach (var (home, jobs) in ended)
        {
            _ = calls.Try(() => calls.Shard(home).Conclude(calls.Key, book.Start, [.. jobs], Authority.Market), home);
        }
    }

    // 2. Jobs that wait are told of, and claimed.

    /// <summary>This shard has started: what the others had handed to it is lost, and they hear so.</summary>
    public void Announce()
    {
        foreach (var shard in calls.Others)
        {
            _ = calls.Try(
                () => calls.Shard(shard).NoteBacklog(new ShardBacklog(calls.Key, book.Start, 0, TokenAmount.Zero), Authority.Market),
                shard
            );
        }
    }

    private void Tell()
    {
        var now = clock.Now.Running;
        var wanted = book.Wanted;
        if (wanted.Count == 0)
        {
            return;
        }
        if (_toldOf != book.UnplacedSoFar)
        {
            // Others may take what has come since, although they did not take what was there.
            (_toldOf, _pause) = (book.UnplacedSoFar, MarketPolicy.BacklogPauseMin);
            _tellAt = MarketTime.Earlier(_tellAt, now + _pause);
            if (now < _tellAt && _emptiedBy is { } likely)
            {
                // It most likely has room for more, and each telling is one call for one that it has made.
                TellOf(wanted, [likely]);
            }
        }
        if (now < _tellAt)
        {
            return;
        }
        _tellAt = now + _pause;
        _pause = MarketTime.Earlier(_pause * 2, MarketPolicy.BacklogPauseMax);
        TellOf(wanted, calls.Others);
    }

    private void TellOf(Wanted wanted, ImmutableArray<string> shards)
    {
        _emptiedBy = null;
        var backlog = new ShardBacklog(calls.Key, book.Start, wanted.Count, wanted.PriceCapMax);
        foreach (var shard in shards)
        {
            _ = calls.Try(() => calls.Shard(shard).NoteBacklog(backlog, Authority.Market), shard);
        }
    }

    public void Note(ShardBacklog backlog)
    {
        if (!calls.Others.Contains(backlog.Shard))
        {
            return;
        }
        var shard = NeighbourOf(backlog.Shard);
        if (backlog.Start < shard.Start)
        {
            return;
        }
        if (backlog.Start > shard.Start)
        {
            shard.Start = backlog.Start;
            stays.HasStarted(backlog.Shard);
            loans.HasStarted(backlog.Shard, backlog.Start);
        }
        (shard.Needs, shard.NeedsUntil) = (backlog.ReadyJobs > 0, clock.Now.Running + MarketPolicy.BacklogTrust);
        shard.PriceCapMax = backlog.PriceCapMax;
        Claim();
    }

    /// <summary>
    /// Claims jobs for the offers that find none here, of one shard at a time, in turns: two would be asked for the same slots.
    /// </summary>
    private void Claim()
    {
        if (_isClaiming || book.HungriestPrice is not { } price)
        {
            return;
        }
        var now = clock.Now.Running;
        for (var tried = 0; tried < calls.Others.Length; tried++)
        {
            var shard = calls.Others[(int)(_nextClaim++ % (uint)calls.Others.Length)];
            if (_neighbours.TryGetValue(shard, out var neighbour) && neighbour.Needs && price <= neighbour.PriceCapMax)
            {
                neighbour.Needs = now <= neighbour.NeedsUntil;
                if (neighbour.Needs)
                {
                    _ = ClaimFrom(shard, neighbour, book.HungryOffers(_claimFrom, MarketPolicy.ClaimedOffersMax));
                    return;
                }
            }
        }
    }

    private async Task ClaimFrom(string shard, Neighbour neighbour, ImmutableArray<ShardOffer> offers)
    {
        _isClaiming = true;
        try
        {
            var claim = new ShardClaim(calls.Key, book.Start, ++_claims, offers);
            var jobs = ImmutableArray<HandedJob>.Empty;
            await calls.Try(async () => jobs = await calls.Shard(shard).Claim(claim, Authority.Market), shard);
            var adopted = 0;
            foreach (var job in jobs)
            {
                if (book.Adopt(job, shard, clock.Now))
                {
                    adopted++;
                }
                else
                {
                    // It would come again at once.
                    var track = job.Track with
                    {
                        Delay = MarketPolicy.BacklogPauseMax,
                    };
                    book.GoingHome.Enqueue((shard, job with { Track = track }));
                }
            }
            neighbour.Needs = adopted > 0;
            // Where these offers got nothing, others do the next time that the shard tells of its jobs.
            _claimFrom = adopted > 0 || offers.Length < MarketPolicy.ClaimedOffersMax ? 0 : _claimFrom + offers.Length;
        }
        finally
        {
            _isClaiming = false;
        }
        act();
    }

    public ImmutableArray<HandedJob> Answer(ShardClaim claim)
    {
        if (_answered.TryGetValue(claim.Shard, out var last) && (claim.Start, claim.Sequence).CompareTo((last.Start, last.Sequence)) <= 0)
        {
            return claim.Start == last.Start && claim.Sequence == last.Sequence ? last.Jobs : [];
        }
        var jobs = book.HandOver(claim.Offers, new ShardStay(claim.Shard, claim.Start, clock.Now.Running));
        _answered[claim.Shard] = (claim.Start, claim.Sequence, jobs);
        if (book.Wanted.Count == 0)
        {
            _emptiedBy = claim.Shard;
        }
        return jobs;
    }

    /// <summary>
    /// Where an open job stands, and what the offers of all shards lack for it: of the shards, the one whose offer is the cheapest says why
    /// the job waits. One that does not answer is left out.
    /// </summary>
    public async Task<OpenJob> Explain(MarketJob job)
    {
        var own = book.Explain(job);
        if (calls.Others.IsEmpty || job.Phase != MarketPhase.Ready)
        {
            return own;
        }
        var handed = new HandedJob(JobSizes.WithoutCargo(job.Ticket), IsWhole: false, default, job.Track(TimeSpan.Zero), job.BuyerScore);
        var waiting = new WaitingJob(handed, own.QueuePosition - 1, own.IsPositionLeast);
        var others = await Task.WhenAll(calls.Others.Select(shard => Survey(shard, waiting)));
        ShardSurvey[] all = [new(book.Offers.Count, own.Explanation), .. others.OfType<ShardSurvey>()];
        var first = all.OrderBy(survey => survey.Explanation.CheapestPrice is null)
            .ThenBy(survey => survey.Explanation.CheapestPrice)
            .ThenByDescending(survey => survey.Offers)
            .First()
            .Explanation;
        var offers = all.SelectMany(survey => survey.Explanation.Offers)
            .OrderBy(offer => offer.Price)
            .Take(MarketPolicy.ExplainedOffersMax);
        return own with { Explanation = new JobExplanation(first.Summary, [.. offers], first.CheapestPrice) };
    }

    private async Task<ShardSurvey?> Survey(string shard, WaitingJob waiting)
    {
        ShardSurvey? survey = null;
        await calls.Try(async () => survey = await calls.Shard(shard).Survey(waiting, Authority.Market), shard);
        return survey;
    }

    private Neighbour NeighbourOf(string shard)
    {
        if (!_neighbours.TryGetValue(shard, out var neighbour))
        {
            _neighbours.Add(shard, neighbour = new Neighbour());
        }
        return neighbour;
    }

    private static List<TItem> ListOf<TItem>(Dictionary<string, List<TItem>> lists, string shard)
    {
        if (!lists.TryGetValue(shard, out var list))
        {
            lists.Add(shard, list = []);
        }
        return list;
    }

    /// <summary>What is known of another shard.</summary>
    private sealed class Neighbour
    {
        public long Start { get; set; }

        /// <summary>It has jobs that wait.</summary>
        public bool Needs { get; set; }

        public TimeSpan NeedsUntil { get; set; }

        public TokenAmount PriceCapMax { get; set; }
    }
}
