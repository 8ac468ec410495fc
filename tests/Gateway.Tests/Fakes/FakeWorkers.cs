using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Threading.Channels;
using Marketplace.GrainInterfaces;

namespace Marketplace.Tests.Gateway;

/// <summary>What a fake market keeps of its workers: their offers, the orders that a test gives, what they report and bring.</summary>
internal sealed class FakeWorkers(MemoryBlobStore blobs)
{
    private readonly Channel<WorkerOrders> _orders = Channel.CreateUnbounded<WorkerOrders>();
    private long _start;

    public ConcurrentDictionary<WorkerId, WorkerOffer> Offers { get; } = new();

    /// <summary>The leases that there are, with the worker of each.</summary>
    public ConcurrentDictionary<LeaseId, WorkerId> Leases { get; } = new();

    public ConcurrentQueue<LeaseReport> Reports { get; } = new();

    public ConcurrentQueue<(LeaseCall Call, BlobId Blob, string What)> Outputs { get; } = new();

    /// <summary>Thrown by the next calls.</summary>
    public Func<Exception>? Fault { get; set; }

    /// <summary>Bytes of all keys that a program's state has.</summary>
    public ImmutableArray<ReadOnlyMemory<byte>> Keys { get; set; } = [];

    public void Give(params Lease[] leases) => _orders.Writer.TryWrite(new WorkerOrders(true, [.. leases], []));

    public void Give(WorkerOrders orders) => _orders.Writer.TryWrite(orders);

    public ConcurrentQueue<WorkerPoll> Polls { get; } = new();

    public long Register(WorkerOffer offer)
    {
        Throw();
        Offers[offer.Worker] = offer;
        return Interlocked.Increment(ref _start);
    }

    public async Task<WorkerOrders> Poll(WorkerPoll poll, CancellationToken cancellation)
    {
        Throw();
        Polls.Enqueue(poll);
        return await _orders.Reader.ReadAsync(cancellation);
    }

    /// <summary>Completes when a worker has said goodbye.</summary>
    public TaskCompletionSource<WorkerId> Left { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ConcurrentQueue<(WorkerId Worker, LeaseProgress Run)> Progress { get; } = new();

    /// <returns>The leases that are not the worker's.</returns>
    public Task<ImmutableArray<LeaseId>> Heartbeat(WorkerId worker, ImmutableArray<LeaseProgress> runs)
    {
        Throw();
        foreach (var run in runs)
        {
            Progress.Enqueue((worker, run));
        }
        return Task.FromResult<ImmutableArray<LeaseId>>([
            .. runs.Select(run => run.Lease).Where(lease => !Leases.TryGetValue(lease, out var owner) || owner != worker),
        ]);
    }

    /// <summary>What is said of each report.</summary>
    public ImmutableArray<RefusedReport> Refused { get; set; } = [];

    /// <summary>What workers have committed to.</summary>
    public ConcurrentQueue<SealedResult> Sealed { get; } = new();

    public Task<ImmutableArray<RefusedReport>> Commit(WorkerId worker, ImmutableArray<SealedResult> results)
    {
        foreach (var result in results)
        {
            Sealed.Enqueue(result);
        }
        return Task.FromResult(Refused);
    }

    /// <summary>What members of committees have signed.</summary>
    public ConcurrentQueue<(WorkerId Worker, WindowVote Vote)> Votes { get; } = new();

    public ConcurrentQueue<(WorkerId Worker, CommitteeShare Share)> Shares { get; } = new();

    public ConcurrentQueue<(WorkerId Worker, SettlementVote Vote)> Settlements { get; } = new();

    public Task Settle(WorkerId worker, SettlementVote vote)
    {
        Settlements.Enqueue((worker, vote));
        return Task.CompletedTask;
    }

    public Task Vote(WorkerId worker, ImmutableArray<WindowVote> votes, ImmutableArray<CommitteeShare> shares)
    {
        Throw();
        foreach (var vote in votes)
        {
            Votes.Enqueue((worker, vote));
        }
        foreach (var share in shares)
        {
            Shares.Enqueue((worker, share));
        }
        return Task.CompletedTask;
    }

    public Task<ImmutableArray<RefusedReport>> Report(WorkerId worker, ImmutableArray<LeaseReport> reports)
    {
        Throw();
        foreach (var report in reports)
        {
            Reports.Enqueue(report);
        }
        return Task.FromResult(Refused);
    }

    public void Require(LeaseCall call)
    {
        Throw();
        if (!Leases.TryGetValue(call.Lease, out var worker) || worker != call.Worker)
        {
            throw new MarketException(ErrorCode.LeaseNotFound, "There is no such lease of this worker.");
        }
    }

    public async Task<long?> Find(BlobId blob) => (await blobs.Find(blob))?.Size;

    private void Throw()
    {
        if (Fault is { } fault)
        {
            throw fault();
        }
    }
}

internal sealed class FakeWorkerGrain(FakeWorkers workers, WorkerId id) : IWorkerGrain
{
    public Task<long> Register(WorkerOffer offer)
    {
        Assert.Equal(id, offer.Worker);
        return Task.FromResult(workers.Register(offer));
    }

    public Task<long> Admit(WorkerOffer offer) => Register(offer);

    public Task<WorkerOffer> Get() => throw new NotSupportedException();

    public Task<long?> FindBlob(LeaseCall call, BlobId blob)
    {
        workers.Require(call);
        return workers.Find(blob);
    }

    public Task BeginOutput(LeaseCall call, BlobId output, long size)
    {
        workers.Require(call);
        workers.Outputs.Enqueue((call, output, $"begins {size}"));
        return Task.CompletedTask;
    }

    public Task AddOutput(LeaseCall call, BlobId output)
    {
        workers.Require(call);
        workers.Outputs.Enqueue((call, output, "added"));
        return Task.CompletedTask;
    }

    public Task<ReadOnlyMemory<byte>?> ReadState(LeaseCall call, ReadOnlyMemory<byte> key)
    {
        workers.Require(call);
        return Task.FromResult(key.IsEmpty ? (ReadOnlyMemory<byte>?)null : key);
    }

    public Task<ImmutableArray<ReadOnlyMemory<byte>>> ListState(LeaseCall call, ReadOnlyMemory<byte> prefix)
    {
        workers.Require(call);
        return Task.FromResult(workers.Keys);
    }

    public Task<StateRoot> StateRootWith(LeaseCall call, ImmutableArray<StateChange> changes)
    {
        workers.Require(call);
        return Task.FromResult(new StateRoot(call.Worker.Value));
    }
}
