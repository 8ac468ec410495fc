using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>The words of an explanation, all in one place.</summary>
internal static class MarketVerdicts
{
    public const string Won = "It went to the cheapest offer that fitted and had a free slot.";

    public static readonly string NoRoomForAuction =
        $"There was no auction: its account had {MarketPolicy.AccountAuctionsMax} open, or all accounts {MarketPolicy.AuctionsMax}.";

    /// <summary>Whose bids lost stays unsaid, and what they were: a worker's costs are its own business.</summary>
    public const string NoTimeForAuction = "It expires too soon for its auction: posted prices decide.";

    public static string WonAuction(Auction auction, TokenAmount price) =>
        price != auction.PriceOfWinner(free: null)
            ? $"It went to the lowest of {auction.Ranked.Count} bids, and pays what a free worker asks publicly: {price} per million fuel."
        : auction.Ranked.Count > 1
            ? $"It went to the lowest of {auction.Ranked.Count} bids, and pays the next one: {price} per million fuel."
        : $"It went to the only bid, and pays what its worker asks publicly: {price} per million fuel.";

    public static string NoBids(Auction auction) =>
        $"Its auction had no bid that its limit covers, of {auction.InvitedCount} workers: posted prices decide.";

    public static string BiddersAreBusy(int bidders) =>
        $"None of the {bidders} that had bid in its auction could take it any more: posted prices decide.";

    /// <summary>What a panel has found.</summary>
    public static string Agreed(Panel panel)
    {
        var (accepted, same) = (panel.Accepted!, panel.Votes.Count(panel.Accepted!.Agrees));
        var others = panel.Votes.Count - same;
        return panel.IsAudited == false
            ? $"No audit was drawn: worker {accepted.Worker} ran it alone."
            : $"{same} workers gave this result, {panel.Needed} were needed; {others} gave another one.";
    }

    public static OfferVerdict WonBy(MarketJob job, MarketOffer offer) =>
        new(
            offer.Offer.Worker,
            PriceOf(job, offer),
            true,
            job.AgreedPrice is not null ? "the lowest bid"
                : job.IsForNewcomer ? "a newcomer, whose turn it was"
                : "the cheapest that fitted"
        );

    public static OfferVerdict LostBy(MarketJob job, MarketOffer offer) =>
        new(offer.Offer.Worker, PriceOf(job, offer), false, Reason(job, offer));

    public static string SummaryOfMatch(MarketJob job) =>
        job.AgreedPrice is not null ? job.AuctionNote!
        : job.AuctionNote is { } note ? $"{SummaryByPostedPrice(job)} {note}"
        : SummaryByPostedPrice(job);

    private static string SummaryByPostedPrice(MarketJob job) =>
        job.IsForNewcomer ? $"It went to a newcomer: the job allows it, and one of {MarketPolicy.NewcomerLaneParts} such jobs does." : Won;

    /// <summary>The most that the job would cost with this offer, without regard to its own limit.</summary>
    public static TokenAmount PriceOf(MarketJob job, MarketOffer offer) =>
        FuelPrice.Cost((ulong)job.Ticket.Spec.FuelMax, job.PriceOf(offer), new TokenAmount(UInt128.MaxValue));

    public static JobStatus StatusOf(MarketJob job) =>
        job.Phase switch
        {
            MarketPhase.InLine or MarketPhase.Ready or MarketPhase.Delayed or MarketPhase.Away or MarketPhase.Bidding => JobStatus.Pending,
            MarketPhase.Seated
                when job.Panel!.Seats.All(seat => seat.Phase is MarketPhase.Ready or MarketPhase.Delayed) && job.Panel.Votes.Count == 0 =>
                JobStatus.Pending,
            MarketPhase.Preparing => JobStatus.Matched,
            _ => JobStatus.Running,
        };

    /// <summary>
    /// Where the job stands, in a sentence or two. Clients show them behind the state, or behind words such as "the job waits".
    /// </summary>
    /// <param name="job">The job.</param>
    /// <param name="offers">Those there are.</param>
    /// <param name="cheapest">Of those that fit in all but price; null where there is none.</param>
    /// <param name="survey">Why the others do not; null where the job does not wait for an offer.</param>
    /// <param name="before">Jobs that come before it, in words.</param>
    public static (JobStatus Status, string Summary) Summary(
        MarketJob job,
        int offers,
        MarketOffer? cheapest,
        OfferSurvey? survey,
        string before
    ) =>
        job.Phase switch
        {
            MarketPhase.InLine => (
                JobStatus.Pending,
                "Another job of its program comes before it: jobs that write program state run one at a time."
            ),
            MarketPhase.Ready when offers == 0 => (JobStatus.Pending, "No worker has made an offer."),
            MarketPhase.Ready when cheapest is null => (JobStatus.Pending, $"No offer fits: {survey!.WhyNone()}."),
            MarketPhase.Ready when cheapest.Price > job.PriceCap => (
                JobStatus.Pending,
                $"Its price limit is {job.Ticket.Spec.PriceMax}, and the cheapest offer that fits takes it "
                    + $"for {PriceOf(job, cheapest)}. That one asks {cheapest.Price} per million fuel; the limit{AtPriority(job)} covers "
                    + $"{job.PriceCap}."
            ),
            MarketPhase.Ready => (
                JobStatus.Pending,
                $"No offer that fits has a free slot for it. Busy offers that fit: {survey!.Busy}; jobs before it: {before}."
            ),
            MarketPhase.Bidding => (
                JobStatus.Pending,
                job.Auction!.IsClosed
                    ? "The window of its auction has closed, and the bids are opened."
                    : $"It is auctioned until {job.Auction.Until:O}: {job.Auction.InvitedCount} workers are invited to sealed bids."
            ),
            MarketPhase.Seated => (StatusOf(job), SummaryOf(job.Panel!)),
            MarketPhase.Delayed when job.PanelNote is { } note => (JobStatus.Pending, $"Its runs cannot begin: {note}."),
            MarketPhase.Delayed when job.Preparations > 0 => (
                JobStatus.Pending,
                $"{NotPrepared(job)}; the next try is at {job.ResumesAt:O}. After {MarketPolicy.PreparationsMax} tries it fails and "
                    + "costs nothing."
            ),
            MarketPhase.Delayed => (JobStatus.Pending, $"Attempt {job.Attempts + 1} is due at {job.ResumesAt:O}."),
            MarketPhase.Preparing => (JobStatus.Matched, SummaryOfMatch(job)),
            MarketPhase.Leased => (JobStatus.Running, SummaryOfMatch(job)),
            _ => (JobStatus.Running, "Its end is being written."),
        };

    /// <summary>How far a panel is, in a sentence or two.</summary>
    private static string SummaryOf(Panel panel)
    {
        var waiting = panel.Seats.Count(seat => seat.Phase is MarketPhase.Ready or MarketPhase.Delayed);
        var sealedResults = panel.Seats.Count(seat => seat.Phase == MarketPhase.Sealed);
        var summary =
            $"{panel.Assurance}: of {panel.Drawn} seats {panel.Votes.Count} have told a result, {sealedResults} have sealed one, "
            + $"{panel.Seats.Count - waiting - sealedResults} run, {waiting} wait for a worker of another owner.";
        return panel.Drawn > panel.Assurance.Seats ? $"{summary} Results differed or workers were lost, so more were drawn." : summary;
    }

    /// <summary>Why a job whose preparation failed cannot be given to a worker.</summary>
    public static string NotPrepared(MarketJob job)
    {
        var what = job.Ticket.UsesState ? "The state of its program, where its run would start," : "Its input";
        return $"{what} could not be read, {job.Preparations} times in a row";
    }

    /// <summary>The first thing that the offer lacks for the job; what no price changes comes first.</summary>
    public static OfferLack LackOf(MarketJob job, MarketOffer offer)
    {
        var needs = job.Class.Needs;
        return MissingLabel(job, offer) is not null ? OfferLack.Label
            : offer.Offer.MemoryPagesMax < job.Ticket.Spec.MemoryPagesMax ? OfferLack.Memory
            : offer.Standing.Score < needs.ReputationMin ? OfferLack.Reputation
            : offer.Standing.Stake < needs.StakeMin ? OfferLack.Stake
            : job.HasFailedOn(offer.Offer.Worker) ? OfferLack.FailedBefore
            : job.AvoidsNewcomers && offer.Standing.Level != StandingLevel.Good ? OfferLack.Newcomer
            : job.Group?.IsTakenBy(offer.Offer) == true ? OfferLack.Group
            : job.Panel?.Refuses(job, offer.Offer) == true ? OfferLack.Seat
            : !job.IsForCommitteeOf(offer) ? OfferLack.Member
            : job.Refuses(offer) ? OfferLack.RefusedByJob
            : offer.Refuses(job.Ticket.Account) ? OfferLack.RefusesAccount
            : offer.Offer.BuyerReputationMin > job.BuyerScore ? OfferLack.BuyerReputation
            : offer.Standing.InMaintenance ? OfferLack.Maintenance
            : offer.Standing.Level == StandingLevel.Excluded ? OfferLack.Excluded
            : offer.Price > job.PriceCap ? OfferLack.Price
            : offer.Capacity == 0 ? OfferLack.Slot
            : OfferLack.Nothing;
    }

    /// <summary>The first label that the job needs and the offer does not have.</summary>
    public static string? MissingLabel(MarketJob job, MarketOffer offer)
    {
        foreach (var label in job.Class.Needs.Labels)
        {
            if (!offer.HasLabel(label))
            {
                return label;
            }
        }
        return null;
    }

    private static string Reason(MarketJob job, MarketOffer offer)
    {
        var (spec, needs) = (job.Ticket.Spec, job.Class.Needs);
        return LackOf(job, offer) switch
        {
            OfferLack.Label => $"does not have the label {MissingLabel(job, offer)}",
            OfferLack.Memory => $"allows {offer.Offer.MemoryPagesMax} memory pages; the job wants {spec.MemoryPagesMax}",
            OfferLack.Reputation => $"has a reputation of {offer.Standing.Score}; the job wants {needs.ReputationMin} or more",
            OfferLack.Stake => $"has {offer.Standing.Stake} at stake; the job wants {needs.StakeMin} or more",
            OfferLack.FailedBefore => "failed on this job before; it is asked again when no other offer fits",
            OfferLack.Newcomer => "has no good reputation, and a run of this job was lost; it is asked when no other offer fits",
            OfferLack.Group when job.Group!.Spread == GroupSpread.Owner =>
                $"belongs to an owner that runs a job of the group '{job.Group.Name}'",
            OfferLack.Member => $"is not in this epoch's committee of {job.Ticket.Spec.Assurance.Seats}",
            OfferLack.Seat => "has another seat of the job, or its owner has",
            OfferLack.Group => $"runs a job of the group '{job.Group!.Name}'",
            OfferLack.RefusedByJob when job.IsRefusedByAccount(offer) => "is refused by the job's account",
            OfferLack.RefusedByJob => "is refused by the job",
            OfferLack.RefusesAccount => "does not take jobs of this account",
            OfferLack.BuyerReputation =>
                $"wants a buyer of reputation {offer.Offer.BuyerReputationMin} or more; that of the job's account is {ScoreOf(job)}",
            OfferLack.Maintenance => "is in maintenance: its owner takes no leases",
            OfferLack.Excluded => $"is excluded: its score is {offer.Standing.Score}, below {ReputationPolicy.ExclusionScore}",
            OfferLack.Price =>
                $"asks {offer.Price} per million fuel; the job's limit of {spec.PriceMax} for {spec.FuelMax} fuel{AtPriority(job)} allows "
                    + $"{job.PriceCap}",
            _ when offer.Standing.Level == StandingLevel.Probation =>
                $"is on probation, one lease at a time: its score is {offer.Standing.Score}, below {ReputationPolicy.ProbationScore}",
            OfferLack.Slot => "has no free slot",
            _ when job.AgreedPrice is not null => "did not bid, or bid more",
            _ => "was not needed",
        };
    }

    /// <summary>The reputation of the job's account as a buyer.</summary>
    public static string ScoreOf(MarketJob job) => job.BuyerScore == 0 ? "not known yet" : $"{job.BuyerScore}";

    private static string AtPriority(MarketJob job) => job.Priority > 1 ? $" at priority {job.Priority}" : "";
}
