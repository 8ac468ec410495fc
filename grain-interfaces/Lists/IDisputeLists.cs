using System.Collections.Immutable;

namespace Marketplace.GrainInterfaces;

/// <summary>
/// The disputes of all jobs, from this silo's read model, as <see cref="IAccountLists"/>: they are for every key, because a buyer goes by
/// what workers did to others. Thread-safe.
/// </summary>
public interface IDisputeLists
{
    /// <summary>Newest first. A page may have fewer than asked for, and not be the last.</summary>
    /// <param name="after">The end of the page before; null: the first page.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="worker">Only those in which the worker has voted; null: all.</param>
    /// <param name="cancellation">Gives the read up.</param>
    ValueTask<ListPage<DisputeSummary>> Disputes(
        ListPlace? after,
        int limit,
        WorkerId? worker = null,
        CancellationToken cancellation = default
    );
}

/// <summary>What lists show of a dispute.</summary>
/// <param name="Job">The disputed job.</param>
/// <param name="State">A word of receipts/DISPUTE.md.</param>
/// <param name="OpenedAt">When.</param>
/// <param name="DecidedAt">Null while it is open.</param>
/// <param name="Results">How many different ones there are.</param>
/// <param name="Seats">Those that ran the job for its payer.</param>
/// <param name="Jurors">Those that ran it because others disagreed.</param>
/// <param name="Losers">Those that signed a wrong result.</param>
/// <param name="Slashed">What they lost so far.</param>
public sealed record DisputeSummary(
    JobId Job,
    string State,
    DateTimeOffset OpenedAt,
    DateTimeOffset? DecidedAt,
    int Results,
    ImmutableArray<WorkerId> Seats,
    ImmutableArray<WorkerId> Jurors,
    ImmutableArray<WorkerId> Losers,
    TokenAmount Slashed
);
