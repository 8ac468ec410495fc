using System.Collections.Immutable;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>Where an open job is in the market.</summary>
internal enum MarketPhase
{
    /// <summary>Behind another writing job of its program.</summary>
    InLine = 0,

    /// <summary>May be leased now.</summary>
    Ready = 1,

    /// <summary>Waits for its next attempt.</summary>
    Delayed = 2,

    /// <summary>Matched; the program's state is asked where the run starts.</summary>
    Preparing = 3,

    /// <summary>A worker has it.</summary>
    Leased = 4,

    /// <summary>Its end is being written.</summary>
    Ending = 5,

    /// <summary>Its end could not be written; it is tried again at the deadline.</summary>
    EndingLater = 6,

    /// <summary>No longer in the market.</summary>
    Gone = 7,

    /// <summary>Another shard has it.</summary>
    Away = 8,

    /// <summary>Workers bid for it.</summary>
    Bidding = 9,

    /// <summary>Its panel is open: its seats wait and run.</summary>
    Seated = 10,

    /// <summary>Of a seat: its worker has a result and keeps it sealed.</summary>
    Sealed = 11,
}

/// <summary>An open job in the market's memory.</summary>
/// <param name="ticket">The whole ticket.</param>
/// <param name="keepsAll">Whether the part that only the run needs stays in memory; if not, it is read from the job's document when the job
/// is leased.</param>
internal sealed class MarketJob(JobTicket ticket, bool keepsAll = true)
{
    private ImmutableArray<NotedFault> _faults = [];
    private ImmutableArray<JobEvent> _history = [];

    /// <summary>The whole ticket, or without what only the run needs.</summary>
    public JobTicket Ticket { get; } = keepsAll ? ticket : JobSizes.WithoutCargo(ticket);

    public bool KeepsAll => keepsAll;

    /// <summary>What it takes of the queue's bytes.</summary>
    public int Size { get; } = JobSizes.Of(ticket.Spec, ticket.RequestId, ticket.Refusals);

    /// <summary>The highest price per million fuel at which the job keeps to its limit.</summary>
    public TokenAmount PriceCap { get; } =
        new(FuelPrice.Cap((UInt128)ticket.Spec.FuelMax, SeatPriceMax(ticket.Spec)).BaseUnits / (uint)PriorityOf(ticket.Spec));

    /// <summary>So many times an offer's price is what it pays, and the same part of its fuel is what its turn counts.</summary>
    public int Priority { get; } = PriorityOf(ticket.Spec);

    /// <summary>It was matched in the lane of newcomers.</summary>
    public bool IsForNewcomer { get; set; }

    public MarketPhase Phase { get; set; }

    /// <summary>Whose offers it may go to, apart from memory and price.</summary>
    public JobClass Class { get; set; } = JobClass.Plain;

    /// <summary>The shard whose job it is, where this one only runs it.</summary>
    public string? Home { get; init; }

    /// <summary>The shard that has it in the phase Away.</summary>
    public ShardStay? Away { get; set; }

    /// <summary>The panel of a job in the phase Seated; of a seat, the one that it belongs to.</summary>
    public Panel? Panel { get; set; }

    /// <summary>It is one of several runs of a job, which its panel ends.</summary>
    public bool IsSeat => Panel is { } panel && panel.Job != this;

    /// <summary>Of a seat: the worker that was drawn for it; null: any that fits.</summary>
    public WorkerId? Directed { get; set; }

    /// <summary>For whom that worker worked when it was drawn, where it may not choose another owner after that.</summary>
    public AccountId? DirectedOwner { get; set; }

    /// <summary>How that worker was drawn; null where no draw can be let pass.</summary>
    public SeatDraw? Draw { get; set; }

    /// <summary>Its own shard opens a panel instead of giving it to a worker.</summary>
    public bool WantsPanel => !Ticket.Spec.Assurance.IsNone && Panel is null;

    /// <summary>Until when the seat waits for the worker that was drawn for it, in running time.</summary>
    public TimeSpan DrawnUntil { get; set; }

    /// <summary>The worker that was drawn did not hear of the seat: it is no reason for another draw.</summary>
    public bool KeepsDraw { get; set; }

    /// <summary>The shard that has lent its worker was told to have the sealed result told.</summary>
    public bool IsRevealTold { get; set; }

    /// <summary>Where it waits for a lent offer that lets its panel open; null where it does not.</summary>
    public LinkedListNode<MarketJob>? AwaitPlace { get; set; }

    /// <summary>What its worker committed to in the phase Sealed.</summary>
    public Bytes32? Commitment { get; set; }

    /// <summary>Where it waits for its panel to open; null where it does not.</summary>
    public PanelLine? PanelLine { get; set; }

    /// <summary>Why its panel could not open; null where it could, or has none.</summary>
    public string? PanelNote { get; set; }

    /// <summary>Where it is counted; null until it is queued.</summary>
    public ClassFigures? Figures { get; set; }

    /// <summary>The line of its account and class; null until it is queued.</summary>
    public BuyerLine? Line { get; set; }

    /// <summary>Its place in <see cref="ReadyQueue"/>.</summary>
    public int Place { get; set; }

    /// <summary>What the match has cost its account in <see cref="FairQueue"/>; 0 while it is not matched.</summary>
    public long ShareTaken { get; set; }

    /// <summary>What its reported run used; null until the report.</summary>
    public long? FuelUsed { get; set; }

    /// <summary>Where its deadline is; null while it has none.</summary>
    public DeadlineHeap? Heap { get; set; }

    public int HeapIndex { get; set; }

    /// <summary>In the ticks of the heap's clock.</summary>
    public long Deadline { get; set; }

    /// <summary>When no worker has taken it until then, it expires. Each run that was made waits anew.</summary>
    public DateTimeOffset ExpiresAt { get; set; }

    /// <summary>Since when it has waited for a worker, in running time.</summary>
    public TimeSpan ReadyAt { get; set; }

    /// <summary>The end of the pause of a job in the phase Delayed.</summary>
    public DateTimeOffset ResumesAt { get; set; }

    public int Attempts { get; set; }
    public int Failures { get; set; }
    public int Interruptions { get; set; }

    /// <summary>The first worker that could not have the module or the input, and what it said; null where none has said so.</summary>
    public (WorkerId Worker, RunOutcome Outcome)? Doubted { get; set; }

    /// <summary>Preparations that failed since the last lease.</summary>
    public int Preparations { get; set; }

    /// <summary>Workers that failed on it or gave it back, and do not see it; null where there is none.</summary>
    public List<WorkerId>? FailedOn { get; private set; }

    /// <summary>A run of it was lost: workers without a good reputation do not see it, as those of <see cref="FailedOn"/>.</summary>
    public bool AvoidsNewcomers { get; set; }

    /// <summary>What runs of it have failed by their workers' fault: it counts against them if another run ends the job.</summary>
    public ImmutableArray<NotedFault> Faults
    {
        get => IsSeat ? Panel!.Job.Faults : _faults;
        set
        {
            if (IsSeat)
            {
                Panel!.Job.Faults = value;
            }
            else
            {
                _faults = value;
            }
        }
    }

    /// <summary>When <see cref="FailedOn"/> is looked at again, in running time.</summary>
    public TimeSpan ReadmitAt { get; set; }

    /// <summary>What happened to it; of a seat, to its job.</summary>
    public ImmutableArray<JobEvent> History
    {
        get => IsSeat ? Panel!.Job.History : _history;
        set => _history = value;
    }
    public JobExplanation? Explanation { get; set; }

    /// <summary>The offer that has the job in the phases Preparing, Leased and Ending.</summary>
    public MarketOffer? Offer { get; set; }

    /// <summary>Jobs that it does not run beside; null where there are none.</summary>
    public JobGroup? Group { get; set; }

    /// <summary>Its place among these.</summary>
    public LinkedListNode<MarketJob>? GroupPlace { get; set; }

    /// <summary>The worker or owner that no other job of its group goes to, while it runs there.</summary>
    public Bytes32? Seat { get; set; }

    /// <summary>Its auction in the phase Bidding.</summary>
    public Auction? Auction { get; set; }

    /// <summary>Its auction has ended, and this attempt has no other one.</summary>
    public bool IsAuctionOver { get; set; }

    /// <summary>What came of its auction, in words for the end of an explanation; null where it wants none.</summary>
    public string? AuctionNote { get; set; }

    /// <summary>What its worker is paid per million fuel, as its auction found; null: what the worker asks publicly.</summary>
    public TokenAmount? AgreedPrice { get; set; }

    /// <summary>Its own shard holds an auction before it is matched.</summary>
    public bool WantsAuction => Ticket.Spec.Auction > TimeSpan.Zero && !IsAuctionOver && Home is null && Ticket.Spec.Assurance.IsNone;

    public Lease? Lease { get; set; }

    /// <summary>What the lease allows its worker, and what its run has brought.</summary>
    public LeasedRun? Run { get; set; }

    /// <summary>The commits of the program's state before the leased run.</summary>
    public long StateHeight { get; set; }
    public DateTimeOffset LeasedAt { get; set; }

    /// <summary>When the lease began, in running time.</summary>
    public TimeSpan LeasedSince { get; set; }

    /// <summary>What the leased run had used at its worker's last heartbeat.</summary>
    public long FuelSoFar { get; set; }

    /// <summary>When the report must be there, in running time.</summary>
    public TimeSpan LeasedUntil { get; set; }

    /// <summary>How long the lease lasts before that.</summary>
    public LeaseTerm? Term { get; set; }

    /// <summary>
    /// When the first report of the leased run that could not be recorded arrived, in running time; null where there was none.
    /// </summary>
    public TimeSpan? UnrecordedSince { get; set; }

    /// <summary>The writing of its end, for a report that is repeated meanwhile.</summary>
    public Task<string?>? Ending { get; set; }

    /// <summary>The end that the market itself decided.</summary>
    public JobEnd? OwnEnd { get; set; }

    /// <summary>Its worker may have done something for it: it has said so, or is one that does not tell.</summary>
    public bool MayHaveBegun => Phase == MarketPhase.Sealed || (Phase == MarketPhase.Leased && (Term!.HasBegun || !Offer!.Heartbeats));

    /// <summary>
    /// The reputation of its account as a buyer, in thousandths; 0 where it is not known. That of another shard's job is known there.
    /// </summary>
    public int BuyerScore =>
        IsSeat ? Panel!.Job.BuyerScore
        : Home is null && Line is { } line ? line.Buyer.Score
        : HandedBuyerScore;

    /// <summary>What its own shard said of it.</summary>
    public int HandedBuyerScore { get; init; }

    public bool HasFailedOn(WorkerId worker) => FailedOn is not null && FailedOn.Contains(worker);

    /// <summary>Whether the worker or who it works for is none that the job goes to, has failed on it, or runs another of its
    /// group.</summary>
    public bool Refuses(MarketOffer offer) =>
        HasFailedOn(offer.Offer.Worker)
        || (AvoidsNewcomers && offer.Standing.Level != StandingLevel.Good)
        || Group?.IsTakenBy(offer.Offer) == true
        || (Directed is { } only && only != offer.Offer.Worker)
        || (DirectedOwner is { } owner && owner != offer.Offer.PayTo)
        || !IsForCommitteeOf(offer)
        || Panel?.Refuses(this, offer.Offer) == true
        || (Ticket.Spec.Needs is { } needs && IsAmong(needs.RefusedWorkers, needs.RefusedOwners, offer.Offer))
        || IsRefusedByAccount(offer);

    /// <summary>Whether a member of the job's committee asks for it, where it has one: others do not open its panel.</summary>
    public bool IsForCommitteeOf(MarketOffer offer) =>
        !WantsPanel || Ticket.Spec.Assurance is not { Kind: AssuranceKind.Committee } assurance || offer.CommitteePlace < assurance.Seats;

    /// <summary>The worker or who it works for is one that its account refuses for all jobs.</summary>
    public bool IsRefusedByAccount(MarketOffer offer) =>
        Ticket.Refusals is { } refusals && IsAmong(refusals.Workers, refusals.Owners, offer.Offer);

    private static bool IsAmong(ImmutableArray<WorkerId> workers, ImmutableArray<AccountId> owners, WorkerOffer offer) =>
        (!workers.IsDefaultOrEmpty && workers.Contains(offer.Worker)) || (!owners.IsDefaultOrEmpty && owners.Contains(offer.PayTo));

    /// <summary>What the job pays the offer's worker per million fuel; an offer that is too dear anyway may be told as the most there
    /// is.</summary>
    public TokenAmount PriceOf(MarketOffer offer)
    {
        var price = offer == Offer && AgreedPrice is { } agreed ? agreed : offer.Price;
        return price.BaseUnits > UInt128.MaxValue / (uint)Priority ? new TokenAmount(UInt128.MaxValue) : price * (uint)Priority;
    }

    private static int PriorityOf(JobSpec spec) => Math.Max(1, spec.Priority);

    /// <summary>What one run may cost: all that are paid cost no more than the job's limit.</summary>
    private static TokenAmount SeatPriceMax(JobSpec spec) =>
        spec.Assurance.IsNone ? spec.PriceMax : new TokenAmount(spec.PriceMax.BaseUnits / (uint)spec.Assurance.Seats);

    public void AddFailure(WorkerId worker)
    {
        Failures++;
        Avoid(worker);
    }

    /// <summary>The worker does not see the job for a while: another one may do better. Of very many the first is forgotten.</summary>
    public void Avoid(WorkerId worker)
    {
        FailedOn ??= [];
        if (FailedOn.Count == MarketPolicy.AvoidedWorkersMax)
        {
            FailedOn.RemoveAt(0);
        }
        FailedOn.Add(worker);
    }

    /// <summary>Every worker may take it again.</summary>
    public void Readmit() => (FailedOn, AvoidsNewcomers) = (null, false);

    /// <summary>Its worker tells how far the leased run has come: it goes forward only, and no faster than a machine can.</summary>
    public void Hear(LeaseProgress run, TimeSpan now)
    {
        var most = (UInt128)(now - LeasedSince).Ticks * MarketPolicy.FuelPerTickMax;
        FuelSoFar = Math.Max(FuelSoFar, (long)UInt128.Min((UInt128)Math.Clamp(run.FuelUsed, 0, Ticket.Spec.FuelMax), most));
        // Who does not tell the stage tells fuel of a run.
        Term!.Hear(run.Stage == LeaseStage.Unstated ? LeaseStage.Running : run.Stage, now);
    }

    /// <summary>What a run that is over without a report counts: what it had used, or what it could have used in its time.</summary>
    public long FuelOfUnreported(TimeSpan now)
    {
        var most = (UInt128)(now - LeasedSince).Ticks * MarketPolicy.FuelPerTickOfACore;
        return Math.Max(FuelSoFar, (long)UInt128.Min((UInt128)Ticket.Spec.FuelMax, most));
    }

    /// <summary>What another shard is told of it.</summary>
    /// <param name="delay">How long it must not run.</param>
    public JobTrack Track(TimeSpan delay) =>
        new(
            Attempts: Attempts,
            Failures: Failures,
            Interruptions: Interruptions,
            FailedOn: [.. FailedOn ?? []],
            AvoidsNewcomers: AvoidsNewcomers,
            Doubted: Doubted?.Worker,
            DoubtedOutcome: Doubted?.Outcome ?? default,
            Faults: Faults,
            History: History,
            ExpiresAt: ExpiresAt,
            Delay: delay,
            Preparations: Preparations
        );

    /// <summary>Takes over what another shard tells of it.</summary>
    public void Restore(JobTrack track)
    {
        (Attempts, Failures, Interruptions) = (track.Attempts, track.Failures, track.Interruptions);
        Preparations = track.Preparations;
        FailedOn = track.FailedOn.IsEmpty ? null : [.. track.FailedOn];
        AvoidsNewcomers = track.AvoidsNewcomers;
        Doubted = track.Doubted is { } worker ? (worker, track.DoubtedOutcome) : null;
        Faults = track.Faults;
        History = track.History;
        ExpiresAt = track.ExpiresAt;
    }

    /// <summary>A worker's words are cut, and of a long history the middle goes: a worker can add to it for nothing.</summary>
    public void Note(JobStatus status, DateTimeOffset at, WorkerId? worker, string? note = null)
    {
        if (IsSeat)
        {
            Panel!.Job.Note(status, at, worker, note);
            return;
        }
        var known = History.Length < JobPolicy.HistoryEventsMax ? History : History.RemoveAt(JobPolicy.HistoryEventsMax / 2);
        History = known.Add(new JobEvent(status, at, worker, JobPolicy.Cut(note, JobPolicy.NoteCharsMax)));
    }
}
