namespace Marketplace.GrainInterfaces;

/// <summary>
/// Drops the jobs that ended longer ago than the operator keeps them. Key: <see cref="MarketLimits.RetentionKey"/>. What was dropped is
/// stored with each job, so a pass that was cut off is begun anew and finds what is left.
/// </summary>
[Alias("IRetentionGrain")]
public interface IRetentionGrain : IGrainWithStringKey
{
    /// <summary>
    /// Looks at the next jobs of the pass that is under way, or begins one if the last was over a period ago. To be called again until the
    /// pass is over. Where jobs are kept for ever, it is over at once.
    /// </summary>
    [Effect(Effect.Idempotent), Alias("DropSome")]
    Task<RetentionStep> DropSome(Authority by);
}

/// <param name="Dropped">Jobs that this call dropped.</param>
/// <param name="Kept">Jobs that are old enough, and of which something is open or may still be asked.</param>
/// <param name="Failed">Jobs that could not be dropped now; the next pass tries again.</param>
/// <param name="IsOver">No more is to be done in this period.</param>
[GenerateSerializer, Immutable, Alias("RetentionStep")]
public readonly record struct RetentionStep(
    [property: Id(0)] int Dropped,
    [property: Id(1)] int Kept,
    [property: Id(2)] int Failed,
    [property: Id(3)] bool IsOver
);

/// <summary>What became of a job that was to be dropped.</summary>
public enum JobDrop
{
    /// <summary>There is no such job, or it was dropped before.</summary>
    Gone = 0,

    /// <summary>It is dropped now.</summary>
    Dropped = 1,

    /// <summary>It stays: it has not ended, not long enough ago, or something of it is open.</summary>
    Kept = 2,
}
