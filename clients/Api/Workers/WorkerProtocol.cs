using System.Text.Json.Serialization;

namespace Marketplace.Api.Workers;

/// <summary>What a worker asks and offers. The first message of a link.</summary>
/// <param name="Worker">Whose offer.</param>
/// <param name="PayTo">The account that earns.</param>
/// <param name="PricePerMillionFuel">What it asks.</param>
/// <param name="Slots">Jobs that it runs at a time.</param>
/// <param name="MemoryPagesMax">Pages of 64 KiB that one job may have.</param>
public sealed record WorkerOffer(WorkerId Worker, AccountId PayTo, TokenAmount PricePerMillionFuel, int Slots, int MemoryPagesMax)
{
    /// <summary>What the worker says of itself, at most 32: <c>gpu</c>, <c>region=eu</c>.</summary>
    public IReadOnlyList<string>? Labels { get; init; }

    /// <summary>Accounts whose jobs it does not take, at most 120.</summary>
    public IReadOnlyList<AccountId>? RefusedAccounts { get; init; }

    /// <summary>
    /// The least reputation, 1 to 1000, of the accounts whose jobs it takes; one that is not known has 700. Absent: any.
    /// </summary>
    public int? BuyerReputationMin { get; init; }

    /// <summary>Its key for committees. Absent: it serves in none.</summary>
    public CommitteeKey? Committee { get; init; }

    /// <summary>What it has signed of the offer for its ledger. Absent: nothing, and only the market tells the offer there.</summary>
    public OfferStatement? Statement { get; init; }
}

/// <summary>An offer as the worker's own operation (receipts/LEDGER.md).</summary>
/// <param name="Epoch">The worker's incarnation: milliseconds since 1970 at its start, for example.</param>
/// <param name="Sequence">Counts the offers of the epoch from 1.</param>
/// <param name="Time">When it made the offer: nanoseconds since 1970, UTC.</param>
/// <param name="Signature">Its Ed25519 signature over the operation's digest: 64 bytes.</param>
public sealed record OfferStatement(
    [property: JsonNumberHandling(JsonNumberHandling.AllowReadingFromString | JsonNumberHandling.WriteAsString)] ulong Epoch,
    [property: JsonNumberHandling(JsonNumberHandling.AllowReadingFromString | JsonNumberHandling.WriteAsString)] ulong Sequence,
    [property: JsonNumberHandling(JsonNumberHandling.AllowReadingFromString | JsonNumberHandling.WriteAsString)] ulong Time,
    ReadOnlyMemory<byte> Signature
);

/// <summary>The market's answer to an offer.</summary>
/// <param name="Start">Counts the worker's starts; part of every lease.</param>
public sealed record WorkerWelcome(long Start);

/// <summary>Asks for leases and for leases to stop. Sequence counts the polls of a start: a repeated one is answered alike.</summary>
/// <param name="Worker">Who asks.</param>
/// <param name="Start">The start number of its offer.</param>
/// <param name="Sequence">1, 2, 3 …</param>
/// <param name="LeasesMax">Leases that it wants to hold at a time, those it holds included.</param>
public sealed record WorkerPoll(WorkerId Worker, long Start, long Sequence, int LeasesMax)
{
    /// <summary>Sealed bids in auctions that it was invited to, at most 64.</summary>
    public IReadOnlyList<SealedBid>? Bids { get; init; }

    /// <summary>Its bids in auctions that have closed, at most 64.</summary>
    public IReadOnlyList<OpenedBid>? Opened { get; init; }
}

/// <summary>A bid that the market cannot read, nor its worker change.</summary>
/// <param name="Auction">In which auction.</param>
/// <param name="Commitment">The hash of price and nonce: 64 hexadecimal digits.</param>
public sealed record SealedBid(long Auction, string Commitment);

/// <summary>What was in a sealed bid.</summary>
/// <param name="Auction">In which auction.</param>
/// <param name="Price">Per million fuel.</param>
/// <param name="Nonce">32 bytes by chance: 64 hexadecimal digits.</param>
public sealed record OpenedBid(long Auction, TokenAmount Price, string Nonce);

/// <summary>What a worker is to do.</summary>
/// <param name="Known">False: offer again and drop all leases.</param>
/// <param name="Leases">Jobs to run.</param>
/// <param name="Stops">Leases to stop at once; no report on them is needed.</param>
public sealed record WorkerOrders(bool Known, IReadOnlyList<WorkerLease> Leases, IReadOnlyList<LeaseId> Stops)
{
    /// <summary>Auctions that it may bid in.</summary>
    public IReadOnlyList<AuctionInvitation>? Invitations { get; init; }

    /// <summary>Auctions that it has bid in and whose bids are to be opened now.</summary>
    public IReadOnlyList<long>? Closed { get; init; }

    /// <summary>Leases whose sealed results are to be reported now.</summary>
    public IReadOnlyList<LeaseId>? Reveals { get; init; }

    /// <summary>What it is to sign for committees. Absent: nothing.</summary>
    public CommitteeDuties? Duties { get; init; }
}

/// <summary>Asks for a sealed bid.</summary>
/// <param name="Auction">Its number, once in a start of the market.</param>
/// <param name="Job">What is auctioned.</param>
/// <param name="Program">The job's program.</param>
/// <param name="FuelMax">Instructions that the job may use.</param>
/// <param name="MemoryPagesMax">Pages of 64 KiB that it may use.</param>
/// <param name="TimeMax">Wall time that it may use.</param>
/// <param name="PriceMax">The most that it pays per million fuel.</param>
/// <param name="Until">When bids must be there.</param>
public sealed record AuctionInvitation(
    long Auction,
    JobId Job,
    ProgramId Program,
    long FuelMax,
    int MemoryPagesMax,
    TimeSpan TimeMax,
    TokenAmount PriceMax,
    DateTimeOffset Until
);

/// <summary>A sign of life, with all leases that the worker has.</summary>
/// <param name="Worker">Whose.</param>
/// <param name="Runs">How far each has come.</param>
public sealed record WorkerHeartbeat(WorkerId Worker, IReadOnlyList<LeaseBeat> Runs);

/// <summary>How far a lease has come.</summary>
/// <param name="Lease">The lease.</param>
/// <param name="Stage">What the worker does with it.</param>
/// <param name="FuelUsed">By its run so far.</param>
public sealed record LeaseBeat(LeaseId Lease, LeaseStage Stage, long FuelUsed);

/// <summary>The right and duty to run one job until <paramref name="Deadline"/>.</summary>
/// <param name="Id">Names the lease.</param>
/// <param name="Job">What is run.</param>
/// <param name="Program">Its program.</param>
/// <param name="Module">The program's module.</param>
/// <param name="EntryPoint">The export to call; null: the only one.</param>
/// <param name="Arguments">Arguments of a WASI command.</param>
/// <param name="Input">The input, where it is inline.</param>
/// <param name="InputBlob">The input, where it is a blob.</param>
/// <param name="FuelMax">Instructions.</param>
/// <param name="MemoryPagesMax">Pages of 64 KiB.</param>
/// <param name="TimeMax">Wall time of the run.</param>
/// <param name="Attempt">1 for the first.</param>
/// <param name="Root">The state to start from, for programs that keep state.</param>
/// <param name="SubmittedAt">What the guest's clock shows.</param>
/// <param name="Deadline">When the market gives the job to another.</param>
public sealed record WorkerLease(
    LeaseId Id,
    JobId Job,
    ProgramId Program,
    BlobId Module,
    string? EntryPoint,
    IReadOnlyList<string> Arguments,
    ReadOnlyMemory<byte> Input,
    BlobId? InputBlob,
    long FuelMax,
    int MemoryPagesMax,
    TimeSpan TimeMax,
    int Attempt,
    StateRoot? Root,
    DateTimeOffset SubmittedAt,
    DateTimeOffset Deadline
)
{
    /// <summary>Blobs that the program finds under <c>/in</c>, by their names.</summary>
    public IReadOnlyDictionary<string, BlobId>? Files { get; init; }

    /// <summary>What the program finds in its environment.</summary>
    public IReadOnlyDictionary<string, string>? Environment { get; init; }

    /// <summary>What is paid per million fuel.</summary>
    public TokenAmount? PricePerMillionFuel { get; init; }

    /// <summary>
    /// Others run the same job, and none is to see what another has: the result is committed to, and reported when the market asks for
    /// it. Absent: it is reported at once.
    /// </summary>
    public bool? Sealed { get; init; }

    /// <summary>
    /// The run is of a member of a committee, which keeps what it ran until it has voted on the job's receipt. Absent: it votes on none.
    /// </summary>
    public bool? VotedOn { get; init; }
}

/// <summary>Which run asks, in each of its calls. A repetition has the number of the call that it repeats.</summary>
/// <param name="Worker">Who asks.</param>
/// <param name="Lease">Its lease.</param>
/// <param name="Sequence">Counts the calls of the lease's run: 1, 2, 3 …</param>
public readonly record struct LeaseCall(WorkerId Worker, LeaseId Lease, long Sequence);

/// <summary>The result of one lease. An output over 16 KiB was uploaded before as <paramref name="OutputBlob"/>.</summary>
/// <param name="Lease">Whose result.</param>
/// <param name="Job">The lease's job.</param>
/// <param name="Outcome">How the run ended.</param>
/// <param name="Reason">Why, in a sentence.</param>
/// <param name="FuelUsed">Instructions.</param>
/// <param name="Output">The output, where it is inline.</param>
/// <param name="OutputBlob">The output, where it is a blob.</param>
/// <param name="OutputSize">Bytes.</param>
/// <param name="Log">What the program wrote to its log.</param>
/// <param name="StateChanges">What it changed of the program's state.</param>
/// <param name="StartedAt">When the run began.</param>
/// <param name="EndedAt">When it ended.</param>
public sealed record WorkerResult(
    LeaseId Lease,
    JobId Job,
    RunOutcome Outcome,
    string? Reason,
    long FuelUsed,
    ReadOnlyMemory<byte> Output,
    BlobId? OutputBlob,
    long OutputSize,
    ReadOnlyMemory<byte> Log,
    IReadOnlyList<StateChange> StateChanges,
    DateTimeOffset StartedAt,
    DateTimeOffset EndedAt
)
{
    /// <summary>What the program exited with; null where it was stopped, or did not run.</summary>
    public int? ExitCode { get; init; }

    /// <summary>Files that the program left under <c>/out</c>; all were uploaded before.</summary>
    public IReadOnlyList<JobFile>? Files { get; init; }

    /// <summary>The root of the program's state that <see cref="StateChanges"/> give; absent where there are none.</summary>
    public StateRoot? RootAfter { get; init; }

    /// <summary>The rules by which the program was run: the hash of the engine's profile.</summary>
    public Bytes32? Profile { get; init; }

    /// <summary>
    /// The hash of the execution (receipts/RECEIPT.md), which the worker signs. Absent where the run has no end: given back, stopped, or
    /// lost by a fault of the worker.
    /// </summary>
    public Bytes32? Execution { get; init; }

    /// <summary>What the commitment to the result was made with; absent where the lease asked for none.</summary>
    public Bytes32? Salt { get; init; }
}

/// <summary>A changed key of program state.</summary>
/// <param name="Key">The key.</param>
/// <param name="Value">Its new value; null deletes it.</param>
public readonly record struct StateChange(ReadOnlyMemory<byte> Key, ReadOnlyMemory<byte>? Value);

/// <summary>Results in a batch: what has gathered while the report before was under way, at most 64.</summary>
/// <param name="Worker">Who reports.</param>
/// <param name="Results">One per lease that ended.</param>
public sealed record WorkerReport(WorkerId Worker, IReadOnlyList<WorkerResult> Results)
{
    /// <summary>Results that the worker has and keeps to itself until the market asks for them, at most 64.</summary>
    public IReadOnlyList<SealedResult>? Sealed { get; init; }
}

/// <summary>A commitment to a result.</summary>
/// <param name="Lease">Whose result.</param>
/// <param name="Commitment">The hash of worker, execution and salt (receipts/RECEIPT.md).</param>
public sealed record SealedResult(LeaseId Lease, Bytes32 Commitment);
