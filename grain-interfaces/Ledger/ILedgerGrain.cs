using System.Collections.Immutable;

namespace Marketplace.GrainInterfaces;

/// <summary>
/// The signed history of an account, a worker or a market: operations that are only appended, by receipts/LEDGER.md. Key: the namespace.
/// </summary>
[Alias("ILedgerGrain")]
public interface ILedgerGrain : IGrainWithStringKey
{
    /// <summary>
    /// Appends what happened, in this order, with the market as author: it numbers and signs. A change that was told before is not
    /// appended again.
    /// </summary>
    /// <param name="changes">At most <see cref="MarketLimits.LedgerChangesMax"/>, each of a kind that <paramref name="by"/> tells.</param>
    /// <param name="by">The part of the marketplace in which it happened.</param>
    /// <exception cref="MarketException"><see cref="ErrorCode.Forbidden"/>, <see cref="ErrorCode.LimitExceeded"/>,
    /// <see cref="ErrorCode.MalformedRequest"/>: nothing was appended.</exception>
    [Effect(Effect.Deduplicated), Alias("Append")]
    Task Append(ImmutableArray<LedgerChange> changes, Authority by);

    /// <summary>
    /// Appends an operation that the owner of the namespace has numbered and signed itself, once: a worker's offer. Another one under the
    /// same epoch and sequence is appended too, and is a fork.
    /// </summary>
    /// <exception cref="MarketException"><see cref="ErrorCode.Forbidden"/>: the author is not the owner, or its signature does not hold;
    /// <see cref="ErrorCode.MalformedRequest"/>.</exception>
    [Effect(Effect.Deduplicated), Alias("AppendSigned")]
    Task<LedgerPlace> AppendSigned(LedgerStatement statement, Authority by);

    /// <summary>The head, signed now by the market: a <c>.head.json</c>.</summary>
    /// <param name="caller">Ledgers of accounts are for keys of the account and of the operator, all others for any key with
    /// <see cref="Scopes.Read"/>.</param>
    /// <exception cref="MarketException"><see cref="ErrorCode.Forbidden"/>.</exception>
    [Effect(Effect.None), Alias("GetHead")]
    Task<ReadOnlyMemory<byte>> GetHead(Caller caller);

    /// <summary>Records from an index on: each a line of a <c>.ledger.jsonl</c>.</summary>
    /// <param name="caller">As for <see cref="GetHead"/>.</param>
    /// <param name="from">The first index.</param>
    /// <param name="count">How many at most; fewer come where they would be too many bytes, and none beyond the last.</param>
    /// <exception cref="MarketException"><see cref="ErrorCode.Forbidden"/>, <see cref="ErrorCode.LimitExceeded"/>.</exception>
    [Effect(Effect.None), Alias("List")]
    Task<ImmutableArray<ReadOnlyMemory<byte>>> List(Caller caller, long from, int count);

    /// <summary>The proof that the record is among the first <paramref name="size"/>.</summary>
    /// <param name="caller">As for <see cref="GetHead"/>.</param>
    /// <param name="index">The record's.</param>
    /// <param name="size">Null: all that there are.</param>
    /// <exception cref="MarketException"><see cref="ErrorCode.Forbidden"/>, <see cref="ErrorCode.LimitExceeded"/>.</exception>
    [Effect(Effect.None), Alias("Prove")]
    Task<ReadOnlyMemory<byte>> Prove(Caller caller, long index, long? size);

    /// <summary>The proof that the first records are the beginning of more.</summary>
    /// <param name="caller">As for <see cref="GetHead"/>.</param>
    /// <param name="from">How many were there.</param>
    /// <param name="to">How many came to be there; null: all that there are.</param>
    /// <exception cref="MarketException"><see cref="ErrorCode.Forbidden"/>, <see cref="ErrorCode.LimitExceeded"/>.</exception>
    [Effect(Effect.None), Alias("ProveBeginning")]
    Task<ReadOnlyMemory<byte>> ProveBeginning(Caller caller, long from, long? to);

    /// <summary>The newest operation of a kind; null where there is none.</summary>
    [Effect(Effect.None), Alias("FindNewest")]
    Task<LedgerNewest?> FindNewest(string kind);
}

/// <summary>What happened, as its part of the marketplace tells it.</summary>
/// <param name="Change">Names it: the same each time that it is told.</param>
/// <param name="Kind">A kind of receipts/LEDGER.md.</param>
/// <param name="Time">When: nanoseconds since 1970, UTC.</param>
/// <param name="Words">What there is to say of it.</param>
[GenerateSerializer, Immutable, Alias("LedgerChange")]
public sealed record LedgerChange(
    [property: Id(0)] Bytes32 Change,
    [property: Id(1)] string Kind,
    [property: Id(2)] ulong Time,
    [property: Id(3)] ImmutableArray<ChangeWord> Words
);

[GenerateSerializer, Immutable, Alias("ChangeWord")]
public readonly record struct ChangeWord([property: Id(0)] string Name, [property: Id(1)] string Value);

/// <summary>An operation that another than the market has signed.</summary>
/// <param name="Author">Its key.</param>
/// <param name="Epoch">Its incarnation.</param>
/// <param name="Sequence">Counts its operations of the epoch from 1.</param>
/// <param name="Change">What happened.</param>
/// <param name="Signature">Ed25519 over the operation's digest.</param>
[GenerateSerializer, Immutable, Alias("LedgerStatement")]
public sealed record LedgerStatement(
    [property: Id(0)] Bytes32 Author,
    [property: Id(1)] ulong Epoch,
    [property: Id(2)] ulong Sequence,
    [property: Id(3)] LedgerChange Change,
    [property: Id(4)] ReadOnlyMemory<byte> Signature
);

/// <param name="Index">Where the operation stands.</param>
/// <param name="ForkOf">Where an earlier one stands that its author gave the same numbers; null: there is none.</param>
[GenerateSerializer, Immutable, Alias("LedgerPlace")]
public readonly record struct LedgerPlace([property: Id(0)] long Index, [property: Id(1)] long? ForkOf);

/// <param name="Index">Where it stands.</param>
/// <param name="Subject">The words that it says.</param>
[GenerateSerializer, Immutable, Alias("LedgerNewest")]
public sealed record LedgerNewest([property: Id(0)] long Index, [property: Id(1)] ImmutableArray<ChangeWord> Subject);
