namespace Marketplace.GrainInterfaces;

/// <summary>
/// Which ended job answers others of the same run. Key: the hash of all that a run's result depends on, and of the account where only
/// its own jobs are answered, in 64 hexadecimal digits.
/// </summary>
[Alias("IReuseGrain")]
public interface IReuseGrain : IGrainWithStringKey
{
    /// <summary>
    /// Keeps the job in the place of an earlier one, unless that one is surer and not too old, or of a later epoch. It is an index: what
    /// the job is worth, its own grain says.
    /// </summary>
    [Effect(Effect.Idempotent), Alias("Keep")]
    Task Keep(ReusableJob job, Authority by);

    /// <summary>Null where there is none.</summary>
    [Effect(Effect.None), AlwaysInterleave, Alias("Find")]
    Task<ReusableJob?> Find();
}

/// <param name="Job">It has completed.</param>
/// <param name="Assurance">How sure its result is.</param>
/// <param name="Seats">How many workers have given it.</param>
/// <param name="EndedAt">When.</param>
[GenerateSerializer, Immutable, Alias("ReusableJob")]
public sealed record ReusableJob(
    [property: Id(0)] JobId Job,
    [property: Id(1)] Assurance Assurance,
    [property: Id(2)] int Seats,
    [property: Id(3)] DateTimeOffset EndedAt
)
{
    /// <summary>Of the committee that has signed it, where it answers all accounts; 0: it answers its own.</summary>
    [Id(4)]
    public ulong Epoch { get; init; }
}
