using System.Collections.Immutable;

namespace Marketplace.GrainInterfaces;

/// <summary>Takes batches of jobs in: checks, holds the money, writes the jobs, hands them to the market. Key: 0.</summary>
[Alias("ISubmissionGrain")]
public interface ISubmissionGrain : IGrainWithIntegerKey
{
    /// <summary>
    /// Submits a batch of at most <see cref="MarketLimits.BatchJobsMax"/> jobs; a single job is a batch of one. When it returns, every
    /// accepted job is durable. One result per item, in the items' order; an item that is refused does not touch the others.
    /// </summary>
    /// <exception cref="MarketException">The whole batch is refused: its size or the caller's scopes.</exception>
    [Effect(Effect.Deduplicated), AlwaysInterleave, Alias("Submit")]
    Task<ImmutableArray<SubmitResult>> Submit(Caller caller, ImmutableArray<SubmitItem> items);
}

/// <summary>One job of a batch.</summary>
/// <param name="RequestId">The client's own id: sending it again reaches the same job.</param>
/// <param name="Spec">What to run.</param>
[GenerateSerializer, Immutable, Alias("SubmitItem")]
public sealed record SubmitItem([property: Id(0)] string RequestId, [property: Id(1)] JobSpec Spec);

/// <summary>
/// What became of one item. <paramref name="Code"/> is null for a job that is now durable, whether by this call or an earlier one.
/// </summary>
/// <param name="Job">The job's id, also when it is refused.</param>
/// <param name="Existed">The same request had created the job before.</param>
/// <param name="Code">Why the item was refused.</param>
/// <param name="Message">For the client: what was seen, what is allowed, what to do.</param>
/// <param name="RetryAfter">After which time the market may take the item; null where it does not say.</param>
[GenerateSerializer, Immutable, Alias("SubmitResult")]
public sealed record SubmitResult(
    [property: Id(0)] JobId Job,
    [property: Id(1)] bool Existed,
    [property: Id(2)] ErrorCode? Code,
    [property: Id(3)] string? Message,
    [property: Id(4)] TimeSpan? RetryAfter = null
);
