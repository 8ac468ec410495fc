namespace Marketplace.GrainInterfaces;

/// <summary>
/// Lists of what an account has. They come from this silo's read model, which follows the grains within moments; listing asks no grain.
/// This is not a grain: nothing of it travels between silos. Thread-safe.
/// </summary>
public interface IAccountLists
{
    /// <summary>The account's jobs.</summary>
    /// <param name="request">Whose jobs, and which page.</param>
    /// <param name="status">Only jobs of this status; null: all.</param>
    /// <param name="program">Only jobs of this program; null: all.</param>
    /// <param name="cancellation">Gives the read up.</param>
    ValueTask<ListPage<JobSummary>> Jobs(
        ListRequest request,
        JobStatus? status = null,
        ProgramId? program = null,
        CancellationToken cancellation = default
    );

    /// <summary>The blobs that the account keeps.</summary>
    ValueTask<ListPage<BlobView>> Blobs(ListRequest request, CancellationToken cancellation = default);

    /// <summary>The programs that the account was the first to deploy. Their grains have the manifests.</summary>
    ValueTask<ListPage<ProgramId>> Programs(ListRequest request, CancellationToken cancellation = default);

    /// <summary>Completes when the lists show everything that was durable at the moment of the call.</summary>
    ValueTask CatchUp(CancellationToken cancellation = default);

    /// <summary>Durable changes that the lists do not show yet.</summary>
    long Lag { get; }
}

/// <summary>Which page of an account's list: newest first, at most <paramref name="Limit"/> items.</summary>
public sealed record ListRequest(AccountId Account, int Limit)
{
    /// <summary>The end of the page before; null: the first page.</summary>
    public ListPlace? After { get; init; }

    /// <summary>Only items whose ids begin so, in the order of their ids, as one page. Not together with <see cref="After"/>.</summary>
    public string? IdPrefix { get; init; }
}

/// <summary>A place in a list, behind the item of this time and id.</summary>
public readonly record struct ListPlace(DateTimeOffset At, string Id);

/// <param name="Items">At most as many as were asked for.</param>
/// <param name="Next">Where the next page begins; null on the last one.</param>
public sealed record ListPage<TItem>(IReadOnlyList<TItem> Items, ListPlace? Next);

/// <summary>What lists show of a job.</summary>
public sealed record JobSummary(
    JobId Id,
    string RequestId,
    ProgramId Program,
    JobStatus Status,
    ErrorCode? Code,
    DateTimeOffset SubmittedAt,
    DateTimeOffset? EndedAt,
    long FuelUsed,
    TokenAmount Charge
);
