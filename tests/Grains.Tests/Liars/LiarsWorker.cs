using System.Collections.Immutable;
using System.Text;
using Marketplace.Crypto;
using Marketplace.GrainHost.Simulation;
using Marketplace.GrainInterfaces;
using Marketplace.Grains.Tests.Simulation;
using Marketplace.Receipts;

namespace Marketplace.Grains.Tests.Liars;

/// <summary>A worker of another machine, with a key, a stake, an owner and a nature. All that it tells is signed.</summary>
/// <param name="silo">Where the market is.</param>
/// <param name="board">What it hears beside the market.</param>
/// <param name="scenario">The run.</param>
/// <param name="chance">Its own.</param>
/// <param name="name">Its key's.</param>
/// <param name="owner">Whose account earns.</param>
/// <param name="nature">How it comes to its results.</param>
internal sealed class LiarsWorker(
    SimulatedSilo silo,
    LiarsBoard board,
    LiarsScenario scenario,
    SeededChance chance,
    string name,
    string owner,
    WorkerNature nature
)
{
    public const int Price = 100;

    /// <summary>Enough for a jury of the largest size, whose members all ask what this one asks.</summary>
    public static readonly TokenAmount AtStake = new((UInt128)(DisputePolicy.SeatsMax * Price));

    private static readonly TokenAmount Credited = new((UInt128)1_000_000);

    private readonly int _slots = nature == WorkerNature.Honest ? scenario.Slots : scenario.LiarSlots;
    private readonly int _price = nature == WorkerNature.Honest ? Price : scenario.LiarPrice;
    private readonly Ed25519KeyPair _key = TestKeys.Of(name);
    private readonly TestVoter? _voter = scenario.Assurance.Kind == AssuranceKind.Committee ? new TestVoter(name) : null;
    private readonly Dictionary<LeaseId, LeaseReport> _kept = [];
    private long _start;
    private long _sequence;
    private bool _isStopped;
    private bool _isResting;
    private Caller _caller = null!;

    public WorkerId Id { get; } = new(TestKeys.Of(name).PublicKey);

    /// <summary>Its own account.</summary>
    public AccountId Own => new(Id.Value);

    public AccountId Owner { get; } = new(TestKeys.Of(owner).PublicKey);

    public WorkerNature Nature => nature;

    /// <summary>Two receipts of a job in one epoch, which no committee's member signs.</summary>
    public int Contradictions => _voter?.Contradictions ?? 0;

    private IMarketGrain Market(IGrainFactory grains) => grains.GetGrain<IMarketGrain>(MarketLimits.DefaultClass);

    /// <summary>Opens its accounts, stakes and offers.</summary>
    /// <param name="opensOwner">Its owner has no other worker yet.</param>
    public async Task Begin(bool opensOwner)
    {
        _caller = await LiarsMarket.Open(silo, Own, Credited);
        if (opensOwner && Owner != Own)
        {
            await LiarsMarket.Open(silo, Owner, Credited);
        }
        await silo.Insist(grains =>
            grains
                .GetGrain<IReputationGrain>(ReputationKeys.OfWorker(Id))
                .Stake(_caller, new GrainInterfaces.StakeRequest("stake", AtStake))
        );
        await Offer();
    }

    public void Stop() => _isStopped = true;

    /// <summary>It says that it is in maintenance, which costs nothing, or that it is not any more.</summary>
    public async Task Rest(bool isOn)
    {
        if (_isResting != isOn)
        {
            _isResting = isOn;
            await silo.Insist(grains => grains.GetGrain<IReputationGrain>(ReputationKeys.OfWorker(Id)).SetMaintenance(_caller, isOn));
        }
    }

    public async Task Serve()
    {
        while (!_isStopped)
        {
            var poll = new WorkerPoll(Id, _start, ++_sequence, _slots, AddsOutputs: true, Heartbeats: false);
            var orders = await silo.Link.Call(grains => Market(grains).Poll(poll, default));
            if (!orders.Known)
            {
                _kept.Clear();
                await Offer();
                continue;
            }
            if (orders.Duties is { } duties && _voter is { } voter)
            {
                await silo.Link.Call(async grains =>
                {
                    await Market(grains).Vote(Id, voter.Vote(duties), voter.Share(duties));
                    return true;
                });
            }
            foreach (var lease in orders.Leases)
            {
                _ = Watch(Run(lease));
            }
            foreach (var lease in orders.Reveals.IsDefault ? [] : orders.Reveals)
            {
                if (_kept.Remove(lease, out var told))
                {
                    _ = Watch(Tell(told));
                }
            }
        }
        await silo.Link.Insist(grains => Market(grains).Leave(Id));
    }

    /// <summary>No call fails here: the link and the store do what they should.</summary>
    private async Task Watch(Task work)
    {
        try
        {
            await work;
        }
        catch (Exception failure)
        {
            board.Failures.Add($"worker {name}: {failure.Message}");
        }
    }

    private async Task Offer()
    {
        var offer = new WorkerOffer(
            Worker: Id,
            PayTo: Owner,
            PricePerMillionFuel: new TokenAmount((UInt128)_price),
            Slots: _slots,
            MemoryPagesMax: MarketLimits.MemoryPagesMax
        )
        {
            Committee = _voter?.Key,
        };
        _start = await silo.Insist(grains => grains.GetGrain<IWorkerGrain>(Id.ToString()).Admit(offer));
        _sequence = 0;
    }

    private async Task Run(Lease lease)
    {
        var job = lease.Ticket.Job;
        if (nature == WorkerNature.Colluding)
        {
            board.TakeSeat(job, Id);
        }
        // Liars take as long as others: who is faster would show itself.
        await silo.Pause(200);
        await Task.Delay(TimeSpan.FromMilliseconds(200), silo.Time);
        var overheard = nature == WorkerNature.Lazy ? board.Overheard(job) : null;
        var result = overheard ?? Result(lease);
        var report = TestKeys.Sign(_key, lease, ReportOf(lease, result));
        _voter?.Keep(lease, report);
        if (!lease.IsSealed)
        {
            NoteCopy(await Tell(report));
            return;
        }
        var salt = Blake3.Hash(Encoding.ASCII.GetBytes($"salt of {name} for {lease.Id}"));
        _kept[lease.Id] = report with { Salt = salt };
        var sealedResult = new SealedResult(lease.Id, ResultCommitment.Of(Id, report.Execution!.Value, salt));
        NoteCopy(await silo.Link.Call(grains => Market(grains).Commit(Id, [sealedResult])));

        void NoteCopy(ImmutableArray<RefusedReport> refused)
        {
            if (overheard is not null && refused.IsEmpty)
            {
                board.NoteCopy(job, Id, isJuror: lease.Ticket.Spec.Assurance != scenario.Assurance);
            }
        }
    }

    private Task<ImmutableArray<RefusedReport>> Tell(LeaseReport report)
    {
        board.Tell(report.Job, new ToldResult(Encoding.UTF8.GetString(report.Output.Inline.Span), report.FuelUsed));
        return silo.Link.Call(grains => Market(grains).Report(Id, [report]));
    }

    private ToldResult Result(Lease lease)
    {
        var job = lease.Ticket.Job;
        var right = LiarsBoard.RightOf(lease.Ticket.Spec.Input.Span);
        return nature switch
        {
            WorkerNature.Colluding when board.Lies(job) => LiarsBoard.LieOf(job),
            WorkerNature.Random when chance.Below(2) == 0 => new ToldResult($"noise of {name}", right.Fuel),
            WorkerNature.Lazy => chance.Below(2) == 0 && board.Last is { } last ? last : new ToldResult("", lease.Ticket.Spec.FuelMax / 2),
            _ => right,
        };
    }

    private LeaseReport ReportOf(Lease lease, ToldResult result)
    {
        var output = Encoding.UTF8.GetBytes(result.Output);
        var now = silo.Time.GetUtcNow();
        return new LeaseReport(
            Lease: lease.Id,
            Job: lease.Ticket.Job,
            Outcome: RunOutcome.Completed,
            Reason: null,
            FuelUsed: result.Fuel,
            Output: new GrainInterfaces.JobOutput(output, null, output.Length),
            Log: default,
            StateChanges: ImmutableArray<StateChange>.Empty,
            StartedAt: now,
            EndedAt: now
        );
    }
}
