namespace Marketplace.Grains;

/// <summary>The words of an explanation, all in one place.</summary>
internal static class MarketVerdicts
{
    public const string Won = "It went to the cheapest offer that fitted and had a free slot.";

    public static OfferVerdict Of(MarketJob job, MarketOffer offer, bool won)
    {
        var spec = job.Ticket.Spec;
        var price = JobPricing.Cost(spec.FuelMax, offer.Price, new TokenAmount(UInt128.MaxValue));
        return new OfferVerdict(offer.Offer.Worker, price, won, won ? "the cheapest that fitted" : Reason(job, offer));
    }

    public static (JobStatus Status, string Summary) Summary(MarketJob job, int offers) => job.Phase switch
    {
        MarketPhase.InLine => (JobStatus.Pending, "It waits for another job of its program: jobs that write program state run one at a time."),
        MarketPhase.Ready when offers == 0 => (JobStatus.Pending, "It waits for a worker: none has made an offer."),
        MarketPhase.Ready => (JobStatus.Pending, "It waits for an offer that fits and has a free slot."),
        MarketPhase.Delayed => (JobStatus.Pending, $"It waits until {job.Deadline:O} for attempt {job.Attempts + 1}."),
        MarketPhase.Preparing => (JobStatus.Matched, Won),
        MarketPhase.Leased => (JobStatus.Running, Won),
        _ => (JobStatus.Running, "Its end is being written."),
    };

    private static string Reason(MarketJob job, MarketOffer offer)
    {
        var spec = job.Ticket.Spec;
        if (offer.Price > job.PriceCap)
            return $"asks {offer.Price} per million fuel; the job's limit of {spec.PriceMax} for {spec.FuelMax} fuel allows {job.PriceCap}";
        if (offer.Offer.MemoryPagesMax < spec.MemoryPagesMax)
            return $"allows {offer.Offer.MemoryPagesMax} memory pages; the job wants {spec.MemoryPagesMax}";
        if (job.HasFailedOn(offer.Offer.Worker))
            return "failed on this job before";
        return offer.Capacity == 0 ? "has no free slot" : "was not needed";
    }
}
