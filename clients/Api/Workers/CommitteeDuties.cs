using System.Text.Json.Serialization;

namespace Marketplace.Api.Workers;

/// <summary>A worker's key for committees (receipts/RECEIPT.md).</summary>
/// <param name="Key">A BLS public key: 48 bytes.</param>
/// <param name="Possession">The proof that the worker has its secret: 96 bytes.</param>
/// <param name="Registration">The worker's Ed25519 signature that the key is its own, at this market: 64 bytes.</param>
public sealed record CommitteeKey(ReadOnlyMemory<byte> Key, ReadOnlyMemory<byte> Possession, ReadOnlyMemory<byte> Registration);

/// <summary>What a market asks of a worker that serves in committees.</summary>
public sealed record CommitteeDuties
{
    /// <summary>An epoch whose randomness it is to give a share of. Absent: none.</summary>
    public ShareRequest? Share { get; init; }

    /// <summary>Receipts that it is to vote on, at most 64 windows. Absent: none.</summary>
    public IReadOnlyList<ReceiptWindow>? Windows { get; init; }

    /// <summary>A settlement that it is to sign, as a member of the committee on the chain. Absent: none.</summary>
    public SettlementRequest? Settlement { get; init; }
}

/// <param name="Epoch">The epoch that is to begin.</param>
/// <param name="Eligible">The hash of the list of its members (receipts/COMMITTEE.md).</param>
public sealed record ShareRequest(ulong Epoch, Bytes32 Eligible);

/// <summary>Receipts of a moment, which the members of a committee sign together if they stand by each of them.</summary>
/// <param name="Number">Counts the windows of one start of the market.</param>
/// <param name="Epoch">Of the committee.</param>
/// <param name="Committee">The hash of the list of its members (receipts/RECEIPT.md).</param>
/// <param name="Receipts">In the order of the batch's leaves, 1 to 256.</param>
public sealed record ReceiptWindow(long Number, ulong Epoch, Bytes32 Committee, IReadOnlyList<ReceiptDraft> Receipts);

/// <summary>What a receipt says beside the execution, which each member knows from its own run. Names are those of receipts.</summary>
/// <param name="Job">Whose receipt.</param>
/// <param name="Payer">Who pays.</param>
/// <param name="Seats">Who ran it, ascending by worker.</param>
/// <param name="Assurance">Its canonical text.</param>
/// <param name="State">How the job ends.</param>
/// <param name="Fault">By whose fault.</param>
/// <param name="PriceLimit">What it was allowed to cost.</param>
/// <param name="Price">What it costs.</param>
/// <param name="Shares">Who gets how much of that.</param>
/// <param name="EndedAt">Nanoseconds since 1970: decimal digits in a string, as it is beyond 2^53.</param>
public sealed record ReceiptDraft(
    JobId Job,
    AccountId Payer,
    IReadOnlyList<ReceiptSeat> Seats,
    string Assurance,
    string State,
    string Fault,
    TokenAmount PriceLimit,
    TokenAmount Price,
    IReadOnlyList<ReceiptShare> Shares,
    [property: JsonNumberHandling(JsonNumberHandling.AllowReadingFromString | JsonNumberHandling.WriteAsString)] ulong EndedAt
);

/// <param name="Worker">A worker that ran the job with the receipt's result.</param>
/// <param name="UnitPrice">What was agreed with it for a million fuel.</param>
public sealed record ReceiptSeat(WorkerId Worker, TokenAmount UnitPrice);

/// <param name="Account">Who is paid.</param>
/// <param name="Amount">How much of the price.</param>
public sealed record ReceiptShare(AccountId Account, TokenAmount Amount);

/// <summary>A settlement that the member is to sign (receipts/SETTLEMENT.md). Its file is read over HTTP.</summary>
/// <param name="Number">Which settlement.</param>
/// <param name="Epoch">Whose committee signs: an epoch of the registry on the chain.</param>
/// <param name="Hash">Of the struct that the file has.</param>
public sealed record SettlementRequest(ulong Number, ulong Epoch, Bytes32 Hash);

/// <summary>What a worker signs for committees. It repeats them until they are taken.</summary>
/// <param name="Worker">Who votes.</param>
public sealed record CommitteeVotes(WorkerId Worker)
{
    /// <summary>Answers to windows, at most 64.</summary>
    public IReadOnlyList<WindowVote>? Votes { get; init; }

    /// <summary>Shares of epochs' randomness, at most 1.</summary>
    public IReadOnlyList<EpochShare>? Shares { get; init; }

    /// <summary>The signature of a settlement that the market has asked for.</summary>
    public SettlementVote? Settlement { get; init; }
}

/// <summary>A member's answer to a window: a signature, or which receipts it does not stand by.</summary>
/// <param name="Window">Its number.</param>
public sealed record WindowVote(long Window)
{
    /// <summary>BLS over the batch of all its receipts: 96 bytes. Absent where it does not stand by some.</summary>
    public ReadOnlyMemory<byte>? Signature { get; init; }

    /// <summary>Jobs of the window whose receipts it does not stand by. Absent where it signs.</summary>
    public IReadOnlyList<JobId>? Refused { get; init; }
}

/// <summary>A worker's share of an epoch's randomness.</summary>
/// <param name="Epoch">Which epoch.</param>
/// <param name="Share">BLS: 96 bytes.</param>
public sealed record EpochShare(ulong Epoch, ReadOnlyMemory<byte> Share);

/// <summary>A member's signature of a settlement.</summary>
/// <param name="Number">Which settlement.</param>
/// <param name="Epoch">Whose committee signs: an epoch of the registry on the chain.</param>
/// <param name="Signature">BLS: 96 bytes.</param>
public sealed record SettlementVote(ulong Number, ulong Epoch, ReadOnlyMemory<byte> Signature);

/// <summary>The market has the votes. It says nothing of what they count.</summary>
public sealed record VotesTaken;
