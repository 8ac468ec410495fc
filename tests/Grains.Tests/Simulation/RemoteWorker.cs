using System.Collections.Immutable;
using System.Text;
using Marketplace.Crypto;
using Marketplace.GrainHost.Simulation;
using Marketplace.GrainInterfaces;
using Marketplace.Grains.Tests.Support;

namespace Marketplace.Grains.Tests.Simulation;

/// <summary>
/// A worker of another machine, by the calls that the gateway makes for it: it offers, polls, tells how far it is, asks for what its runs
/// need, and reports. How well it keeps to the protocol is its habit's.
/// </summary>
/// <param name="market">Where it is.</param>
/// <param name="chance">Its own.</param>
/// <param name="name">Its key's.</param>
/// <param name="owner">The name of the worker whose account earns; often its own.</param>
/// <param name="habit">See <see cref="WorkerHabit"/>.</param>
internal sealed partial class RemoteWorker(SimulatedMarket market, SeededChance chance, string name, string owner, WorkerHabit habit)
{
    private const int LieParts = 2;

    private readonly MarketFacts _facts = market.Facts;
    private readonly SimulatedLink _link = market.Silo.Link;
    private readonly Dictionary<LeaseId, RemoteRun> _runs = [];
    private readonly Dictionary<JobId, RemoteRun> _lost = [];
    private readonly Dictionary<LeaseId, (RemoteRun Run, LeaseReport Report)> _sealed = [];
    private readonly List<LeaseReport> _sent = [];
    private readonly TokenAmount _price = new((UInt128)(2 + chance.Below(6)));
    private readonly int _slots = 1 + chance.Below(4);
    private readonly ImmutableArray<string> _labels = chance.Below(2) == 0 ? ["gpu", "region=eu"] : [];
    private long _start;
    private int _offers;
    private int _session;
    private bool _drains;
    private bool _isStopped;
    private Caller _caller = null!;

    private readonly Ed25519KeyPair _key = TestKeys.Of(name);
    private readonly Dictionary<LeaseId, RemoteRun> _signable = [];

    public WorkerId Id { get; } = new(TestKeys.Of(name).PublicKey);

    public AccountId Account { get; } = new(TestKeys.Of(owner).PublicKey);

    public WorkerHabit Habit => habit;

    /// <summary>Its own account, which is open also where another one earns.</summary>
    public AccountId Own => new(Id.Value);

    public async Task Open()
    {
        _caller = await market.AddKey(Account);
        if (Own != Account)
        {
            await market.AddKey(Own);
        }
    }

    public void Stop() => _isStopped = true;

    public async Task Serve()
    {
        while (!_isStopped)
        {
            await Offer();
            var beating = Beat(++_session);
            await Poll(_session);
            _session++;
            await beating;
            if (habit is WorkerHabit.Vanishing or WorkerHabit.Repeating or WorkerHabit.Lying)
            {
                ReportLate();
            }
            foreach (var run in _runs.Values)
            {
                _lost[run.Lease.Ticket.Job] = run;
            }
            _runs.Clear();
            _sealed.Clear();
            if (habit is WorkerHabit.Vanishing or WorkerHabit.Leaving && !_isStopped)
            {
                await _link.Pause(30_000);
            }
        }
    }

    /// <summary>What it had is lost to it; some of that it reports all the same, when it has offered again.</summary>
    private void ReportLate()
    {
        var within = chance.Below(2) == 0 ? 3000 : 50_000;
        foreach (var run in _runs.Values.Where(run => run.Lease.Root is null && chance.Below(4) > 0))
        {
            var report = run.Report(RunOutcome.Completed, _link.Time.GetUtcNow());
            _ = Later(within, () => Forget(grains => Send(grains, report)));
        }
    }

    private async Task Offer()
    {
        _drains = false;
        var offer = new WorkerOffer(
            Worker: Id,
            PayTo: Account,
            PricePerMillionFuel: _price,
            Slots: _slots,
            MemoryPagesMax: MarketLimits.MemoryPagesMax,
            Labels: _labels
        );
        _start = await _link.Insist(async grains =>
        {
            _facts.Offers(Id);
            try
            {
                return await Grain(grains).Admit(offer);
            }
            finally
            {
                _facts.Offers(Id);
            }
        });
        _offers++;
        _facts.Trail.Note($"{habit} worker {Id} offers, start {_start}");
    }

    private async Task Poll(int session)
    {
        var orders = MarketOffer.Unknown;
        for (var sequence = 1L; !_isStopped; sequence++)
        {
            var poll = new WorkerPoll(Id, _start, sequence, _drains ? 0 : _slots + chance.Below(3), AddsOutputs: true, Heartbeats: true)
            {
                Bids = Bids(orders),
                Opened = Opened(orders),
            };
            orders = await _link.Insist(grains => Poll(grains, poll));
            if (!orders.Known)
            {
                return;
            }
            foreach (var stop in orders.Stops)
            {
                Drop(stop);
            }
            foreach (var lease in orders.Leases)
            {
                _ = Run(lease, session);
            }
            foreach (var lease in orders.Reveals.IsDefault ? [] : orders.Reveals)
            {
                Reveal(lease);
            }
            if (habit == WorkerHabit.Repeating && sequence > 1 && chance.Below(2) == 0)
            {
                _ = Forget(grains => Poll(grains, poll with { Sequence = 1 + chance.Below((int)sequence) }));
            }
            if (habit == WorkerHabit.Vanishing && chance.Below(4) == 0)
            {
                return;
            }
            if (habit == WorkerHabit.Leaving && await MayLeave())
            {
                return;
            }
        }
    }

    private async Task<WorkerOrders> Poll(IGrainFactory grains, WorkerPoll poll)
    {
        var offer = _offers;
        var orders = await Market(grains).Poll(poll, default);
        _facts.Ordered(poll, orders, offer);
        return orders;
    }

    /// <summary>It bids what it asks, where the limit covers that and it likes.</summary>
    private ImmutableArray<SealedBid> Bids(WorkerOrders orders) =>
        [
            .. from invitation in orders.Invitations.IsDefault ? [] : orders.Invitations
            where _price <= invitation.PriceMax && !_drains && chance.Below(6) > 0
            let binding = new BidCommitment(TestOwner.Market.PublicKey, _start, invitation.Auction, invitation.Job, Id)
            select new SealedBid(invitation.Auction, binding.Of(_price, NonceOf(invitation.Auction))),
        ];

    /// <summary>One that lies says another price, and one that stalls may say nothing.</summary>
    private ImmutableArray<OpenedBid> Opened(WorkerOrders orders) =>
        [
            .. from auction in orders.Closed.IsDefault ? [] : orders.Closed
            where habit != WorkerHabit.Stalling || chance.Below(2) == 0
            let price = habit == WorkerHabit.Lying && chance.Below(LieParts) == 0 ? _price + new TokenAmount(1) : _price
            select new OpenedBid(auction, price, NonceOf(auction)),
        ];

    private Bytes32 NonceOf(long auction) => Blake3.Hash(Encoding.ASCII.GetBytes($"{Id} {_start} {auction}"));

    /// <summary>First it takes no more, then it has nothing left, then it says goodbye.</summary>
    private async Task<bool> MayLeave()
    {
        _drains |= chance.Below(4) == 0;
        if (!_drains || (_runs.Count > 0 && chance.Below(3) > 0))
        {
            return false;
        }
        await _link.Insist(grains => Market(grains).Leave(Id));
        return true;
    }

    private async Task Beat(int session)
    {
        while (!_isStopped && session == _session)
        {
            await _link.Pause(5000);
            if (habit == WorkerHabit.Stalling && chance.Below(2) == 0)
            {
                continue;
            }
            ImmutableArray<LeaseProgress> runs = [.. _runs.Values.Select(run => run.Progress(_link.Time.GetUtcNow()))];
            if (habit == WorkerHabit.Lying && chance.Below(2) == 0)
            {
                runs = [.. runs.Select(run => run with { FuelUsed = chance.Below(2) == 0 ? long.MaxValue : -1 })];
            }
            _ = Forget(async grains =>
            {
                foreach (var over in await Calls(grains).Heartbeat(runs))
                {
                    Drop(over);
                }
                return true;
            });
            if (habit == WorkerHabit.Repeating && chance.Below(2) == 0)
            {
                _ = Later(8000, () => Forget(grains => Calls(grains).Heartbeat(runs)));
            }
        }
    }

    private void Drop(LeaseId lease)
    {
        _sealed.Remove(lease);
        if (_runs.Remove(lease, out var run))
        {
            run.IsOver = true;
        }
    }

    private async Task Run(Lease lease, int session)
    {
        if (_runs.ContainsKey(lease.Id) || session != _session)
        {
            return;
        }
        var run = new RemoteRun(lease, chance.Below(1_000_000), _link.Time.GetUtcNow());
        _runs.Add(lease.Id, run);
        _signable[lease.Id] = run;
        ReportEarlierRun(lease);
        await _link.Pause(300);
        if (_drains || (_runs.Count > _slots && chance.Below(3) == 0))
        {
            await Report(run, run.Report(RunOutcome.Returned, _link.Time.GetUtcNow()) with { FuelUsed = 0 });
            return;
        }
        run.Stage = LeaseStage.SettingUp;
        await _link.Pause(500);
        run.Begin(_link.Time.GetUtcNow(), Duration());
        var report = await Execute(run);
        if (habit == WorkerHabit.Stalling && chance.Below(2) == 0)
        {
            return;
        }
        run.Stage = LeaseStage.Reporting;
        var told = habit == WorkerHabit.Lying && chance.Below(LieParts) == 0 ? Lie(report) : report;
        if (lease.IsSealed && told.Outcome.IsEnd() && (habit != WorkerHabit.Lying || chance.Below(4) > 0))
        {
            await Seal(run, told);
            return;
        }
        await Report(run, told);
    }

    /// <summary>It has run the job before, on a lease that was lost to it: why not report that.</summary>
    private void ReportEarlierRun(Lease lease)
    {
        if (
            habit is WorkerHabit.Vanishing or WorkerHabit.Repeating or WorkerHabit.Lying
            && lease.Root is null
            && _lost.Remove(lease.Ticket.Job, out var earlier)
        )
        {
            var report = earlier.Report(RunOutcome.Completed, _link.Time.GetUtcNow());
            _ = Later(400, () => Forget(grains => Send(grains, report)));
        }
    }

    private TimeSpan Duration() =>
        TimeSpan.FromMilliseconds(
            habit switch
            {
                WorkerHabit.Slow => 3000 + chance.Below(6500),
                WorkerHabit.Stalling => 5000 + chance.Below(60_000),
                _ => 50 + chance.Below(2500),
            }
        );

    private async Task<LeaseReport> Execute(RemoteRun run)
    {
        await Task.Delay(run.Duration, _link.Time);
        var now = _link.Time.GetUtcNow();
        if (chance.Below(12) == 0)
        {
            return run.Report(chance.Below(3) == 0 || run.IsCompared ? RunOutcome.WorkerFault : RunOutcome.Trapped, now);
        }
        if (run.IsCompared && run.Number % 8 == 0)
        {
            return run.Report(RunOutcome.Trapped, now);
        }
        try
        {
            var report = run.Report(RunOutcome.Completed, now);
            if (run.Lease.Root is not null)
            {
                var changes = await Change(run);
                var call = run.NextCall(Id);
                run.RootAfter = await _link.Insist(grains => Grain(grains).StateRootWith(call, changes));
                return report with { StateChanges = changes };
            }
            return (run.IsCompared ? run.Number % 6 : chance.Below(6)) == 0 ? report with { Output = await Bring(run) } : report;
        }
        catch (MarketException refused)
        {
            return run.Report(RunOutcome.WorkerFault, now) with { Reason = refused.Message };
        }
    }

    /// <summary>The program counts its runs, and remembers each.</summary>
    private async Task<ImmutableArray<StateChange>> Change(RemoteRun run)
    {
        var call = run.NextCall(Id);
        var count = await _link.Insist(grains => Grain(grains).ReadState(call, SimulatedMarket.Counter));
        return
        [
            .. new[]
            {
                new StateChange(SimulatedMarket.Counter, SimulatedMarket.Next(count)),
                new StateChange(run.Lease.Ticket.Job.Value.ToArray(), new byte[] { 1 }),
            }.OrderBy(change => change.Key, SimulatedMarket.ByBytes),
        ];
    }

    /// <summary>An output that is too large to travel inside the report.</summary>
    private async Task<GrainInterfaces.JobOutput> Bring(RemoteRun run)
    {
        var bytes = Encoding.ASCII.GetBytes(run.IsCompared ? $"output of {run.Lease.Ticket.Job}" : $"output of {run.Lease.Id} by {Id}");
        var (begin, add) = (run.NextCall(Id), run.NextCall(Id));
        var blob = IdDerivation.Blob(bytes);
        await _link.Insist(grains => Grain(grains).BeginOutput(begin, blob, bytes.Length));
        market.Silo.Blobs.Put(bytes);
        await _link.Insist(async grains =>
        {
            await Grain(grains).AddOutput(add, blob);
            _facts.Brought(Id, run.Lease.Id, blob);
        });
        return new GrainInterfaces.JobOutput(default, blob, bytes.Length);
    }

    /// <summary>Until the market has taken it, or the lease is over.</summary>
    private async Task Report(RemoteRun run, LeaseReport report)
    {
        _sent.Add(report);
        while (!run.IsOver && _runs.ContainsValue(run) && !_isStopped)
        {
            try
            {
                await _link.Call(grains => Send(grains, report));
                _runs.Remove(run.Lease.Id);
            }
            catch (Exception failure) when (failure is LinkException or MarketException)
            {
                await _link.Pause(500);
            }
        }
        if (habit is WorkerHabit.Repeating or WorkerHabit.Vanishing or WorkerHabit.Lying)
        {
            var old = _sent[chance.Below(_sent.Count)];
            _ = Later(20_000, () => Forget(grains => Send(grains, old)));
        }
    }

    private async Task<bool> Send(IGrainFactory grains, LeaseReport report)
    {
        var signed = _signable.GetValueOrDefault(report.Lease) is { } run ? TestKeys.Sign(_key, run.Lease, report, run.RootAfter) : report;
        if (habit == WorkerHabit.Lying && chance.Below(2 * LieParts) == 0)
        {
            signed = signed with { FuelUsed = signed.FuelUsed + 1 };
        }
        var sent = _facts.Sends(Id, Account, _price, signed, _link.Time.GetUtcNow(), _offers);
        await Calls(grains).Report([sent]);
        return true;
    }

    private LeaseReport Lie(LeaseReport honest)
    {
        var isCompleted = honest.Outcome == RunOutcome.Completed;
        switch (chance.Below(6))
        {
            case 0 when isCompleted:
                return honest with { FuelUsed = 20_000_000 };
            case 1 when _facts.LeaseOfAnother(Id, market.IsNear(Id), chance.Below(100)) is (var lease, var job):
                _ = Forget(grains => Send(grains, honest with { Lease = lease, Job = job }));
                return honest;
            case 2:
                return honest with { Outcome = RunOutcome.InvalidModule, FuelUsed = 0 };
            case 3 when isCompleted:
                return honest with { Output = market.Secret };
            case 4 when market.AnyJob(chance) is { } other:
                _ = Forget(grains => Send(grains, honest with { Job = other }));
                return honest;
            default:
                return !isCompleted ? honest : honest with { Output = new GrainInterfaces.JobOutput("lies"u8.ToArray(), null, 4) };
        }
    }

    /// <summary>Sends on what it earned.</summary>
    public Task Spend(AccountId to) => market.Transfer(_caller, $"earnings of {name}", to, 1);

    private IMarketGrain Market(IGrainFactory grains) => market.Shards.Of(grains, Id);

    private WorkerMarket Calls(IGrainFactory grains) => new(market.Shards, grains, Id);

    private IWorkerGrain Grain(IGrainFactory grains) => grains.GetGrain<IWorkerGrain>(Id.ToString());

    private async Task Later(int millisecondsMax, Func<Task> what)
    {
        await _link.Pause(millisecondsMax);
        await what();
    }

    /// <summary>Sent once, whatever comes of it.</summary>
    private async Task Forget<TAnswer>(Func<IGrainFactory, Task<TAnswer>> call)
    {
        try
        {
            await _link.Call(call);
        }
        catch (Exception failure) when (failure is LinkException or MarketException)
        {
            return;
        }
    }
}

/// <summary>A lease as its worker has it.</summary>
internal sealed class RemoteRun(Lease lease, long fuel, DateTimeOffset takenAt)
{
    private DateTimeOffset _begunAt = takenAt;
    private long _calls;

    public Lease Lease => lease;

    public LeaseStage Stage { get; set; } = LeaseStage.Waiting;

    public TimeSpan Duration { get; private set; } = TimeSpan.FromSeconds(1);

    /// <summary>The market has said so.</summary>
    public bool IsOver { get; set; }

    /// <summary>The root that its changes of state give.</summary>
    public StateRoot? RootAfter { get; set; }

    public void Begin(DateTimeOffset at, TimeSpan duration) => (_begunAt, Duration, Stage) = (at, duration, LeaseStage.Running);

    /// <summary>Others run the job too: what it gives follows from the job alone.</summary>
    public bool IsCompared => !lease.Ticket.Spec.Assurance.IsNone;

    /// <summary>A number that is the same for all runs of the job.</summary>
    public int Number => (int)(lease.Ticket.Job.Value.Prefix % 1_000_000);

    private long Fuel => IsCompared ? Number : fuel;

    public LeaseCall NextCall(WorkerId worker) => new(worker, lease.Id, ++_calls);

    public LeaseProgress Progress(DateTimeOffset now) =>
        new(lease.Id, Stage < LeaseStage.Running ? 0 : (long)(Fuel * Math.Min(1, (now - _begunAt) / Duration)), Stage);

    public LeaseReport Report(RunOutcome outcome, DateTimeOffset now) =>
        new(
            Lease: lease.Id,
            Job: lease.Ticket.Job,
            Outcome: outcome,
            Reason: outcome == RunOutcome.Completed ? null : $"{outcome}",
            FuelUsed: Fuel,
            Output: outcome == RunOutcome.Completed
                ? new GrainInterfaces.JobOutput(lease.Ticket.Spec.Input, null, lease.Ticket.Spec.Input.Length)
                : default,
            Log: default,
            StateChanges: [],
            StartedAt: _begunAt,
            EndedAt: now
        );
}
