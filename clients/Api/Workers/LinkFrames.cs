using System.Text.Json.Serialization;

namespace Marketplace.Api.Workers;

/// <summary>The first message of a worker's connection. Bytes are in hexadecimal digits.</summary>
/// <param name="Versions">The versions of the protocol that it speaks, the best first.</param>
/// <param name="Worker">Its key.</param>
/// <param name="Nonce">32 bytes that it never used before.</param>
/// <param name="Ephemeral">A key of P-256 that was made for this connection: 65 bytes, not compressed.</param>
public sealed record LinkHello(IReadOnlyList<int> Versions, WorkerId Worker, string Nonce, string Ephemeral)
{
    /// <summary>The market's key that it expects; null: it meets this market for the first time.</summary>
    public string? Market { get; init; }
}

/// <summary>The market's answer to <see cref="LinkHello"/>.</summary>
/// <param name="Version">The version that both speak from here on.</param>
/// <param name="Market">The market's key.</param>
/// <param name="Nonce">32 bytes that the market never used before.</param>
/// <param name="Ephemeral">As in the hello.</param>
/// <param name="Signature">The market's signature over what was said so far.</param>
public sealed record LinkChallenge(int Version, string Market, string Nonce, string Ephemeral, string Signature);

/// <summary>The worker's answer to <see cref="LinkChallenge"/>; frames follow.</summary>
/// <param name="Signature">The worker's signature over what was said so far.</param>
public sealed record LinkProof(string Signature);

/// <summary>
/// One message after the handshake. It has exactly one member besides <see cref="Call"/> and <see cref="More"/>, which says what it is.
/// </summary>
public sealed record LinkFrame
{
    /// <summary>Which of the worker's calls this is, or answers.</summary>
    public long? Call { get; init; }

    /// <summary>With <see cref="Orders"/>: more of them follow, under the same call.</summary>
    public bool? More { get; init; }

    /// <summary>A call: publishes an offer.</summary>
    public WorkerOffer? Offer { get; init; }

    /// <summary>A call: asks for leases.</summary>
    public WorkerPoll? Poll { get; init; }

    /// <summary>A call: results.</summary>
    public SignedReport? Report { get; init; }

    /// <summary>A call: the size of a blob.</summary>
    public FindBlobCall? Find { get; init; }

    /// <summary>A call: a value of the program's state.</summary>
    public ReadStateCall? Read { get; init; }

    /// <summary>A call: keys of the program's state.</summary>
    public ListStateCall? List { get; init; }

    /// <summary>A call: the root that changes would give.</summary>
    public StateRootCall? RootWith { get; init; }

    /// <summary>A call: what a member of committees signs.</summary>
    public CommitteeVotes? Vote { get; init; }

    /// <summary>From the worker: it is alive. From the market: so is the market.</summary>
    public LinkHeartbeat? Heartbeat { get; init; }

    /// <summary>From the market: the proof was accepted. Its first frame.</summary>
    public LinkReady? Ready { get; init; }

    /// <summary>Answers an offer.</summary>
    public WorkerWelcome? Welcome { get; init; }

    /// <summary>Answers a poll.</summary>
    public WorkerOrders? Orders { get; init; }

    /// <summary>Answers a report: the market has the results durably.</summary>
    public ReportTaken? Taken { get; init; }

    /// <summary>Answers <see cref="Find"/>.</summary>
    public BlobFound? Found { get; init; }

    /// <summary>Answers <see cref="Read"/>.</summary>
    public StateValue? Value { get; init; }

    /// <summary>Answers <see cref="List"/>.</summary>
    public StateKeys? Keys { get; init; }

    /// <summary>Answers <see cref="RootWith"/>.</summary>
    public StateRootAnswer? Root { get; init; }

    /// <summary>Answers <see cref="Vote"/>.</summary>
    public VotesTaken? Voted { get; init; }

    /// <summary>Answers a call that was refused; the connection stays.</summary>
    public CallRefused? Refused { get; init; }

    /// <summary>The other side may send more.</summary>
    public LinkCredit? Credit { get; init; }

    /// <summary>The last frame of its direction, and why.</summary>
    public LinkGoodbye? Goodbye { get; init; }
}

/// <summary>A report with what proves that it is the worker's.</summary>
/// <param name="Report">The results.</param>
/// <param name="Start">The start number of the worker's offer.</param>
/// <param name="Sequence">Counts the reports of a start; a later one has a greater number.</param>
/// <param name="Signature">Over the executions of the results (receipts/RECEIPT.md): 64 bytes; absent where none has any.</param>
public sealed record SignedReport(WorkerReport Report, long Start, long Sequence, string? Signature);

/// <summary>Asks for the size of a blob that a run may read.</summary>
/// <param name="Call">Which run asks.</param>
/// <param name="Blob">The blob.</param>
public sealed record FindBlobCall(LeaseCall Call, BlobId Blob);

/// <summary>Asks for a value.</summary>
/// <param name="Call">Which run asks.</param>
/// <param name="Key">Its key.</param>
public sealed record ReadStateCall(LeaseCall Call, ReadOnlyMemory<byte> Key);

/// <summary>Asks for keys.</summary>
/// <param name="Call">Which run asks.</param>
/// <param name="Prefix">How they begin.</param>
public sealed record ListStateCall(LeaseCall Call, ReadOnlyMemory<byte> Prefix);

/// <summary>Asks for the root that changes would give.</summary>
/// <param name="Call">Which run asks.</param>
/// <param name="Changes">The changes, ascending by key.</param>
public sealed record StateRootCall(LeaseCall Call, IReadOnlyList<StateChange> Changes);

/// <summary>A sign of life.</summary>
/// <param name="At">The sender's time.</param>
public sealed record LinkHeartbeat(DateTimeOffset At)
{
    /// <summary>From the worker: all leases that it has, and how far each has come.</summary>
    public IReadOnlyList<LeaseBeat>? Runs { get; init; }

    /// <summary>From the market, as an answer: those of the leases that are over.</summary>
    public IReadOnlyList<LeaseId>? Over { get; init; }
}

/// <summary>What the worker has to keep to.</summary>
/// <param name="Now">The market's time, by which requests over HTTP are dated.</param>
/// <param name="HeartbeatSeconds">The longest silence of a worker.</param>
public sealed record LinkReady(DateTimeOffset Now, int HeartbeatSeconds)
{
    /// <summary>The chain on which the market settles (EIP-155), above 0. Absent, as the contract is then: it settles on none.</summary>
    [JsonNumberHandling(JsonNumberHandling.AllowReadingFromString | JsonNumberHandling.WriteAsString)]
    public ulong? ChainId { get; init; }

    /// <summary>The contract there that checks what workers sign; not zero.</summary>
    public EvmAddress? Contract { get; init; }
}

/// <summary>The results are durable.</summary>
/// <param name="Sequence">Of the report.</param>
public sealed record ReportTaken(long Sequence)
{
    /// <summary>Those of the results that count for nothing and are not paid; null where there are none.</summary>
    public IReadOnlyList<RefusedResult>? Refused { get; init; }
}

/// <param name="Lease">The lease of the result.</param>
/// <param name="Reason">Why nothing of it counts.</param>
public sealed record RefusedResult(LeaseId Lease, string Reason);

/// <summary>The size of a blob.</summary>
/// <param name="Size">Null where the market does not have the blob, or the run may not read it.</param>
public sealed record BlobFound(long? Size);

/// <summary>A value of program state.</summary>
/// <param name="Value">Null where there is none.</param>
public sealed record StateValue(ReadOnlyMemory<byte>? Value);

/// <summary>Keys of program state.</summary>
/// <param name="Keys">Ascending.</param>
public sealed record StateKeys(IReadOnlyList<ReadOnlyMemory<byte>> Keys);

/// <summary>A root of program state.</summary>
/// <param name="Root">The root.</param>
public sealed record StateRootAnswer(StateRoot Root);

/// <summary>Why a call was refused.</summary>
/// <param name="Code">The closed list of the API's errors.</param>
/// <param name="Message">In a sentence.</param>
public sealed record CallRefused(ErrorCode Code, string Message);

/// <summary>How much more the other side may send.</summary>
/// <param name="Frames">Frames.</param>
/// <param name="Bytes">Bytes of their messages.</param>
public sealed record LinkCredit(int Frames, long Bytes);

/// <summary>The end of a connection.</summary>
/// <param name="Reason">Why.</param>
/// <param name="Message">In a sentence.</param>
public sealed record LinkGoodbye(LinkEnd Reason, string Message);
