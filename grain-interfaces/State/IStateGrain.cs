using System.Collections.Immutable;

namespace Marketplace.GrainInterfaces;

/// <summary>A program's keys and values with their root. Key: <see cref="ProgramId"/>.</summary>
[Alias("IStateGrain")]
public interface IStateGrain : IGrainWithStringKey
{
    /// <summary>
    /// Where the next run starts. If a run of <paramref name="job"/> was committed before a crash and the job has no terminal write yet,
    /// that run is in the answer: it must be reported as it is, and the job must not run again.
    /// </summary>
    [Effect(Effect.None), Alias("Begin")]
    Task<StateHead> Begin(JobId job);

    /// <summary>The value at the given root; null where there is none.</summary>
    /// <exception cref="MarketException"><see cref="ErrorCode.StateRootGone"/>: it is not kept; its run begins again.</exception>
    [Effect(Effect.None), AlwaysInterleave, Alias("Read")]
    Task<ReadOnlyMemory<byte>?> Read(StateRoot root, ReadOnlyMemory<byte> key);

    /// <summary>The keys with a prefix, ascending, at the given root.</summary>
    [Effect(Effect.None), AlwaysInterleave, Alias("List")]
    Task<ImmutableArray<ReadOnlyMemory<byte>>> List(StateRoot root, ReadOnlyMemory<byte> prefix);

    /// <summary>
    /// The root that <paramref name="changes"/> would give, also where <see cref="Commit"/> would refuse them because the state would be
    /// too large.
    /// </summary>
    /// <exception cref="MarketException"><see cref="ErrorCode.LimitExceeded"/>: more changes than one run may make.</exception>
    [Effect(Effect.None), AlwaysInterleave, Alias("RootWith")]
    Task<StateRoot> RootWith(StateRoot root, ImmutableArray<StateChange> changes);

    /// <summary>
    /// Applies a run's changes if nothing was committed since its <see cref="Begin"/>, once per job, and keeps <paramref name="end"/> until
    /// <see cref="Acknowledge"/>: the run's effect and its result are one durable write. Comparing roots would not be enough, because a
    /// state may come back to an earlier root.
    /// </summary>
    /// <returns>
    /// The applied run's end with the roots, which becomes the job's end. It may be an earlier run's, committed before. Null if the state
    /// has moved on and the job must run again.
    /// </returns>
    /// <exception cref="MarketException">
    /// <see cref="ErrorCode.LimitExceeded"/>: the state would be larger than allowed. <see cref="ErrorCode.MalformedRequest"/>: the end
    /// names a root after the run, and the changes give another one.
    /// </exception>
    [Effect(Effect.Deduplicated), Alias("Commit")]
    Task<JobEnd?> Commit(JobId job, long height, StateRoot before, ImmutableArray<StateChange> changes, JobEnd end, Authority by);

    /// <summary>Keys of the state, for an account that has deployed the program.</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="root">An older root; null: the newest.</param>
    /// <param name="prefix">What the keys begin with.</param>
    /// <param name="after">Keys up to this one are left out; null: none are.</param>
    /// <param name="count">Keys at most.</param>
    /// <exception cref="MarketException">
    /// <see cref="ErrorCode.ProgramNotFound"/>, also where only others have deployed it; <see cref="ErrorCode.StateRootGone"/>.
    /// </exception>
    [Effect(Effect.None), Alias("ListFor")]
    Task<StateKeysView> ListFor(Caller caller, StateRoot? root, ReadOnlyMemory<byte> prefix, ReadOnlyMemory<byte>? after, int count);

    /// <summary>A key's value with its proof, or the proof that it has none, for an account that has deployed the program.</summary>
    /// <inheritdoc cref="ListFor" path="/exception"/>
    [Effect(Effect.None), Alias("Prove")]
    Task<StateProofView> Prove(Caller caller, StateRoot? root, ReadOnlyMemory<byte> key);

    /// <summary>The next chunk of the whole state, for an account that has deployed the program.</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="root">An older root; null: the newest.</param>
    /// <param name="after">The end of the chunk before; null for the first one.</param>
    /// <inheritdoc cref="ListFor" path="/exception"/>
    [Effect(Effect.None), Alias("Export")]
    Task<StateChunkView> Export(Caller caller, StateRoot? root, Bytes32? after);

    /// <summary>
    /// Takes one chunk of an exported state into a program that has had none, from the account that deployed it first. Chunks come in their
    /// order; the first chunk of another state begins again. Until the last one is there no run begins. A chunk that was taken already
    /// changes nothing, and the answer says which one is wanted.
    /// </summary>
    /// <param name="caller">Who imports.</param>
    /// <param name="root">Of the whole state.</param>
    /// <param name="chunk">As <see cref="Export"/> gave it.</param>
    /// <exception cref="MarketException">
    /// <see cref="ErrorCode.ProgramNotFound"/>; <see cref="ErrorCode.Forbidden"/>; <see cref="ErrorCode.StateNotEmpty"/>;
    /// <see cref="ErrorCode.LimitExceeded"/>; <see cref="ErrorCode.MalformedRequest"/>: the chunk is not the next one of this root.
    /// </exception>
    [Effect(Effect.Deduplicated), Alias("Import")]
    Task<StateImportView> Import(Caller caller, StateRoot root, ReadOnlyMemory<byte> chunk);

    /// <summary>The job's terminal write is durable.</summary>
    [Effect(Effect.Idempotent), Alias("Acknowledge")]
    Task Acknowledge(JobId job, Authority by);
}

/// <param name="Root">Of the keys.</param>
/// <param name="Count">Keys of the whole state.</param>
/// <param name="Bytes">Of the whole state: keys and values, and eight for each key.</param>
/// <param name="Keys">Ascending.</param>
/// <param name="IsWhole">No key with the prefix follows.</param>
[GenerateSerializer, Immutable, Alias("StateKeysView")]
public sealed record StateKeysView(
    [property: Id(0)] StateRoot Root,
    [property: Id(1)] int Count,
    [property: Id(2)] long Bytes,
    [property: Id(3)] ImmutableArray<ReadOnlyMemory<byte>> Keys,
    [property: Id(4)] bool IsWhole
);

/// <param name="Root">What the proof is under.</param>
/// <param name="Proof">By receipts/STATE.md; it has the value.</param>
/// <param name="Value">The value; null where there is none.</param>
[GenerateSerializer, Immutable, Alias("StateProofView")]
public sealed record StateProofView(
    [property: Id(0)] StateRoot Root,
    [property: Id(1)] ReadOnlyMemory<byte> Proof,
    [property: Id(2)] ReadOnlyMemory<byte>? Value
);

/// <param name="Root">What the chunk is of.</param>
/// <param name="Chunk">By receipts/STATE.md.</param>
/// <param name="Next">After this path the next chunk begins; null: this is the last one.</param>
[GenerateSerializer, Immutable, Alias("StateChunkView")]
public sealed record StateChunkView(
    [property: Id(0)] StateRoot Root,
    [property: Id(1)] ReadOnlyMemory<byte> Chunk,
    [property: Id(2)] Bytes32? Next
);

/// <param name="Next">After this path the next chunk is wanted; null: the import is complete.</param>
/// <param name="Count">Keys so far.</param>
[GenerateSerializer, Immutable, Alias("StateImportView")]
public sealed record StateImportView([property: Id(0)] Bytes32? Next, [property: Id(1)] int Count);

/// <param name="Root">The present root.</param>
/// <param name="Height">Commits so far.</param>
/// <param name="Committed">The end of the job's run that is committed already, with the roots before and after; null: none is.</param>
[GenerateSerializer, Immutable, Alias("StateHead")]
public sealed record StateHead([property: Id(0)] StateRoot Root, [property: Id(1)] long Height, [property: Id(2)] JobEnd? Committed);
