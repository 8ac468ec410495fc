using System.Collections.Immutable;

namespace Marketplace.GrainInterfaces;

/// <summary>The epochs of one market's committees (receipts/COMMITTEE.md). Key: <see cref="MarketLimits.CommitteesKey"/>.</summary>
[Alias("ICommitteeGrain")]
public interface ICommitteeGrain : IGrainWithStringKey
{
    /// <summary>
    /// A worker serves in committees with this key from the next epoch on, if enough is at stake for it. The same again changes nothing;
    /// another key takes the place of the one before. The caller has checked possession and registration.
    /// </summary>
    [Effect(Effect.Idempotent), Alias("Register")]
    Task Register(WorkerId worker, CommitteeKey key, Authority by);

    /// <summary>The epoch of this moment, with its members in the order in which they were drawn; null where there is none yet.</summary>
    [Effect(Effect.None), AlwaysInterleave, Alias("GetCurrent")]
    Task<EpochRoster?> GetCurrent();

    /// <summary>An epoch that had begun; null where there was none, or it is no longer kept.</summary>
    [Effect(Effect.None), AlwaysInterleave, Alias("Get")]
    Task<EpochRoster?> Get(ulong epoch);

    /// <summary>
    /// The epoch for which shares are collected now, and whose are missing. The market asks this in each of its rounds of maintenance and
    /// passes the request on to those workers. Null: none are.
    /// </summary>
    [Effect(Effect.None), AlwaysInterleave, Alias("GetCollection")]
    Task<ShareCollection?> GetCollection();

    /// <summary>A worker's share of an epoch's randomness. One that does not hold, or is late, changes nothing.</summary>
    [Effect(Effect.Idempotent), Alias("Share")]
    Task Share(WorkerId worker, CommitteeShare share, Authority by);

    /// <summary>All epochs that are kept, newest first, and the one whose shares are collected.</summary>
    [Effect(Effect.None), AlwaysInterleave, Alias("List")]
    Task<ImmutableArray<EpochSummary>> List();

    /// <summary>What the market publishes of an epoch once its shares are closed: a file by receipts/COMMITTEE.md.</summary>
    /// <exception cref="MarketException"><see cref="ErrorCode.EpochNotFound"/>: there is none, or it is no longer kept.</exception>
    [Effect(Effect.None), AlwaysInterleave, Alias("GetFile")]
    Task<ReadOnlyMemory<byte>> GetFile(ulong epoch);
}

/// <summary>How far an epoch is.</summary>
public enum EpochPhase
{
    /// <summary>Its list is fixed, and shares are collected.</summary>
    Collecting = 0,

    /// <summary>Its members serve.</summary>
    Running = 1,

    /// <summary>Another one has taken its place.</summary>
    Over = 2,

    /// <summary>Too few gave a share: it has no members, and the one before went on.</summary>
    NotDrawn = 3,
}

/// <param name="Epoch">Its number, from 1.</param>
/// <param name="Phase">How far it is.</param>
/// <param name="Listed">Workers that could become members.</param>
/// <param name="Shares">Those that gave a share; 0 while they are collected.</param>
/// <param name="At">When its shares were closed, and it began if it did; null: not yet.</param>
/// <param name="Until">When the next one is to begin; null: it is not running. An epoch goes on until the next one has members.</param>
[GenerateSerializer, Immutable, Alias("EpochSummary")]
public sealed record EpochSummary(
    [property: Id(0)] ulong Epoch,
    [property: Id(1)] EpochPhase Phase,
    [property: Id(2)] int Listed,
    [property: Id(3)] int Shares,
    [property: Id(4)] DateTimeOffset? At,
    [property: Id(5)] DateTimeOffset? Until
);

/// <param name="Request">What is asked of each.</param>
/// <param name="Missing">Of whom.</param>
[GenerateSerializer, Immutable, Alias("ShareCollection")]
public sealed record ShareCollection([property: Id(0)] ShareRequest Request, [property: Id(1)] ImmutableArray<WorkerId> Missing);

/// <summary>An epoch that has begun.</summary>
/// <param name="Epoch">Its number, from 1.</param>
/// <param name="Drawn">All that gave a share, in the order of the draw: the committee of n is the first n.</param>
/// <param name="Until">When the next one is to begin.</param>
/// <param name="SignsUntil">
/// Its members sign nothing any more from then on, whether or not the next one has begun: what is at stake for them on the chain covers it
/// no longer. Null: this does not end.
/// </param>
[GenerateSerializer, Immutable, Alias("EpochRoster")]
public sealed record EpochRoster(
    [property: Id(0)] ulong Epoch,
    [property: Id(1)] ImmutableArray<RosterMember> Drawn,
    [property: Id(2)] DateTimeOffset Until,
    [property: Id(3)] DateTimeOffset? SignsUntil
);

/// <param name="Worker">Its key.</param>
/// <param name="Key">What it signs with in committees.</param>
/// <param name="Weight">What its vote weighs.</param>
[GenerateSerializer, Immutable, Alias("RosterMember")]
public sealed record RosterMember(
    [property: Id(0)] WorkerId Worker,
    [property: Id(1)] CommitteeKey Key,
    [property: Id(2)] TokenAmount Weight
);

/// <summary>What a committee signed, once and for all. Key: the root of the batch in 64 hexadecimal digits.</summary>
[Alias("ICertificateGrain")]
public interface ICertificateGrain : IGrainWithStringKey
{
    /// <summary>Keeps a certificate; the first one stays, as each of them is as good.</summary>
    [Effect(Effect.Deduplicated), Alias("Put")]
    Task Put(BatchCertificate certificate, Authority by);

    /// <summary>Null where there is none.</summary>
    [Effect(Effect.None), AlwaysInterleave, Alias("Get")]
    Task<BatchCertificate?> Get();

    /// <summary>Notes in which batch of certificates it stands: one, for ever.</summary>
    /// <param name="batch">Its number, from 1.</param>
    /// <param name="by">The part of the marketplace that asks.</param>
    [Effect(Effect.Deduplicated), Alias("Join")]
    Task Join(ulong batch, Authority by);

    /// <summary>The proof that it stands in the market's ledger: a <c>.batch.json</c> by receipts/LEDGER.md.</summary>
    /// <param name="caller">As for the ledger: any key with <see cref="Scopes.Read"/>.</param>
    /// <exception cref="MarketException"><see cref="ErrorCode.BatchNotFound"/>: there is none with this root, or it does not stand in the
    /// ledger yet; <see cref="ErrorCode.Forbidden"/>.</exception>
    [Effect(Effect.None), Alias("Prove")]
    Task<ReadOnlyMemory<byte>> Prove(Caller caller);
}

/// <summary>The signature of a committee over a batch of receipts.</summary>
/// <param name="Epoch">Of the committee.</param>
/// <param name="Members">In the committee's order.</param>
/// <param name="Signers">Bit i stands for member i.</param>
/// <param name="Signature">The sum of their BLS signatures: 96 bytes.</param>
[GenerateSerializer, Immutable, Alias("BatchCertificate")]
public sealed record BatchCertificate(
    [property: Id(0)] ulong Epoch,
    [property: Id(1)] ImmutableArray<RosterMember> Members,
    [property: Id(2)] ulong Signers,
    [property: Id(3)] ReadOnlyMemory<byte> Signature
);
