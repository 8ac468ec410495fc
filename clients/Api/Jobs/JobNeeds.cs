namespace Marketplace;

/// <summary>
/// What a job needs of its worker, beside price and memory, and which workers it does not go to. Jobs with the same labels, reputation and
/// stake are one class; an account may have jobs of eight classes at a time.
/// </summary>
public sealed record JobNeeds
{
    /// <summary>
    /// Labels that the worker must have, at most 8: <c>gpu</c>, or with a value <c>region=eu</c>. <c>region</c> alone is met by any region.
    /// </summary>
    public IReadOnlyList<string>? Labels { get; init; }

    /// <summary>The least reputation, in thousandths; a worker that is not known has 700. Left out: any.</summary>
    public int? ReputationMin { get; init; }

    /// <summary>What the worker must have at stake, in base units; left out: nothing.</summary>
    public TokenAmount? StakeMin { get; init; }

    /// <summary>
    /// Whether the job may go to a worker that has no reputation yet, although others are cheaper: one of 20 such jobs does, within its
    /// price limit. Left out: it goes to the cheapest.
    /// </summary>
    public bool? AllowsNewcomers { get; init; }

    /// <summary>Workers that do not get the job, at most 20.</summary>
    public IReadOnlyList<WorkerId>? RefusedWorkers { get; init; }

    /// <summary>Accounts whose workers do not get the job, at most 20: with those of another job's worker the two run apart.</summary>
    public IReadOnlyList<AccountId>? RefusedOwners { get; init; }
}
