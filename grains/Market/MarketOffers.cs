using System.Collections.Immutable;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>
/// The offers of a market: by their workers, by price, and those that take leases now. It finds the offer for a job and knows whom a job
/// still avoids; giving the job to the offer is the book's.
/// </summary>
internal sealed class MarketOffers
{
    private readonly Dictionary<WorkerId, MarketOffer> _all = [];
    private int _untilNewcomer = MarketPolicy.NewcomerLaneParts - 1;

    public IReadOnlyDictionary<WorkerId, MarketOffer> All => _all;

    public int Count => _all.Count;

    /// <summary>The classes of jobs. Which of them an offer meets changes with its standing, and when one is opened.</summary>
    public JobClasses Classes { get; } = new();

    /// <summary>All of them.</summary>
    public OfferTree ByPrice { get; } = new();

    /// <summary>Those that take leases now.</summary>
    public OfferTree Hungry { get; } = new();

    /// <summary>The newcomers among these.</summary>
    public OfferTree HungryNewcomers { get; } = new();

    public MarketOffer? Find(WorkerId worker) => _all.GetValueOrDefault(worker);

    /// <summary>One that is known may always offer again.</summary>
    public bool HasRoomFor(WorkerId worker) => _all.Count < MarketPolicy.WorkersMax || _all.ContainsKey(worker);

    public void Add(MarketOffer offer)
    {
        offer.Classes = Classes.MetBy(offer);
        _all.Add(offer.Offer.Worker, offer);
        ByPrice.Add(offer.Priced);
    }

    /// <returns>The offer that was there; null where there was none.</returns>
    public MarketOffer? Remove(WorkerId worker)
    {
        if (!_all.Remove(worker, out var offer))
        {
            return null;
        }
        ByPrice.Remove(offer.Priced);
        offer.Dismiss();
        Place(offer);
        return offer;
    }

    /// <summary>What the offer has stays; what it may take changes at once.</summary>
    public void SetStanding(MarketOffer offer, Standing standing)
    {
        ByPrice.Remove(offer.Priced);
        Move(Hungry, offer.Hungry, null);
        Move(HungryNewcomers, offer.HungryNewcomer, null);
        offer.Standing = standing;
        offer.Classes = Classes.MetBy(offer);
        ByPrice.Add(offer.Priced);
    }

    /// <inheritdoc cref="JobClasses.Enter"/>
    public JobClass? EnterClass(ClassNeeds needs, MarketTime now) => Classes.Enter(needs, now.Running, ClassOpened);

    /// <summary>Every offer is asked once whether it meets a new class's needs.</summary>
    private void ClassOpened(JobClass opened)
    {
        var isChanged = false;
        foreach (var offer in _all.Values)
        {
            var met = opened.Needs.AreMetBy(offer) ? offer.Classes | opened.Bit : offer.Classes & ~opened.Bit;
            isChanged |= met != offer.Classes;
            offer.Classes = met;
        }
        if (isChanged)
        {
            ByPrice.RenewAll();
            Hungry.RenewAll();
            HungryNewcomers.RenewAll();
        }
    }

    /// <summary>Puts the offer where it belongs among those that take leases now. Called after its slots or its poll changed.</summary>
    public void Place(MarketOffer offer)
    {
        int? capacity = offer.Capacity > 0 ? offer.Capacity : null;
        Move(Hungry, offer.Hungry, capacity);
        Move(HungryNewcomers, offer.HungryNewcomer, offer.Standing.Level == StandingLevel.Newcomer ? capacity : null);
    }

    private static void Move(OfferTree tree, OfferNode node, int? capacity)
    {
        if (capacity == node.Capacity)
        {
            return;
        }
        if (node.Capacity is not null)
        {
            tree.Remove(node);
        }
        node.Capacity = capacity;
        if (capacity is not null)
        {
            tree.Add(node);
        }
    }

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
        if (job.Home is not null || ByPrice.MayFit(job))
        {
            return;
        }
        // One without a reputation, but none that failed on it.
        job.AvoidsNewcomers = false;
        if (!ByPrice.MayFit(job))
        {
            job.Readmit();
        }
    }

    /// <summary>Workers without leases and without a sign of life for so long that they are gone.</summary>
    public IReadOnlyList<WorkerId> Silent(MarketTime now) =>
        [
            .. _all
                .Values.Where(offer => !offer.IsWaiting && offer.Jobs.Count == 0 && now.Running > offer.SeenAt + offer.SilenceMax)
                .Select(offer => offer.Offer.Worker)
                .Order(),
        ];

    /// <summary>
    /// Offers whose standing was read before a moment, in running time, and may be too old: of workers on probation or excluded, whom no
    /// outcomes make better, and of those with something at stake, which may be less now.
    /// </summary>
    public IReadOnlyList<MarketOffer> StandingsBefore(TimeSpan before, int most) =>
        [
            .. _all
                .Values.Where(offer =>
                    offer.StandingAt < before && (offer.Standing.Level >= StandingLevel.Probation || !offer.Standing.Stake.IsZero)
                )
                .OrderBy(offer => offer.StandingAt)
                .Take(most),
        ];

    /// <inheritdoc cref="OfferTree.Page"/>
    public ImmutableArray<OfferView> Page(OfferPlace? after, int limit) => ByPrice.Page(after, limit);
}
