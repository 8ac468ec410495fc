using Marketplace.Crypto;
using Marketplace.Receipts;

namespace Marketplace.Chain;

/// <summary>
/// The chain on which a market settles, in the market's terms. What it answers was said by nodes that may lie, lag or fail: an
/// implementation refuses what contradicts itself, and its caller acts on blocks alone that are deep enough. Every read names its
/// block, so what is read together fits together. Each method throws <see cref="ChainException"/> where the chain cannot be asked now; it
/// may be called again. Sending is safe to repeat: a signed transaction has one hash.
/// </summary>
public interface IMarketChain
{
    /// <summary>What was chosen for ever when the contracts were created.</summary>
    Task<ChainTerms> ReadTerms(CancellationToken cancellation);

    /// <summary>The newest block.</summary>
    Task<ChainBlock> ReadHead(CancellationToken cancellation);

    /// <returns>The block of this number on the chain of now; null: there is none yet.</returns>
    Task<ChainBlock?> FindBlock(ulong number, CancellationToken cancellation);

    /// <summary>What the contracts said, in order.</summary>
    /// <param name="from">The first block.</param>
    /// <param name="to">The last block: it, and so all before it, must be on the chain, else the answer is refused.</param>
    /// <param name="cancellation">Gives up.</param>
    Task<IReadOnlyList<ChainEvent>> ReadEvents(ulong from, ChainBlock to, CancellationToken cancellation);

    /// <summary>What the escrow knows of accounts.</summary>
    /// <returns>One for each, in their order.</returns>
    Task<IReadOnlyList<ChainBalance>> ReadBalances(IReadOnlyList<EvmAddress> owners, ChainBlock at, CancellationToken cancellation);

    /// <summary>How far settlements are.</summary>
    Task<ChainBooks> ReadBooks(ChainBlock at, CancellationToken cancellation);

    /// <summary>The weights of members in an epoch of the registry, at most the next one.</summary>
    /// <returns>One for each, in their order; 0: it does not serve.</returns>
    Task<IReadOnlyList<TokenAmount>> ReadWeights(
        ulong epoch,
        IReadOnlyList<Bytes32> members,
        ChainBlock at,
        CancellationToken cancellation
    );

    /// <summary>The committee of an epoch of the registry, at most the next one: by it a list of members is known to be whole.</summary>
    Task<ChainCommittee> ReadCommittee(ulong epoch, ChainBlock at, CancellationToken cancellation);

    /// <summary>Who members are.</summary>
    /// <returns>One for each id, in their order; null: the registry does not know it.</returns>
    Task<IReadOnlyList<ChainMember?>> ReadMembers(IReadOnlyList<Bytes32> members, ChainBlock at, CancellationToken cancellation);

    /// <summary>How many transactions of the operator are in the blocks up to this one: the number of its next.</summary>
    Task<ulong> ReadNonce(ChainBlock at, CancellationToken cancellation);

    /// <summary>What a transaction costs now to be in one of the next blocks.</summary>
    Task<ChainFee> ReadFee(CancellationToken cancellation);

    /// <summary>The operator's transaction that settles. The same arguments give the same bytes.</summary>
    ChainTransaction Sign(SettlementOrder order, ulong nonce, ChainFee fee);

    /// <summary>Tells the chain of a transaction. That it was taken says nothing: ask for its block.</summary>
    Task Send(ReadOnlyMemory<byte> transaction, CancellationToken cancellation);

    /// <returns>The block that has the transaction now; null: none.</returns>
    Task<ChainInclusion?> FindInclusion(Bytes32 transaction, CancellationToken cancellation);
}

/// <summary>The chain cannot be asked now, or what it answered cannot be believed. Nothing was decided by it.</summary>
public sealed class ChainException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>What the contract said where it refuses; null: it did not.</summary>
    public AbiRevert? Refusal { get; init; }
}

/// <param name="Number">Counts from the chain's first block.</param>
/// <param name="Hash">Its id.</param>
/// <param name="Time">In seconds since 1970.</param>
public readonly record struct ChainBlock(ulong Number, Bytes32 Hash, ulong Time);

/// <summary>What a market's contracts were created with.</summary>
public sealed record ChainTerms
{
    public required ulong ChainId { get; init; }

    public required EvmAddress Escrow { get; init; }

    public required EvmAddress Registry { get; init; }

    public required EvmAddress Token { get; init; }

    /// <summary>How amounts are shown: a token has 10 to this power base units.</summary>
    public required byte Decimals { get; init; }

    public required string Symbol { get; init; }

    /// <summary>The market's public key.</summary>
    public required Bytes32 Market { get; init; }

    /// <summary>The block in which the escrow was created: no event is earlier.</summary>
    public required ulong CreatedIn { get; init; }

    /// <summary>When epoch 0 of the registry began, in seconds since 1970.</summary>
    public required ulong EpochsBegan { get; init; }

    public required TimeSpan EpochLength { get; init; }

    /// <summary>How long a stake that was taken back can still be slashed.</summary>
    public required TimeSpan UnbondingDelay { get; init; }

    /// <summary>The fewest members of a committee that can settle.</summary>
    public required ulong CommitteeMin { get; init; }

    /// <summary>After how long without a settlement anybody may close the escrow.</summary>
    public required TimeSpan ExitDelay { get; init; }

    /// <summary>The epoch of a moment, in seconds since 1970.</summary>
    public ulong EpochAt(ulong time) => (time - EpochsBegan) / (ulong)EpochLength.TotalSeconds;
}

/// <summary>What a contract of the market said in a block.</summary>
/// <param name="Block">Its number.</param>
public abstract record ChainEvent(ulong Block);

/// <summary>Something of an account changed: its deposits, its request, what it withdrew or claimed.</summary>
public sealed record AccountTouched(ulong Block, EvmAddress Owner) : ChainEvent(Block);

/// <summary>A worker serves in the committee from the next epoch on.</summary>
/// <param name="Member">Its id in the registry.</param>
/// <param name="Worker">As the owner says it.</param>
/// <param name="Key">Possession of which the registry has checked.</param>
public sealed record MemberRegistered(ulong Block, Bytes32 Member, WorkerId Worker, BlsPublicKey Key) : ChainEvent(Block);

/// <summary>A member's stake was increased, or is being taken back.</summary>
/// <param name="Member">Its id in the registry.</param>
public sealed record StakeTouched(ulong Block, Bytes32 Member) : ChainEvent(Block);

/// <summary>A member was slashed, which happens to it once: it never serves again, and what it had came to the escrow.</summary>
/// <param name="Member">Its id in the registry.</param>
/// <param name="Harmed">The account that the evidence names as harmed; null: all are.</param>
/// <param name="Job">The job whose receipts contradict each other; null: settlements do.</param>
/// <param name="Amount">What came to the escrow.</param>
public sealed record MemberSlashed(ulong Block, Bytes32 Member, AccountId? Harmed, JobId? Job, TokenAmount Amount) : ChainEvent(Block);

/// <param name="Worker">As its owner says it.</param>
/// <param name="Key">Possession of which the registry has checked.</param>
public sealed record ChainMember(WorkerId Worker, BlsPublicKey Key);

/// <param name="Members">How many serve.</param>
/// <param name="Weight">The sum of their stakes.</param>
public readonly record struct ChainCommittee(ulong Members, TokenAmount Weight);

/// <summary>What the escrow knows of an account; see contracts/evm/src/IEscrow.sol.</summary>
/// <param name="Deposited">In all.</param>
/// <param name="Withdrawn">Of the deposits, in all.</param>
/// <param name="Claimed">Of the earnings, in all.</param>
/// <param name="Requested">What the open request asks for; 0: there is none.</param>
/// <param name="RequestedBlock">The block of the request.</param>
public sealed record ChainBalance(
    TokenAmount Deposited,
    TokenAmount Withdrawn,
    TokenAmount Claimed,
    TokenAmount Requested,
    ulong RequestedBlock
);

/// <summary>How far settlements are.</summary>
/// <param name="Last">The last settlement; null: there was none.</param>
/// <param name="IsClosed">No settlement comes any more.</param>
/// <param name="Compensated">What was slashed, in all.</param>
/// <param name="Operator">Who may settle.</param>
/// <param name="SettledAt">When the last settlement came, or, where there was none, the escrow was created; in seconds since 1970.</param>
public sealed record ChainBooks(Settlement? Last, bool IsClosed, TokenAmount Compensated, EvmAddress Operator, ulong SettledAt);

/// <summary>What a transaction offers for a unit of gas, in wei (EIP-1559).</summary>
/// <param name="Most">In all.</param>
/// <param name="Tip">For the one who makes the block.</param>
public readonly record struct ChainFee(UInt128 Most, UInt128 Tip);

/// <summary>What the operator sends.</summary>
/// <param name="Settlement">What the members have signed.</param>
/// <param name="Absentees">The ids of the members that have not, ascending.</param>
/// <param name="Signature">The sum of the signatures of all others.</param>
public sealed record SettlementOrder(Settlement Settlement, IReadOnlyList<Bytes32> Absentees, BlsSignature Signature);

/// <param name="Hash">Its id.</param>
/// <param name="Bytes">As the chain takes it.</param>
public sealed record ChainTransaction(Bytes32 Hash, ReadOnlyMemory<byte> Bytes);

/// <param name="Block">Which has it.</param>
/// <param name="HasSucceeded">False: it was reverted, and has changed nothing but the nonce.</param>
/// <param name="GasUsed">What it took.</param>
public sealed record ChainInclusion(ChainBlock Block, bool HasSucceeded, ulong GasUsed);
