using Marketplace.Api.Workers;
using Marketplace.Receipts;

namespace Marketplace.Worker;

/// <summary>
/// All that a worker knows of its market. The silo implements it over grains, for the worker inside it.
/// Calls may fail with <see cref="MarketLinkException"/> at any time; polls are then repeated as they were, reports with each result alone.
/// Thread-safe.
/// </summary>
public interface IMarketLink
{
    /// <summary>What the worker signs for; bids are bound to the key in it. Known when the market has been met.</summary>
    MarketDomain Domain { get; }

    /// <summary>Publishes the offer; again after <see cref="WorkerOrders.Known"/> is false.</summary>
    ValueTask<WorkerWelcome> Offer(WorkerOffer offer, CancellationToken cancellation);

    /// <summary>Answers when there are orders, at the latest after some seconds. One poll at a time.</summary>
    ValueTask<WorkerOrders> Poll(WorkerPoll poll, CancellationToken cancellation);

    /// <summary>
    /// Says that the worker is alive, which leases it has and how far they have come. A lease that is not named for some time is over.
    /// </summary>
    /// <returns>Leases of them that are over: their runs count for nothing.</returns>
    ValueTask<IReadOnlyList<LeaseId>> Heartbeat(WorkerHeartbeat heartbeat, CancellationToken cancellation);

    /// <summary>Reports results. When it returns the market has them durably; a repeated report changes nothing.</summary>
    /// <returns>Those of the results that count for nothing and are not paid.</returns>
    ValueTask<IReadOnlyList<RefusedResult>> Report(WorkerReport report, CancellationToken cancellation);

    /// <summary>
    /// What the worker signs as a member of committees. When it returns the market has them; the same votes again change nothing.
    /// </summary>
    ValueTask Vote(CommitteeVotes votes, CancellationToken cancellation);

    /// <summary>The file of a settlement, not yet verified: at most <see cref="SettlementFile.BytesMax"/>.</summary>
    ValueTask<byte[]> ReadSettlement(ulong number, CancellationToken cancellation);

    /// <summary>The bytes of a module or an input, not yet verified. Null where <see cref="FindBlob"/> is null.</summary>
    ValueTask<Stream?> OpenBlob(LeaseCall call, BlobId blob, CancellationToken cancellation);

    /// <summary>The size of a blob. Null where the market does not have it, or the lease's run may not read it.</summary>
    ValueTask<long?> FindBlob(LeaseCall call, BlobId blob, CancellationToken cancellation);

    /// <summary>Uploads an output of the lease's job, which hashes to its id; it will belong to the job's account.</summary>
    ValueTask PutOutput(LeaseCall call, BlobId output, ReadOnlyMemory<byte> content, CancellationToken cancellation);

    /// <summary>The value of a key of the program's state at the lease's root; null where there is none.</summary>
    ValueTask<ReadOnlyMemory<byte>?> ReadState(LeaseCall call, ReadOnlyMemory<byte> key, CancellationToken cancellation);

    /// <summary>The keys with a prefix, ascending, at the lease's root.</summary>
    ValueTask<IReadOnlyList<ReadOnlyMemory<byte>>> ListState(LeaseCall call, ReadOnlyMemory<byte> prefix, CancellationToken cancellation);

    /// <summary>The root that the changes would give, from the lease's root.</summary>
    ValueTask<StateRoot> StateRootWith(LeaseCall call, IReadOnlyList<StateChange> changes, CancellationToken cancellation);
}

/// <summary>The market could not be reached or did not answer; what was sent may have arrived. Safe to repeat.</summary>
public sealed class MarketLinkException(string message, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>The same call may well be answered in a moment.</summary>
    public bool IsPassing { get; init; }
}
