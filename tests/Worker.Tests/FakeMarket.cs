using System.Threading.Channels;
using Marketplace.Api.Workers;
using Marketplace.Crypto;
using Marketplace.Receipts;
using Marketplace.Worker;

namespace Marketplace.Tests.Worker;

/// <summary>
/// A market of one worker: gives out the leases that a test queues, keeps what is reported. Faults are the test's to arrange.
/// </summary>
internal sealed class FakeMarket : IMarketLink
{
    private readonly Channel<WorkerOrders> _orders = Channel.CreateUnbounded<WorkerOrders>();
    private readonly Channel<WorkerResult> _results = Channel.CreateUnbounded<WorkerResult>();
    private readonly Channel<SealedResult> _sealed = Channel.CreateUnbounded<SealedResult>();
    private readonly Channel<CommitteeVotes> _votes = Channel.CreateUnbounded<CommitteeVotes>();
    private CancellationTokenSource? _polling;
    private (Func<LeaseBeat, bool> What, TaskCompletionSource<LeaseBeat> Told)? _awaited;
    private long _start;
    private long _lease;

    public MarketDomain Domain { get; init; } = new(new([.. Enumerable.Repeat((byte)7, Bytes32.Size)]));

    public Dictionary<BlobId, byte[]> Blobs { get; } = [];

    public SortedDictionary<string, byte[]> State { get; } = [];

    /// <summary>Called before each report is taken; may throw.</summary>
    public Action<WorkerReport> OnReport { get; set; } = _ => { };

    /// <summary>Called before a run's read of a key is answered, with what stops the run.</summary>
    public Action<CancellationToken> OnRead { get; set; } = _ => { };

    public List<WorkerReport> Reports { get; } = [];

    /// <summary>What the newest poll asked for.</summary>
    public int LeasesWanted { get; private set; }

    public int Offers => (int)Volatile.Read(ref _start);

    public BlobId Add(byte[] bytes)
    {
        var id = IdDerivation.Blob(bytes);
        Blobs[id] = bytes;
        return id;
    }

    public WorkerLease Lease(BlobId module, string input, long fuelMax = 1_000_000_000) =>
        new(
            Id: new LeaseId(1, Interlocked.Increment(ref _lease)),
            Job: new JobId(new Bytes32([.. Enumerable.Repeat((byte)_lease, 32)])),
            Program: new ProgramId(module.Value),
            Module: module,
            EntryPoint: null,
            Arguments: [],
            Input: System.Text.Encoding.UTF8.GetBytes(input),
            InputBlob: null,
            FuelMax: fuelMax,
            MemoryPagesMax: 1024,
            TimeMax: TimeSpan.FromMinutes(1),
            Attempt: 1,
            Root: new StateRoot(default),
            SubmittedAt: DateTimeOffset.UnixEpoch,
            Deadline: DateTimeOffset.MaxValue
        );

    public void Give(params WorkerLease[] leases) => _orders.Writer.TryWrite(new WorkerOrders(true, leases, []));

    public void Stop(params LeaseId[] leases) => _orders.Writer.TryWrite(new WorkerOrders(true, [], leases));

    public void Reveal(params LeaseId[] leases) => _orders.Writer.TryWrite(new WorkerOrders(true, [], []) { Reveals = leases });

    /// <summary>The next commitment to a result.</summary>
    public ValueTask<SealedResult> NextSealed() => _sealed.Reader.ReadAsync(TestContext.Current.CancellationToken);

    public void Forget() => _orders.Writer.TryWrite(new WorkerOrders(false, [], []));

    public ValueTask<WorkerResult> NextResult() => _results.Reader.ReadAsync(TestContext.Current.CancellationToken);

    /// <summary>The newest offer.</summary>
    public WorkerOffer? Offered { get; private set; }

    public ValueTask<WorkerWelcome> Offer(WorkerOffer offer, CancellationToken cancellation)
    {
        Offered = offer;
        return new(new WorkerWelcome(Interlocked.Increment(ref _start)));
    }

    /// <summary>A poll ends the one that waits, as at a real market.</summary>
    public async ValueTask<WorkerOrders> Poll(WorkerPoll poll, CancellationToken cancellation)
    {
        using var replaced = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        if (Interlocked.Exchange(ref _polling, replaced) is { } waiting)
        {
            await waiting.CancelAsync();
        }
        LeasesWanted = poll.LeasesMax;
        try
        {
            return await _orders.Reader.ReadAsync(replaced.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return new WorkerOrders(true, [], []);
        }
        finally
        {
            Interlocked.CompareExchange(ref _polling, null, replaced);
        }
    }

    /// <summary>Leases that a heartbeat hears to be over.</summary>
    public HashSet<LeaseId> Over { get; } = [];

    public List<WorkerHeartbeat> Heartbeats { get; } = [];

    /// <summary>What of a report counts for nothing.</summary>
    public Func<WorkerReport, IReadOnlyList<RefusedResult>> Refused { get; set; } = _ => [];

    /// <summary>The first of the leases that heartbeats tell from now on of which this holds.</summary>
    public Task<LeaseBeat> Heartbeat(Func<LeaseBeat, bool> what)
    {
        var told = new TaskCompletionSource<LeaseBeat>(TaskCreationOptions.RunContinuationsAsynchronously);
        _awaited = (what, told);
        return told.Task.WaitAsync(TestContext.Current.CancellationToken);
    }

    public ValueTask<IReadOnlyList<LeaseId>> Heartbeat(WorkerHeartbeat heartbeat, CancellationToken cancellation)
    {
        lock (Heartbeats)
        {
            Heartbeats.Add(heartbeat);
        }
        foreach (var run in heartbeat.Runs.Where(run => _awaited?.What(run) == true))
        {
            _awaited!.Value.Told.TrySetResult(run);
        }
        return new([.. heartbeat.Runs.Select(run => run.Lease).Where(Over.Contains)]);
    }

    public ValueTask<IReadOnlyList<RefusedResult>> Report(WorkerReport report, CancellationToken cancellation)
    {
        lock (Reports)
        {
            Reports.Add(report);
        }
        OnReport(report);
        foreach (var result in report.Sealed ?? [])
        {
            _sealed.Writer.TryWrite(result);
        }
        foreach (var result in report.Results)
        {
            _results.Writer.TryWrite(result);
        }
        return new(Refused(report));
    }

    /// <summary>Called before votes are taken; may throw.</summary>
    public Action<CommitteeVotes> OnVote { get; set; } = _ => { };

    public void Ask(CommitteeDuties duties) => _orders.Writer.TryWrite(new WorkerOrders(true, [], []) { Duties = duties });

    public ValueTask<CommitteeVotes> NextVotes() => _votes.Reader.ReadAsync(TestContext.Current.CancellationToken);

    public ValueTask Vote(CommitteeVotes votes, CancellationToken cancellation)
    {
        OnVote(votes);
        _votes.Writer.TryWrite(votes);
        return ValueTask.CompletedTask;
    }

    public ValueTask<Stream?> OpenBlob(LeaseCall call, BlobId blob, CancellationToken cancellation) =>
        new(Blobs.TryGetValue(blob, out var bytes) ? new MemoryStream(bytes) : null);

    /// <summary>What it gives as the file of a settlement.</summary>
    public Func<ulong, byte[]> OnSettlement { get; set; } = number => throw new MarketLinkException($"There is no settlement {number}.");

    public async ValueTask<byte[]> ReadSettlement(ulong number, CancellationToken cancellation)
    {
        await Task.Yield();
        return OnSettlement(number);
    }

    public ValueTask<long?> FindBlob(LeaseCall call, BlobId blob, CancellationToken cancellation) =>
        new(Blobs.TryGetValue(blob, out var bytes) ? bytes.Length : null);

    public ValueTask PutOutput(LeaseCall call, BlobId output, ReadOnlyMemory<byte> content, CancellationToken cancellation)
    {
        Assert.Equal(output, Add(content.ToArray()));
        return ValueTask.CompletedTask;
    }

    public ValueTask<ReadOnlyMemory<byte>?> ReadState(LeaseCall call, ReadOnlyMemory<byte> key, CancellationToken cancellation)
    {
        OnRead(cancellation);
        return new(State.TryGetValue(Convert.ToHexString(key.Span), out var value) ? value : (ReadOnlyMemory<byte>?)null);
    }

    public ValueTask<IReadOnlyList<ReadOnlyMemory<byte>>> ListState(
        LeaseCall call,
        ReadOnlyMemory<byte> prefix,
        CancellationToken cancellation
    ) =>
        new([
            .. State
                .Keys.Where(key => key.StartsWith(Convert.ToHexString(prefix.Span), StringComparison.Ordinal))
                .Select(key => (ReadOnlyMemory<byte>)Convert.FromHexString(key)),
        ]);

    public ValueTask<StateRoot> StateRootWith(LeaseCall call, IReadOnlyList<StateChange> changes, CancellationToken cancellation) =>
        new(new StateRoot(default));
}
