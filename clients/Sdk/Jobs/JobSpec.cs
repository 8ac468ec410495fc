namespace Marketplace;

/// <summary>
/// A job to run. What is left out is chosen: see <see cref="RequestId"/> and <see cref="PriceMax"/>, and the terms for their defaults.
/// </summary>
public sealed record JobSpec : JobTerms
{
    /// <summary>
    /// The client's own id of the job: submitting it again, also from another process, reaches the same job. Left out: the call makes one
    /// and keeps it while it repeats its requests; a second call then makes a second job.
    /// </summary>
    public string? RequestId { get; init; }

    /// <summary>
    /// What the job may cost in all, in base units. Left out: what the cheapest worker of the moment asks for all of the job's fuel, of an
    /// assured job the limit that a quote of the moment names; but never more than
    /// <see cref="MarketplaceClientOptions.UnstatedPriceMax"/>. A fuel limit that is left out with it is
    /// <see cref="JobTerms.FuelMaxChosen"/>, or what the most that is chosen buys of that, and no less than
    /// <see cref="JobTerms.FuelMaxUnstated"/>.
    /// </summary>
    public TokenAmount? PriceMax { get; init; }
}

/// <summary>How one of many jobs went: <see cref="Job"/> when it ended, <see cref="Refusal"/> when it was not taken.</summary>
/// <param name="Index">Its place in what was given, from 0.</param>
/// <param name="Spec">What was given.</param>
/// <param name="Job">The job as it ended; null: it was refused.</param>
/// <param name="Refusal">Why it was refused; null: it was taken.</param>
/// <param name="Message">What was seen, what is allowed, what to do.</param>
public sealed record JobResult(int Index, JobSpec Spec, Job? Job, ErrorCode? Refusal = null, string? Message = null);

/// <summary>A job's price limit was left out, and no safe one can be chosen: nothing was submitted.</summary>
/// <param name="quote">What the cheapest worker asks; null: there is no worker.</param>
/// <param name="max">What may be chosen at most.</param>
/// <param name="reason">Why the job's assurance cannot be had now; null: it can, or it asks for none.</param>
public sealed class PriceNotStatedException(TokenAmount? quote, TokenAmount max, string? reason = null)
    : Exception(
        reason is not null ? $"The job states no price limit, and its assurance cannot be had now: {reason}"
        : quote is { } asked
            ? $"The job states no price limit, and the cheapest worker asks {asked} for its fuel: at most {max} is chosen unstated. "
                + $"Set {nameof(JobSpec)}.{nameof(JobSpec.PriceMax)}, ask for less fuel, or raise "
                + $"{nameof(MarketplaceClientOptions)}.{nameof(MarketplaceClientOptions.UnstatedPriceMax)}."
        : "The job states no price limit, and there is no worker whose price could be taken. Set "
            + $"{nameof(JobSpec)}.{nameof(JobSpec.PriceMax)}."
    )
{
    /// <summary>What the cheapest worker asks for the job's fuel; null: there is no worker.</summary>
    public TokenAmount? Quote { get; } = quote;

    /// <summary>What may be chosen at most.</summary>
    public TokenAmount Max { get; } = max;
}
