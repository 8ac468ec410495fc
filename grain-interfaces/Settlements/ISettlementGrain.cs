using System.Collections.Immutable;

namespace Marketplace.GrainInterfaces;

/// <summary>
/// What a market and its contracts on the chain say to each other: deposits come into the books, and the books come to the chain. A market
/// that settles nowhere has none. Key: <see cref="MarketLimits.SettlementKey"/>.
/// </summary>
[Alias("ISettlementGrain")]
public interface ISettlementGrain : IGrainWithStringKey
{
    /// <summary>Begins to follow the chain; a silo asks at its start and from time to time. The same again changes nothing.</summary>
    [Effect(Effect.Idempotent), Alias("Follow")]
    Task Follow(Authority by);

    /// <summary>How far it is, from memory: also while the chain does not answer.</summary>
    [Effect(Effect.None), AlwaysInterleave, Alias("GetStatus")]
    Task<SettlementStatus> GetStatus();

    /// <summary>
    /// The settlement for which signatures are collected now, and whose are missing. The market asks this in each of its rounds of
    /// maintenance and passes the request on to those workers. Null: none are.
    /// </summary>
    [Effect(Effect.None), AlwaysInterleave, Alias("GetCollection")]
    Task<SettlementCollection?> GetCollection();

    /// <summary>
    /// Who has what at stake on the chain, by the last block that was counted: a chain that does not answer leaves what was known. Each
    /// serves in the registry's running epoch and in its next; who joins is not there before it serves, and who leaves or was slashed is
    /// there no more.
    /// </summary>
    [Effect(Effect.None), AlwaysInterleave, Alias("GetStakes")]
    Task<ChainStakeList> GetStakes();

    /// <summary>A member's signature of a settlement. One that does not hold, or is late, changes nothing.</summary>
    [Effect(Effect.Idempotent), AlwaysInterleave, Alias("Vote")]
    Task Vote(WorkerId worker, SettlementVote vote, Authority by);

    /// <summary>
    /// A part of a settlement's file (receipts/SETTLEMENT.md): of the one that is under way, or of an earlier one that is kept.
    /// </summary>
    /// <param name="number">Which settlement.</param>
    /// <param name="part">From 0.</param>
    /// <returns>Empty behind the last part.</returns>
    /// <exception cref="MarketException"><see cref="ErrorCode.SettlementNotFound"/>.</exception>
    [Effect(Effect.None), AlwaysInterleave, Alias("GetFile")]
    Task<ReadOnlyMemory<byte>> GetFile(ulong number, int part);

    /// <summary>
    /// Says which address stands for the caller's account on the chain, for ever: deposits for it are the account's, and it claims what the
    /// account has earned. The same again changes nothing.
    /// </summary>
    /// <param name="caller">A key of the account, with <see cref="Scopes.Read"/>: the account's own key has signed.</param>
    /// <param name="owner">The address.</param>
    /// <param name="byAccount">By the account's own key, of the digest of `AccountOwner` (receipts/SETTLEMENT.md): Ed25519, 64
    /// bytes.</param>
    /// <param name="byOwner">By the address's key, of the same digest: r, s and v, 65 bytes.</param>
    /// <exception cref="MarketException"><see cref="ErrorCode.SettlementNotFound"/>: the market settles nowhere; <see
    /// cref="ErrorCode.SignatureRefused"/>; <see cref="ErrorCode.Forbidden"/>: the address stands
    /// for another account, or the account has another address.</exception>
    [Effect(Effect.Idempotent), Alias("Bind")]
    Task<ChainAccount> Bind(Caller caller, EvmAddress owner, ReadOnlyMemory<byte> byAccount, ReadOnlyMemory<byte> byOwner);

    /// <summary>What the books know of an account on the chain; null: no address stands for it.</summary>
    /// <exception cref="MarketException"><see cref="ErrorCode.SettlementNotFound"/>: the market settles nowhere.</exception>
    [Effect(Effect.None), AlwaysInterleave, Alias("FindAccount")]
    Task<ChainAccount?> FindAccount(AccountId account);
}

/// <summary>How far a settlement is.</summary>
public enum SettlementPhase
{
    /// <summary>There is none under way.</summary>
    Resting = 0,

    /// <summary>Members of the committee are asked for their signatures.</summary>
    Signing = 1,

    /// <summary>It is signed, and its transaction is sent until it is in a block that is deep enough.</summary>
    Sending = 2,

    /// <summary>The escrow is closed: none comes any more.</summary>
    Closed = 3,
}

/// <param name="Stakes">One for each that has something at stake.</param>
/// <param name="CoveredUntil">
/// Until when its stake covers what a member signs, if it was taken back the moment after it was known here: then half of the
/// contracts' unbonding delay has passed, and the other half is left to show what was wrong. Null: no stakes were ever known.
/// </param>
[GenerateSerializer, Immutable, Alias("ChainStakeList")]
public sealed record ChainStakeList([property: Id(0)] ImmutableArray<ChainStake> Stakes, [property: Id(1)] DateTimeOffset? CoveredUntil);

/// <param name="Worker">As its owner on the chain says it: it counts only where the worker itself has registered the key.</param>
/// <param name="Key">The BLS key of which the registry has checked possession: 48 bytes.</param>
/// <param name="Stake">What counts; not 0.</param>
[GenerateSerializer, Immutable, Alias("ChainStake")]
public sealed record ChainStake(
    [property: Id(0)] WorkerId Worker,
    [property: Id(1)] ReadOnlyMemory<byte> Key,
    [property: Id(2)] TokenAmount Stake
);

/// <summary>How the market and the chain stand.</summary>
[GenerateSerializer, Immutable, Alias("SettlementStatus")]
public sealed record SettlementStatus
{
    [Id(0)]
    public required ulong ChainId { get; init; }

    [Id(1)]
    public required EvmAddress Escrow { get; init; }

    /// <summary>The newest block that was seen; 0: none yet.</summary>
    [Id(2)]
    public required ulong Head { get; init; }

    /// <summary>The last block whose deposits and requests are in the books.</summary>
    [Id(3)]
    public required ulong Counted { get; init; }

    [Id(4)]
    public required SettlementPhase Phase { get; init; }

    /// <summary>The number of the last settlement that is deep enough in the chain; 0: there is none.</summary>
    [Id(5)]
    public required ulong Settled { get; init; }

    /// <summary>What is under way; null: nothing.</summary>
    [Id(6)]
    public OpenSettlement? Open { get; init; }

    /// <summary>Those that are deep enough, newest first.</summary>
    [Id(7)]
    public required ImmutableArray<PastSettlement> Past { get; init; }

    /// <summary>Why it does not go on now, for the operator; null: it does.</summary>
    [Id(8)]
    public string? Trouble { get; init; }

    /// <summary>Addresses that stand for accounts, or have deposited.</summary>
    [Id(9)]
    public required int Accounts { get; init; }

    /// <summary>Members of the committee on the chain in the registry's last, running or next epoch.</summary>
    [Id(10)]
    public required int Members { get; init; }

    /// <summary>In what it pays; null: the chain has not answered yet.</summary>
    [Id(11)]
    public SettlementToken? Token { get; init; }
}

/// <summary>The token of a market's contracts.</summary>
/// <param name="Address">Its contract.</param>
/// <param name="Symbol">As it calls itself.</param>
/// <param name="Decimals">A token has 10 to this power base units.</param>
[GenerateSerializer, Immutable, Alias("SettlementToken")]
public sealed record SettlementToken(
    [property: Id(0)] EvmAddress Address,
    [property: Id(1)] string Symbol,
    [property: Id(2)] byte Decimals
);

/// <param name="Number">Its number.</param>
/// <param name="Epoch">Whose committee signs.</param>
/// <param name="Signed">Members whose signatures are there.</param>
/// <param name="Asked">Members of the committee.</param>
/// <param name="Transactions">The hashes of those that were sent for it, newest first.</param>
[GenerateSerializer, Immutable, Alias("OpenSettlement")]
public sealed record OpenSettlement(
    [property: Id(0)] ulong Number,
    [property: Id(1)] ulong Epoch,
    [property: Id(2)] int Signed,
    [property: Id(3)] int Asked,
    [property: Id(4)] ImmutableArray<Bytes32> Transactions
);

/// <param name="Number">Its number.</param>
/// <param name="Epoch">Whose committee has signed.</param>
/// <param name="Accounts">Rows.</param>
/// <param name="Receipts">Receipts, or batches of them, that it names.</param>
/// <param name="Earned">By all accounts, since the first settlement.</param>
/// <param name="Spent">By all accounts, since the first settlement.</param>
/// <param name="Transaction">Which has settled it; zero: another one than the market's own.</param>
[GenerateSerializer, Immutable, Alias("PastSettlement")]
public sealed record PastSettlement(
    [property: Id(0)] ulong Number,
    [property: Id(1)] ulong Epoch,
    [property: Id(2)] int Accounts,
    [property: Id(3)] int Receipts,
    [property: Id(4)] TokenAmount Earned,
    [property: Id(5)] TokenAmount Spent,
    [property: Id(6)] Bytes32 Transaction
);

/// <param name="Number">Which settlement.</param>
/// <param name="Epoch">Whose committee signs.</param>
/// <param name="Hash">Of the struct that the file has: a member signs no other.</param>
[GenerateSerializer, Immutable, Alias("SettlementRequest")]
public sealed record SettlementRequest([property: Id(0)] ulong Number, [property: Id(1)] ulong Epoch, [property: Id(2)] Bytes32 Hash);

/// <param name="Request">What is asked of each.</param>
/// <param name="Missing">Of whom.</param>
[GenerateSerializer, Immutable, Alias("SettlementCollection")]
public sealed record SettlementCollection([property: Id(0)] SettlementRequest Request, [property: Id(1)] ImmutableArray<WorkerId> Missing);

/// <summary>A member's signature of a settlement.</summary>
/// <param name="Number">Which.</param>
/// <param name="Epoch">Whose committee signs.</param>
/// <param name="Signature">BLS: 96 bytes.</param>
[GenerateSerializer, Immutable, Alias("SettlementVote")]
public sealed record SettlementVote(
    [property: Id(0)] ulong Number,
    [property: Id(1)] ulong Epoch,
    [property: Id(2)] ReadOnlyMemory<byte> Signature
);

/// <summary>An account as the books have it, on its way to and from the chain.</summary>
/// <param name="Account">The market's account.</param>
/// <param name="Owner">The address that stands for it.</param>
/// <param name="Deposited">What is deposited for it and not withdrawn, by the last block that is counted.</param>
/// <param name="Booked">What of that is in its books.</param>
/// <param name="Requested">The withdrawal that it has asked for; 0: none.</param>
/// <param name="Claimed">What it has claimed of its earnings.</param>
[GenerateSerializer, Immutable, Alias("ChainAccount")]
public sealed record ChainAccount(
    [property: Id(0)] AccountId Account,
    [property: Id(1)] EvmAddress Owner,
    [property: Id(2)] TokenAmount Deposited,
    [property: Id(3)] TokenAmount Booked,
    [property: Id(4)] TokenAmount Requested,
    [property: Id(5)] TokenAmount Claimed
);
