using System.Collections.Immutable;

namespace Marketplace.GrainInterfaces;

/// <summary>A worker's key for committees (receipts/RECEIPT.md, "Certificates").</summary>
/// <param name="Key">A point of G1: 48 bytes.</param>
/// <param name="Possession">The proof that the worker has its secret: 96 bytes.</param>
/// <param name="Registration">The worker's Ed25519 signature that the key is its own: 64 bytes.</param>
[GenerateSerializer, Immutable, Alias("CommitteeKey")]
public sealed record CommitteeKey(
    [property: Id(0)] ReadOnlyMemory<byte> Key,
    [property: Id(1)] ReadOnlyMemory<byte> Possession,
    [property: Id(2)] ReadOnlyMemory<byte> Registration
);

/// <summary>What a market asks of a worker that serves in committees; default members ask nothing.</summary>
/// <param name="Share">An epoch whose randomness it is to give a share of; null: none.</param>
/// <param name="Windows">Receipts that it is to vote on.</param>
/// <param name="Settlement">A settlement that it is to sign; null: none.</param>
[GenerateSerializer, Immutable, Alias("CommitteeDuties")]
public sealed record CommitteeDuties(
    [property: Id(0)] ShareRequest? Share = null,
    [property: Id(1)] ImmutableArray<ReceiptWindow> Windows = default,
    [property: Id(2)] SettlementRequest? Settlement = null
);

/// <param name="Epoch">The epoch that is to begin.</param>
/// <param name="Eligible">The hash of its list (receipts/COMMITTEE.md), which the share binds.</param>
[GenerateSerializer, Immutable, Alias("ShareRequest")]
public sealed record ShareRequest([property: Id(0)] ulong Epoch, [property: Id(1)] Bytes32 Eligible);

/// <summary>Receipts of a moment, which the members of a committee sign together if they stand by each of them.</summary>
/// <param name="Number">Counts the windows of one start of the market.</param>
/// <param name="Epoch">Of the committee.</param>
/// <param name="Committee">The hash of its members (receipts/RECEIPT.md).</param>
/// <param name="Receipts">In the order of the batch's leaves.</param>
[GenerateSerializer, Immutable, Alias("ReceiptWindow")]
public sealed record ReceiptWindow(
    [property: Id(0)] long Number,
    [property: Id(1)] ulong Epoch,
    [property: Id(2)] Bytes32 Committee,
    [property: Id(3)] ImmutableArray<ReceiptDraft> Receipts
);

/// <summary>What a receipt says beside the execution, which each member knows from its own run.</summary>
/// <param name="Job">Whose receipt.</param>
/// <param name="Payer">Who pays.</param>
/// <param name="Seats">Who ran it, ascending by worker, without signatures.</param>
/// <param name="Assurance">Its canonical text.</param>
/// <param name="State">How the job ends, in snake_case.</param>
/// <param name="Fault">By whose fault, in snake_case.</param>
/// <param name="PriceLimit">What it was allowed to cost.</param>
/// <param name="Price">What it costs.</param>
/// <param name="Shares">Who gets how much of that.</param>
/// <param name="EndedAt">Nanoseconds since 1970.</param>
[GenerateSerializer, Immutable, Alias("ReceiptDraft")]
public sealed record ReceiptDraft(
    [property: Id(0)] JobId Job,
    [property: Id(1)] AccountId Payer,
    [property: Id(2)] ImmutableArray<JobSeat> Seats,
    [property: Id(3)] string Assurance,
    [property: Id(4)] string State,
    [property: Id(5)] string Fault,
    [property: Id(6)] TokenAmount PriceLimit,
    [property: Id(7)] TokenAmount Price,
    [property: Id(8)] ImmutableArray<PayeeAmount> Shares,
    [property: Id(9)] ulong EndedAt
);

/// <summary>A member's answer to a window.</summary>
/// <param name="Window">Which.</param>
/// <param name="Signature">BLS over the batch of all its receipts: 96 bytes; empty where it does not stand by some.</param>
/// <param name="Refused">Jobs whose receipts it does not stand by; default is none.</param>
[GenerateSerializer, Immutable, Alias("WindowVote")]
public sealed record WindowVote(
    [property: Id(0)] long Window,
    [property: Id(1)] ReadOnlyMemory<byte> Signature,
    [property: Id(2)] ImmutableArray<JobId> Refused = default
);

/// <summary>A member's share of an epoch's randomness.</summary>
/// <param name="Epoch">Which epoch.</param>
/// <param name="Share">BLS: 96 bytes.</param>
[GenerateSerializer, Immutable, Alias("CommitteeShare")]
public sealed record CommitteeShare([property: Id(0)] ulong Epoch, [property: Id(1)] ReadOnlyMemory<byte> Share);
