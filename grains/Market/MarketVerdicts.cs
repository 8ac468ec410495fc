using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>The words of an explanation, all in one place.</summary>
internal static class MarketVerdicts
{
    public const string Won = "It went to the cheapest offer that fitted and had a free slot.";

    public static OfferVerdict Of(MarketJob job, MarketOffer offer, bool won)
    {
        return new OfferVerdict(offer.Offer.Worker, PriceOf(job, offer), won, won ? "the cheapest that fitted" : Reason(job, offer));
    }

    /// <summary>The most that the job would cost with this offer, without regard to its own limit.</summary>
    public static TokenAmount PriceOf(MarketJob job, MarketOffer offer) =>
        JobPricing.Cost(job.Ticket.Spec.FuelMax, offer.Price, new TokenAmount(UInt128.MaxValue));

    public static (JobStatus Status, string Summary) Summary(MarketJob job, int offers, TokenAmount? cheapest) =>
        job.Phase switch
        {
            MarketPhase.InLine => (
                JobStatus.Pending,
                "It waits for another job of its program: jobs that write program state run one at a time."
            ),
            MarketPhase.Ready when offers == 0 => (JobStatus.Pending, "It waits for a worker: none has made an offer."),
            MarketPhase.Ready when cheapest is null => (
                JobStatus.Pending,
                "It waits for an offer that fits: none of those there are does."
            ),
            MarketPhase.Ready when cheapest > job.Ticket.Spec.PriceMax => (
                JobStatus.Pending,
                $"It waits for a cheaper offer: its price limit is {job.Ticket.Spec.PriceMax}, the cheapest offer that fits takes it "
                    + $"for {cheapest}."
            ),
            MarketPhase.Ready => (JobStatus.Pending, "It waits for an offer that fits and has a free slot."),
            MarketPhase.Delayed when job.Preparations > 0 => (
                JobStatus.Pending,
                $"{NotPrepared(job)}; the next try is at {job.ResumesAt:O}. After {MarketPolicy.PreparationsMax} tries it fails and "
                    + "costs nothing."
            ),
            MarketPhase.Delayed => (JobStatus.Pending, $"It waits until {job.ResumesAt:O} for attempt {job.Attempts + 1}."),
            MarketPhase.Preparing => (JobStatus.Matched, Won),
            MarketPhase.Leased => (JobStatus.Running, Won),
            _ => (JobStatus.Running, "Its end is being written."),
        };

    /// <summary>Why a job whose preparation failed cannot be given to a worker.</summary>
    public static string NotPrepared(MarketJob job)
    {
        var what = job.Ticket.UsesState ? "The state of its program, where its run would start," : "Its input";
        return $"{what} could not be read, {job.Preparations} times in a row";
    }

    private static string Reason(MarketJob job, MarketOffer offer)
    {
        var spec = job.Ticket.Spec;
        if (offer.Price > job.PriceCap)
        {
            return $"asks {offer.Price} per million fuel; the job's limit of {spec.PriceMax} for {spec.FuelMax} fuel allows {job.PriceCap}";
        }
        if (offer.Offer.MemoryPagesMax < spec.MemoryPagesMax)
        {
            return $"allows {offer.Offer.MemoryPagesMax} memory pages; the job wants {spec.MemoryPagesMax}";
        }
        if (NeedsReason(job, offer) is { } unmet)
        {
            return unmet;
        }
        if (job.HasFailedOn(offer.Offer.Worker))
        {
            return "failed on this job before; it is asked again when no other offer fits";
        }
        if (offer.Standing.InMaintenance)
        {
            return "is in maintenance: its owner takes no leases";
        }
        if (offer.Standing.Level is StandingLevel.Excluded or StandingLevel.Probation)
        {
            return offer.Standing.Level == StandingLevel.Excluded
                ? $"is excluded: its score is {offer.Standing.Score}, below {ReputationPolicy.ExclusionScore}"
                : $"is on probation, one lease at a time: its score is {offer.Standing.Score}, below {ReputationPolicy.ProbationScore}";
        }
        return offer.Capacity == 0 ? "has no free slot" : "was not needed";
    }

    /// <summary>Which need of the job the offer does not meet, or who refuses whom.</summary>
    private static string? NeedsReason(MarketJob job, MarketOffer offer)
    {
        var needs = job.Class.Needs;
        if (needs.Labels.FirstOrDefault(label => !offer.HasLabel(label)) is { } label)
        {
            return $"does not have the label {label}";
        }
        if (offer.Standing.Score < needs.ReputationMin)
        {
            return $"has a reputation of {offer.Standing.Score}; the job wants {needs.ReputationMin} or more";
        }
        if (offer.Standing.Stake < needs.StakeMin)
        {
            return $"has {offer.Standing.Stake} at stake; the job wants {needs.StakeMin} or more";
        }
        if (offer.Refuses(job.Ticket.Account))
        {
            return "does not take jobs of this account";
        }
        return job.Ticket.Spec.Needs is { } own && !job.HasFailedOn(offer.Offer.Worker) && job.Refuses(offer)
            ? "is refused by the job"
            : null;
    }
}
