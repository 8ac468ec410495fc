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
    /// <exception cref="MarketException"><see cref="ErrorCode.StateRootGone"/>: the state has moved on; run again.</exception>
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

    /// <summary>The job's terminal write is durable.</summary>
    [Effect(Effect.Idempotent), Alias("Acknowledge")]
    Task Acknowledge(JobId job, Authority by);
}

/// <param name="Root">The present root.</param>
/// <param name="Height">Commits so far.</param>
/// <param name="Committed">The end of the job's run that is committed already, with the roots before and after; null: none is.</param>
[GenerateSerializer, Immutable, Alias("StateHead")]
public sealed record StateHead([property: Id(0)] StateRoot Root, [property: Id(1)] long Height, [property: Id(2)] JobEnd? Committed);
