using System.Collections.Immutable;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>
/// The offers of a market: by their workers, by price, and those that take leases now. It finds the offer for a job and knows whom a job
/// still avoids; giving the job to the offer is the book's.
/// </summary>
internal sealed class MarketOffers : OfferSet
{
    private int _untilNewcomer = MarketPolicy.NewcomerLaneParts - 1;
    private long _added;

    public MarketOffers()
        : base(new JobClasses())
    {
        Lent = new OfferSet(Classes);
    }

    public int Count => All.Count;

    /// <summary>The newcomers among those that take leases now.</summary>
    public OfferTree HungryNewcomers { get; } = new();

    /// <summary>Those of workers of other shards, for seats of panels alone.</summary>
    public OfferSet Lent { get; }

    /// <summary>Counts up with each change of what other shards may have on loan.</summary>
    public long Changes { get; private set; }

    /// <summary>The worker's offer, its own or a lent one.</summary>
    public MarketOffer? FindForSeats(WorkerId worker) => Find(worker) ?? Lent.Find(worker);

    /// <summary>One that is known may always offer again.</summary>
    public bool HasRoomFor(WorkerId worker) => All.Count < MarketPolicy.WorkersMax || All.ContainsKey(worker);

    public override void Add(MarketOffer offer)
    {
        base.Add(offer);
        offer.Number = ++_added;
        NoteChange();
    }

    public override MarketOffer? Remove(WorkerId worker)
    {
        NoteChange();
        return base.Remove(worker);
    }

    public override void SetStanding(MarketOffer offer, Standing standing)
    {
        Move(HungryNewcomers, offer.HungryNewcomer, null);
        base.SetStanding(offer, standing);
        NoteChange();
    }

    /// <summary>What other shards have on loan may be another than before.</summary>
    public void NoteChange() => Changes++;

    /// <inheritdoc cref="JobClasses.Enter"/>
    public JobClass? EnterClass(ClassNeeds needs, MarketTime now) => Classes.Enter(needs, now.Running, ClassOpened);

    private void ClassOpened(JobClass opened)
    {
        Lent.Meet(opened);
        if (Meet(opened))
        {
            HungryNewcomers.RenewAll();
        }
    }

    public override void Place(MarketOffer offer)
    {
        if (offer.Loan is not null)
        {
            Lent.Place(offer);
            return;
        }
        base.Place(offer);
        int? capacity = offer.Capacity > 0 ? offer.Capacity : null;
        Move(HungryNewcomers, offer.HungryNewcomer, offer.Standing.Level == StandingLevel.Newcomer ? capacity : null);
    }

    /// <summary>
    /// One of those that would take the seat, each as likely as any other: who asks least must not be sure to be among those whose word
    /// is compared.
    /// </summary>
    /// <param name="seat">The seat.</param>
    /// <param name="isNow">Only those that take leases now.</param>
    /// <param name="chance">Draws.</param>
    /// <param name="passesOver">Those that have it only where there are no others; null: none.</param>
    public MarketOffer? Draw(MarketJob seat, bool isNow, IChance chance, Predicate<MarketOffer>? passesOver = null)
    {
        var found = new List<MarketOffer>();
        foreach (var set in (ReadOnlySpan<OfferSet>)[this, Lent])
        {
            (isNow ? set.Hungry : set.ByPrice).CollectFitting(seat, found);
        }
        if (passesOver is not null && !found.TrueForAll(passesOver))
        {
            found.RemoveAll(passesOver);
        }
        return found.Count == 0 ? null : found[(int)(chance.Next() * found.Count)];
    }

    /// <summary>Whether a worker takes leases now that would take the job, at most at its price.</summary>
    public bool HasHungryFor(MarketJob job) =>
        Hungry.Find(job, job.PriceCap) is not null || Lent.Hungry.Find(job, job.PriceCap) is not null;

    /// <summary>
    /// The offer that a ready job goes to: the cheapest that fits and takes leases, among equals the one with most free slots; or a
    /// newcomer's, whose turn it is. Null where there is none.
    /// </summary>
    public MarketOffer? FindFor(MarketJob job)
    {
        job.IsForNewcomer = false;
        var found = FindNewcomer(job) ?? Hungry.Find(job, job.PriceCap);
        if (found is not null && !job.IsForNewcomer && job.Attempts == 0 && AllowsNewcomers(job))
        {
            _untilNewcomer = Math.Max(0, _untilNewcomer - 1);
        }
        return found;
    }

    /// <summary>
    /// The cheapest workers that fit a job and take leases now. One whose poll is on its way is invited when it arrives; one that does not
    /// poll must not take the place of one that does.
    /// </summary>
    public IReadOnlyList<MarketOffer> FindBidders(MarketJob job) => Hungry.FindBidders(job);

    private static bool AllowsNewcomers(MarketJob job) => job.Ticket.Spec.Needs is { AllowsNewcomers: true };

    /// <summary>
    /// One of so many jobs that allow newcomers goes to one, although others are cheaper. Only jobs that went to others bring the turn
    /// nearer, each once: else jobs that no offer takes would give the lane away. It waits for the next job if no newcomer fits.
    /// </summary>
    private MarketOffer? FindNewcomer(MarketJob job)
    {
        if (_untilNewcomer > 0 || !AllowsNewcomers(job) || HungryNewcomers.Find(job, job.PriceCap) is not { } newcomer)
        {
            return null;
        }
        _untilNewcomer = MarketPolicy.NewcomerLaneParts - 1;
        job.IsForNewcomer = true;
        return newcomer;
    }

    /// <summary>
    /// The job goes on avoiding the workers that it avoids, as long as the offer of another fits. A job of another shard does in any case:
    /// its home knows other offers.
    /// </summary>
    public void AvoidWhileOthersFit(MarketJob job, MarketTime now)
    {
        job.ReadmitAt = now.Running + MarketPolicy.AvoidDelay(job);
        if (job.Home is not null || MayFit(job))
        {
            return;
        }
        // One without a reputation, but none that failed on it.
        job.AvoidsNewcomers = false;
        if (!MayFit(job))
        {
            job.Readmit();
        }
    }

    private bool MayFit(MarketJob job)
    {
        var drawn = (job.Directed, job.DirectedOwner);
        if (job.Panel is { IsForAny: true })
        {
            // Another may be drawn.
            (job.Directed, job.DirectedOwner) = (null, null);
        }
        var fits = ByPrice.MayFit(job) || (job.IsSeat && Lent.ByPrice.MayFit(job));
        (job.Directed, job.DirectedOwner) = drawn;
        return fits;
    }

    /// <summary>Workers without leases and without a sign of life for so long that they are gone.</summary>
    public IReadOnlyList<WorkerId> Silent(MarketTime now) =>
        [
            .. All
                .Values.Where(offer =>
                    !offer.IsWaiting && offer.Jobs.Count + offer.RelayedSlots == 0 && now.Running > offer.SeenAt + offer.SilenceMax
                )
                .Select(offer => offer.Offer.Worker)
                .Order(),
        ];

    /// <summary>
    /// Offers whose standing was read before a moment, in running time, and may be too old: of workers on probation or excluded, whom no
    /// outcomes make better, and of those with something at stake, which may be less now.
    /// </summary>
    public IReadOnlyList<MarketOffer> StandingsBefore(TimeSpan before, int most) =>
        [
            .. All
                .Values.Where(offer =>
                    offer.StandingAt < before && (offer.Standing.Level >= StandingLevel.Probation || !offer.Standing.Stake.IsZero)
                )
                .OrderBy(offer => offer.StandingAt)
                .Take(most),
        ];

    /// <inheritdoc cref="OfferTree.Page"/>
    public ImmutableArray<OfferView> Page(OfferPlace? after, int limit) => ByPrice.Page(after, limit);
}
