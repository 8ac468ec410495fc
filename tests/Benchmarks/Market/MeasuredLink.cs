using System.Diagnostics;
using Marketplace.Api.Workers;
using Marketplace.Receipts;
using Marketplace.Worker;

namespace Marketplace.Benchmarks;

/// <summary>What the links of all workers have seen.</summary>
internal sealed class LinkMeasure
{
    private readonly TaskCompletionSource _gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _allOffered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _enough = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly int _workers;
    private readonly int _leasesWanted;
    private int _offered;
    private int _leases;

    /// <param name="workers">All that will come.</param>
    /// <param name="leasesWanted">Leases after which <see cref="Enough"/> completes.</param>
    public LinkMeasure(int workers, int leasesWanted) => (_workers, _leasesWanted) = (workers, leasesWanted);

    /// <summary>All workers have offered their slots, and wait.</summary>
    public Task AllOffered => _allOffered.Task;

    /// <summary>The leases that were wanted have come.</summary>
    public Task Enough => _enough.Task;

    /// <summary>Told of each lease when it reaches its worker, and of each result that the market has taken.</summary>
    public Action<JobId, long>? Leased { get; init; }

    public Action<JobId>? Reported { get; init; }

    public Task Gate => _gate.Task;

    public void Open() => _gate.TrySetResult();

    public void Offered()
    {
        if (Interlocked.Increment(ref _offered) == _workers)
        {
            _allOffered.TrySetResult();
        }
    }

    public void Took(IReadOnlyList<WorkerLease> leases)
    {
        if (leases.Count == 0)
        {
            return;
        }
        var now = Stopwatch.GetTimestamp();
        foreach (var lease in leases)
        {
            Leased?.Invoke(lease.Job, now);
        }
        if (Interlocked.Add(ref _leases, leases.Count) >= _leasesWanted)
        {
            _enough.TrySetResult();
        }
    }
}

/// <summary>A link whose first poll waits for the others' offers, and that tells what passes.</summary>
internal sealed class MeasuredLink(IMarketLink link, LinkMeasure measure) : IMarketLink
{
    public MarketDomain Domain => link.Domain;

    public async ValueTask<WorkerWelcome> Offer(WorkerOffer offer, CancellationToken cancellation)
    {
        var welcome = await link.Offer(offer, cancellation);
        measure.Offered();
        return welcome;
    }

    public async ValueTask<WorkerOrders> Poll(WorkerPoll poll, CancellationToken cancellation)
    {
        await measure.Gate.WaitAsync(cancellation);
        var orders = await link.Poll(poll, cancellation);
        measure.Took(orders.Leases);
        return orders;
    }

    public async ValueTask<IReadOnlyList<RefusedResult>> Report(WorkerReport report, CancellationToken cancellation)
    {
        var refused = await link.Report(report, cancellation);
        foreach (var result in report.Results)
        {
            measure.Reported?.Invoke(result.Job);
        }
        return refused;
    }

    public ValueTask Vote(CommitteeVotes votes, CancellationToken cancellation) => link.Vote(votes, cancellation);

    public ValueTask<IReadOnlyList<LeaseId>> Heartbeat(WorkerHeartbeat heartbeat, CancellationToken cancellation) =>
        link.Heartbeat(heartbeat, cancellation);

    public ValueTask<byte[]> ReadSettlement(ulong number, CancellationToken cancellation) => link.ReadSettlement(number, cancellation);

    public ValueTask<Stream?> OpenBlob(LeaseCall call, BlobId blob, CancellationToken cancellation) =>
        link.OpenBlob(call, blob, cancellation);

    public ValueTask<long?> FindBlob(LeaseCall call, BlobId blob, CancellationToken cancellation) =>
        link.FindBlob(call, blob, cancellation);

    public ValueTask PutOutput(LeaseCall call, BlobId output, ReadOnlyMemory<byte> content, CancellationToken cancellation) =>
        link.PutOutput(call, output, content, cancellation);

    public ValueTask<ReadOnlyMemory<byte>?> ReadState(LeaseCall call, ReadOnlyMemory<byte> key, CancellationToken cancellation) =>
        link.ReadState(call, key, cancellation);

    public ValueTask<IReadOnlyList<ReadOnlyMemory<byte>>> ListState(
        LeaseCall call,
        ReadOnlyMemory<byte> prefix,
        CancellationToken cancellation
    ) => link.ListState(call, prefix, cancellation);

    public ValueTask<StateRoot> StateRootWith(LeaseCall call, IReadOnlyList<StateChange> changes, CancellationToken cancellation) =>
        link.StateRootWith(call, changes, cancellation);
}
