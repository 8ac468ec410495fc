using System.Collections.Immutable;
using System.Text;
using Marketplace.Crypto;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;

namespace Marketplace.Grains.Tests.Support;

/// <summary>A worker whose every step the test decides.</summary>
internal sealed class TestWorker(TestMarket market, IGrainFactory? twin, string name, long price, int slots)
{
    private long _sequence;
    private long _calls;

    public TestWorker(TestMarket market, string name, long price, int slots)
        : this(market, null, name, price, slots) { }

    /// <summary>Those of the market as it runs now, also after a restart, or of a twin.</summary>
    private IGrainFactory Grains => twin ?? market.Grains;

    private IMarketGrain Market => Calls.Own;

    private WorkerMarket Calls => new(market.Shards, Grains, Id);

    public TimeProvider Time => market.Time;

    public WorkerId Id { get; } = new(TestKeys.Of(name).PublicKey);
    public long Start { get; private set; }

    public async Task Offer()
    {
        Start = await Grains
            .GetGrain<IWorkerGrain>(Id.ToString())
            .Register(
                new WorkerOffer(
                    Worker: Id,
                    PayTo: TestMarket.Id(PayTo ?? name),
                    PricePerMillionFuel: new TokenAmount((UInt128)price),
                    Slots: slots,
                    MemoryPagesMax: MarketLimits.MemoryPagesMax,
                    BuyerReputationMin: BuyerReputationMin
                )
                {
                    Committee = Committee ?? Voter?.Key,
                }
            );
        _sequence = 0;
    }

    /// <summary>What it signs in committees; null: it serves in none.</summary>
    public TestVoter? Voter { get; set; }

    /// <summary>Whose account earns; null: its own.</summary>
    public string? PayTo { get; set; }

    /// <summary>What its next offer asks of buyers.</summary>
    public int BuyerReputationMin { get; set; }

    /// <summary>Its key for committees in the next offer; null: that of its voter.</summary>
    public CommitteeKey? Committee { get; set; }

    /// <summary>False: as silos of an earlier version poll.</summary>
    public bool AddsOutputs { get; set; } = true;

    /// <summary>False: as silos of an earlier version poll.</summary>
    public bool Heartbeats { get; set; }

    /// <summary>What its leases allow.</summary>
    public IWorkerGrain Grain => Grains.GetGrain<IWorkerGrain>(Id.ToString());

    /// <summary>The next call of a lease's run.</summary>
    public LeaseCall Call(Lease lease) => new(Id, lease.Id, ++_calls);

    /// <summary>As its reputation tells the market.</summary>
    public Task SetStanding(Standing standing) => Market.SetStanding(Id, standing, Authority.Reputation);

    public Task<WorkerOrders> Poll(CancellationToken cancellation = default) =>
        Market.Poll(new WorkerPoll(Id, Start, ++_sequence, slots, AddsOutputs, Heartbeats), cancellation);

    /// <summary>A poll that bids in auctions, or opens bids.</summary>
    public Task<WorkerOrders> Poll(ImmutableArray<SealedBid> bids, ImmutableArray<OpenedBid> opened, CancellationToken cancellation) =>
        Market.Poll(new WorkerPoll(Id, Start, ++_sequence, slots, AddsOutputs, Heartbeats) { Bids = bids, Opened = opened }, cancellation);

    public Task<WorkerOrders> RepeatPoll(CancellationToken cancellation = default) =>
        Market.Poll(new WorkerPoll(Id, Start, _sequence, slots, AddsOutputs, Heartbeats), cancellation);

    /// <summary>Polls until there is one lease.</summary>
    public async Task<Lease> TakeOne()
    {
        while (true)
        {
            var orders = await Poll();
            Assert.True(orders.Known);
            if (orders.Leases.Length > 0)
            {
                return Assert.Single(orders.Leases);
            }
        }
    }

    public LeaseReport Completed(Lease lease, string output = "out", long fuel = 500_000, params StateChange[] changes) =>
        Ended(lease, RunOutcome.Completed, null, fuel) with
        {
            Output = new JobOutput(Encoding.UTF8.GetBytes(output), null, Encoding.UTF8.GetByteCount(output)),
            StateChanges = [.. changes],
        };

    /// <summary>A completed run with a large output, which it has brought to the store.</summary>
    public async Task<LeaseReport> CompletedWith(Lease lease, BlobId output, long size)
    {
        await Grain.BeginOutput(Call(lease), output, size);
        await Grain.AddOutput(Call(lease), output);
        return Completed(lease) with { Output = new JobOutput(default, output, size) };
    }

    public LeaseReport Ended(Lease lease, RunOutcome outcome, string? reason, long fuel = 0) =>
        new(
            Lease: lease.Id,
            Job: lease.Ticket.Job,
            Outcome: outcome,
            Reason: reason,
            FuelUsed: fuel,
            Output: default,
            Log: default,
            StateChanges: [],
            StartedAt: market.Time.GetUtcNow(),
            EndedAt: market.Time.GetUtcNow()
        );

    /// <summary>The report with its signature.</summary>
    /// <param name="rootAfter">Where the run changed the program's state.</param>
    public LeaseReport Sign(Lease lease, LeaseReport report, StateRoot? rootAfter = null) =>
        TestKeys.Sign(TestKeys.Of(name), lease, report, rootAfter, market.Domain);

    /// <summary>Commits to a result, which is to be told as it is given back.</summary>
    public async Task<LeaseReport> Seal(Lease lease, LeaseReport report, StateRoot? rootAfter = null)
    {
        var kept = (report.Signed is null ? Sign(lease, report, rootAfter) : report) with { Salt = lease.Ticket.Job.Value };
        var commitment = ResultCommitment.Of(Id, kept.Execution!.Value, kept.Salt.Value);
        Assert.Empty(await Calls.Commit([new SealedResult(lease.Id, commitment)]));
        return kept;
    }

    public Task<ImmutableArray<RefusedReport>> Commit(LeaseId lease, Bytes32 commitment) =>
        Calls.Commit([new SealedResult(lease, commitment)]);

    public Task<ImmutableArray<RefusedReport>> Report(params LeaseReport[] reports) => Calls.Report([.. reports]);

    private async Task<WorkerOrders> PollUnlessGone(CancellationToken cancellation)
    {
        try
        {
            return await Poll(cancellation);
        }
        catch (OperationCanceledException)
        {
            return new WorkerOrders(true, [], []);
        }
    }

    /// <summary>As <see cref="Serve"/>, for leases of which some are to be sealed: all is signed.</summary>
    /// <param name="run">What each gives; null: nothing is ever heard of it.</param>
    /// <param name="tells">Whether it tells sealed results when it is asked to.</param>
    /// <param name="cancellation">The end.</param>
    public async Task ServeSealed(Func<Lease, LeaseReport?> run, Func<bool> tells, CancellationToken cancellation)
    {
        var kept = new Dictionary<LeaseId, LeaseReport>();
        while (!cancellation.IsCancellationRequested)
        {
            if (Voter is { IsAway: true })
            {
                await Task.Delay(TimeSpan.FromSeconds(1), market.Time);
                continue;
            }
            var orders = await PollUnlessGone(cancellation);
            if (!orders.Known)
            {
                kept.Clear();
                await Offer();
                continue;
            }
            if (orders.Duties is { } duties && Voter is { } voter)
            {
                await Calls.Vote(voter.Vote(duties), voter.Share(duties));
            }
            foreach (var lease in orders.Leases)
            {
                if (run(lease) is not { } report)
                {
                    continue;
                }
                Voter?.Keep(lease, report);
                if (lease.IsSealed && report.Outcome.IsEnd())
                {
                    kept[lease.Id] = await Seal(lease, report);
                }
                else
                {
                    await Report(report.Signed is null ? Sign(lease, report) : report);
                }
            }
            foreach (var lease in orders.Reveals.IsDefault || !tells() ? [] : orders.Reveals)
            {
                await Report(kept[lease]);
            }
        }
    }

    /// <summary>Polls and reports until cancelled: each lease as <paramref name="run"/> says.</summary>
    public async Task Serve(Func<Lease, LeaseReport> run, CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            var orders = await PollUnlessGone(cancellation);
            if (!orders.Known)
            {
                await Offer();
            }
            else if (orders.Leases.Length > 0)
            {
                await Report([.. orders.Leases.Select(run)]);
            }
        }
    }
}
