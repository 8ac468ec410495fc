using System.Text.Json.Serialization;

namespace Marketplace;

/// <summary>A job that workers ran with different results, in a list.</summary>
/// <param name="Job">The job.</param>
/// <param name="State">How far its dispute is.</param>
/// <param name="OpenedAt">When it began.</param>
/// <param name="DecidedAt">When it ended; absent while a jury is asked.</param>
/// <param name="Results">How many different ones there are.</param>
/// <param name="Seats">The workers that ran the job for its payer.</param>
/// <param name="Jurors">Those that ran it because others disagreed.</param>
/// <param name="Losers">Those that signed a wrong result.</param>
/// <param name="Slashed">What they lost so far.</param>
public sealed record DisputeListItem(
    JobId Job,
    DisputeState State,
    DateTimeOffset OpenedAt,
    DateTimeOffset? DecidedAt,
    int Results,
    IReadOnlyList<WorkerId> Seats,
    IReadOnlyList<WorkerId> Jurors,
    IReadOnlyList<WorkerId> Losers,
    TokenAmount Slashed
);

/// <summary>How far a dispute is, as receipts/DISPUTE.md says it.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<DisputeState>))]
public enum DisputeState
{
    /// <summary>It is evidence, and no jury was asked.</summary>
    Kept = 0,

    /// <summary>A jury is asked.</summary>
    Open = 1,

    /// <summary>The jury brought no verdict.</summary>
    Undecided = 2,

    /// <summary>There is a verdict; not all that lost have been slashed yet.</summary>
    Decided = 3,

    /// <summary>There is a verdict, and all that lost have been slashed.</summary>
    Settled = 4,
}
