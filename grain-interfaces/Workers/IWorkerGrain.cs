using System.Collections.Immutable;

namespace Marketplace.GrainInterfaces;

/// <summary>
/// A worker's identity and offer, as it last registered, and what its leases allow it. Heartbeats never write. Polls and reports go to
/// <see cref="IMarketGrain"/>; all else that a run asks for comes here and names its lease. Key: <see cref="WorkerId"/>.
/// </summary>
[Alias("IWorkerGrain")]
public interface IWorkerGrain : IGrainWithStringKey
{
    /// <summary>Keeps the offer and publishes it in the market. Writes only when the offer changed.</summary>
    /// <returns>The market's start number.</returns>
    [Effect(Effect.Idempotent), Alias("Register")]
    Task<long> Register(WorkerOffer offer);

    /// <summary>As <see cref="Register"/>, for a worker of another machine: it and its payee must have accounts.</summary>
    /// <exception cref="MarketException"><see cref="ErrorCode.AccountNotFound"/>: which account is missing, and how to open it.</exception>
    [Effect(Effect.Idempotent), Alias("Admit")]
    Task<long> Admit(WorkerOffer offer);

    /// <exception cref="MarketException"><see cref="ErrorCode.WorkerNotFound"/>.</exception>
    [Effect(Effect.None), Alias("Get")]
    Task<WorkerOffer> Get();

    /// <summary>
    /// The size of a blob that the lease's run may read: its module, its input, its files, and what the job's account keeps. Null where the
    /// store does not have it, or the run may not read it.
    /// </summary>
    /// <exception cref="MarketException"><see cref="ErrorCode.LeaseNotFound"/>.</exception>
    [Effect(Effect.Idempotent), AlwaysInterleave, Alias("FindBlob")]
    Task<long?> FindBlob(LeaseCall call, BlobId blob);

    /// <summary>
    /// The lease's run is about to bring these bytes to the store. Asked before any of them is written, so that a worker without the lease,
    /// or
    /// one whose run has brought what a job may have, fills no disk.
    /// </summary>
    /// <exception cref="MarketException"><see cref="ErrorCode.LeaseNotFound"/>; <see cref="ErrorCode.LimitExceeded"/>: more outputs than a
    /// job may have, larger ones, or the same one with another size.</exception>
    [Effect(Effect.Idempotent), AlwaysInterleave, Alias("BeginOutput")]
    Task BeginOutput(LeaseCall call, BlobId output, long size);

    /// <summary>The lease's run has brought these bytes to the store: it may name them as an output in its report.</summary>
    /// <exception cref="MarketException"><see cref="ErrorCode.LeaseNotFound"/>; <see cref="ErrorCode.LimitExceeded"/>: more outputs than a
    /// job may have.</exception>
    [Effect(Effect.Idempotent), AlwaysInterleave, Alias("AddOutput")]
    Task AddOutput(LeaseCall call, BlobId output);

    /// <summary>The value of a key of the program's state where the lease's run starts; null where there is none.</summary>
    /// <exception cref="MarketException"><see cref="ErrorCode.LeaseNotFound"/>; see <see cref="IStateGrain.Read"/>.</exception>
    [Effect(Effect.Idempotent), AlwaysInterleave, Alias("ReadState")]
    Task<ReadOnlyMemory<byte>?> ReadState(LeaseCall call, ReadOnlyMemory<byte> key);

    /// <summary>The keys with a prefix, ascending, where the lease's run starts.</summary>
    /// <exception cref="MarketException"><see cref="ErrorCode.LeaseNotFound"/>; see <see cref="IStateGrain.List"/>.</exception>
    [Effect(Effect.Idempotent), AlwaysInterleave, Alias("ListState")]
    Task<ImmutableArray<ReadOnlyMemory<byte>>> ListState(LeaseCall call, ReadOnlyMemory<byte> prefix);

    /// <summary>The root that the changes of the lease's run would give.</summary>
    /// <exception cref="MarketException"><see cref="ErrorCode.LeaseNotFound"/>; see <see cref="IStateGrain.RootWith"/>.</exception>
    [Effect(Effect.Idempotent), AlwaysInterleave, Alias("StateRootWith")]
    Task<StateRoot> StateRootWith(LeaseCall call, ImmutableArray<StateChange> changes);
}

/// <summary>Which run asks. A repetition has the number of the call that it repeats.</summary>
/// <param name="Worker">Who asks.</param>
/// <param name="Lease">Its lease.</param>
/// <param name="Sequence">Counts the calls of the lease's run: 1, 2, 3 … A number below one that was seen is refused.</param>
[GenerateSerializer, Immutable, Alias("LeaseCall")]
public readonly record struct LeaseCall(
    [property: Id(0)] WorkerId Worker,
    [property: Id(1)] LeaseId Lease,
    [property: Id(2)] long Sequence
);

/// <summary>What a lease allows its worker.</summary>
/// <param name="Account">Who pays for the job: what it keeps may be read.</param>
/// <param name="Program">Whose state may be read.</param>
/// <param name="Root">That state; null: the program has none.</param>
/// <param name="Blobs">The module, the input and the files.</param>
[GenerateSerializer, Immutable, Alias("LeaseGrant")]
public sealed record LeaseGrant(
    [property: Id(0)] AccountId Account,
    [property: Id(1)] ProgramId Program,
    [property: Id(2)] StateRoot? Root,
    [property: Id(3)] ImmutableArray<BlobId> Blobs
);
