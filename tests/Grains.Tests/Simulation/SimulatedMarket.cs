using System.Collections.Immutable;
using System.Text;
using Marketplace.Crypto;
using Marketplace.GrainHost.Simulation;
using Marketplace.GrainInterfaces;
using Marketplace.Grains.Tests.Ledger;
using Marketplace.Storage;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime;

namespace Marketplace.Grains.Tests.Simulation;

/// <summary>
/// The market of one run: its silos, its buyers, its remote workers, and the books that are kept beside it. Some of its silos are lost, and
/// the power goes.
/// </summary>
internal sealed class SimulatedMarket : IAsyncDisposable
{
    /// <summary>
    /// All jobs end so soon once there are no more faults: two sweeps find what no shard knows, a lease ends, and a job expires where none
    /// takes it.
    /// </summary>
    public static readonly TimeSpan EndsWithin = TimeSpan.FromMinutes(12);

    private static readonly string[] WritingNames = ["command writes", "command writes more"];

    private readonly SimulatedRun _run;
    private readonly FaultPlan _plan;
    private readonly MarketScenario _scenario;
    private readonly SeededChance _chance;
    private readonly BookWatch _watch;
    private readonly List<SimulatedBuyer> _buyers = [];
    private readonly List<RemoteWorker> _workers = [];
    private readonly List<Task> _serving = [];

    public SimulatedMarket(
        SimulatedRun run,
        FaultPlan plan,
        MarketScenario scenario,
        MarketFacts facts,
        Action<IServiceCollection>? register
    )
    {
        (_run, _plan, _scenario, Facts) = (run, plan, scenario, facts);
        _chance = run.Chance.Fork();
        Shards = scenario.NewShards();
        _watch = new BookWatch(facts, run.Time);
        var faults = new CallFaults(plan, run.Chance.Fork(), run.Time, SiloOf) { OnLost = _watch.Lost };
        Silo = new SimulatedSilo(
            run,
            plan,
            services =>
            {
                services.AddSingleton(Shards);
                services.AddSingleton<IIncomingGrainCallFilter>(_watch).AddSingleton<IIncomingGrainCallFilter>(faults);
                services.AddSingleton(new AccountTerms { SettlesOnChain = SettlesOnChain });
                register?.Invoke(services);
            },
            log => new WatchedLog(log, Books),
            documents => new WatchedJobs(documents, Stored)
        );
    }

    /// <summary>A key of state that each writing run counts up.</summary>
    public static ReadOnlyMemory<byte> Counter { get; } = new byte[] { 0 };

    /// <summary>The order of keys.</summary>
    public static IComparer<ReadOnlyMemory<byte>> ByBytes { get; } =
        Comparer<ReadOnlyMemory<byte>>.Create((left, right) => left.Span.SequenceCompareTo(right.Span));

    /// <summary>Buyers pay with deposits, and nothing that is earned is spent again.</summary>
    public bool SettlesOnChain { get; init; }

    public SimulatedSilo Silo { get; }

    public MarketFacts Facts { get; }

    public LedgerBooks Books { get; } = new();

    public MarketShards Shards { get; }

    public ProgramId Plain { get; private set; }

    public ImmutableArray<ProgramId> Writing { get; private set; } = [];

    /// <summary>Of all buyers and workers.</summary>
    public IReadOnlyList<AccountId> Accounts => [.. _buyers.Select(buyer => buyer.Account), .. _workers.Select(worker => worker.Own)];

    public IReadOnlyList<SimulatedBuyer> Buyers => _buyers;

    /// <summary>What no run of a worker has brought: the blob of another account.</summary>
    public GrainInterfaces.JobOutput Secret { get; private set; }

    public static ReadOnlyMemory<byte> Next(ReadOnlyMemory<byte>? count) => BitConverter.GetBytes(CountOf(count) + 1);

    public static int CountOf(ReadOnlyMemory<byte>? count) => count is { } bytes ? BitConverter.ToInt32(bytes.Span) : 0;

    public async Task Begin()
    {
        await Silo.Start();
        for (var number = 0; number < 2 + _chance.Below(2); number++)
        {
            var jobs = _scenario.Jobs / 2;
            _buyers.Add(new SimulatedBuyer(this, _run.Chance.Fork(), $"buyer {number}", jobs, isPoor: number == 2));
        }
        for (var number = 0; number < _scenario.Workers.Length; number++)
        {
            var earner = $"worker {_scenario.Owners[number]}";
            _workers.Add(new RemoteWorker(this, _run.Chance.Fork(), $"worker {number}", earner, _scenario.Workers[number]));
        }
        var owner = await _buyers[0].Open();
        foreach (var buyer in _buyers.Skip(1))
        {
            await buyer.Open();
        }
        foreach (var worker in _workers)
        {
            await worker.Open();
        }
        Plain = await Deploy(owner, "command");
        foreach (var name in WritingNames)
        {
            Writing = Writing.Add(await Deploy(owner, name));
        }
        var secret = Silo.Blobs.Put("secret"u8.ToArray());
        await Silo.Insist(grains => grains.GetGrain<IBlobGrain>(secret.ToString()).Pin(owner.Account, 6, null, Authority.Market));
        Secret = new GrainInterfaces.JobOutput(default, secret, 6);
    }

    /// <summary>Orders, runs and losses, until the last job was ordered and the last silo lost.</summary>
    public async Task Work()
    {
        _serving.AddRange(_workers.Select(worker => worker.Serve()));
        var losing = Lose();
        await Task.WhenAll(_buyers.Select(buyer => buyer.Work()));
        foreach (var worker in _workers.Where(_ => _chance.Below(2) == 0))
        {
            await worker.Spend(_buyers[0].Account);
        }
        await losing;
    }

    /// <summary>No more faults, and workers that can do all jobs: everything ends.</summary>
    public async Task End()
    {
        _plan.IsOn = false;
        foreach (var worker in _workers.Where(worker => worker.Habit != WorkerHabit.Honest))
        {
            worker.Stop();
        }
        var until = _run.Time.GetUtcNow() + EndsWithin;
        await Task.WhenAll(_buyers.Select(buyer => buyer.WaitForAll(until)));
        foreach (var worker in _workers)
        {
            worker.Stop();
        }
        await Task.WhenAll(_serving);
        await ComeToRest();
    }

    public void CheckBooks() => _watch.Check();

    public Task<IReadOnlyList<string>> Violations() => SimulationInvariants.Violations(this, _workers);

    public async Task<Caller> AddKey(AccountId account)
    {
        var key = await Silo.Insist(grains =>
            grains
                .GetGrain<IAccountGrain>(account.ToString())
                .CreateKey(
                    new GrainInterfaces.KeyRequest("simulated", Scopes.Read | Scopes.Submit | Scopes.Deploy | Scopes.Transfer, null),
                    null,
                    Authority.Silo
                )
        );
        return new Caller(account, key.View.Id, key.View.Scopes);
    }

    /// <summary>Sends money, and the same order again.</summary>
    public async Task Transfer(Caller from, string request, AccountId to, int amount)
    {
        var order = new TransferOrder(request, to, new TokenAmount((UInt128)amount), Silo.Time.GetUtcNow());
        Books.ExpectTransfer(from.Account, order);
        for (var times = 1 + _chance.Below(2); times > 0; times--)
        {
            try
            {
                await Silo.Insist(grains => grains.GetGrain<IAccountGrain>(from.Account.ToString()).Transfer(from, order));
            }
            catch (MarketException refused) when (refused.Code is ErrorCode.InsufficientFunds)
            {
                return;
            }
            Books.RequireTransferred(from.Account, request);
            Facts.Transfers[(from.Account, request)] = order;
            await Silo.Pause(5000);
        }
    }

    /// <summary>Whether another worker is in the shard of this one.</summary>
    public Func<WorkerId, bool> IsNear(WorkerId worker) => other => Shards.KeyOf(other) == Shards.KeyOf(worker);

    public JobId? AnyJob(SeededChance chance) => Facts.Jobs.Count == 0 ? null : Facts.Jobs.Keys.ElementAt(chance.Below(Facts.Jobs.Count));

    public ValueTask DisposeAsync() => Silo.DisposeAsync();

    private int SiloOf(GrainId grain) => (int)(StableHash(grain.ToString()) % (uint)_scenario.Silos);

    private static uint StableHash(string text)
    {
        var hash = 2166136261;
        foreach (var letter in text)
        {
            hash = (hash ^ letter) * 16777619;
        }
        return hash;
    }

    private async Task Lose()
    {
        for (var losses = 0; losses < _scenario.Losses; losses++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(200 + _chance.Below(_chance.Below(3) == 0 ? 2_000 : 20_000)), _run.Time);
            var isCut = _chance.Below(4) == 0;
            var lost = _chance.Below(_scenario.Silos);
            var pause = TimeSpan.FromMilliseconds(_chance.Below(2000));
            if (isCut && !_plan.Off.Contains("power cut"))
            {
                Facts.Trail.Note($"the power goes");
                _watch.Lose(_ => true);
                Silo.Crash();
                await Task.Delay(pause, _run.Time);
                await Silo.Start(ReadAgain);
            }
            else if (!isCut && !_plan.Off.Contains("silo lost"))
            {
                Facts.Trail.Note($"silo {lost} is lost");
                _watch.Lose(grain => SiloOf(grain) == lost);
                Silo.Lose(grain => SiloOf(grain) == lost);
            }
        }
    }

    /// <summary>What was being written when the power went may be there.</summary>
    private async Task ReadAgain(EmbeddedStore store)
    {
        foreach (var id in Facts.Jobs.Keys)
        {
            if (await store.Read(new DocumentKey(JobStateCodec.Kind, id.ToString())) is { } document)
            {
                Stored(id, document.Content);
            }
        }
        await Books.ReadAgain(store, Accounts);
    }

    private void Stored(JobId id, ReadOnlyMemory<byte> content) =>
        Facts.Stored(id, JobStateCodec.Read(content.Span), (job, charge) => Books.ExpectCharge(job, charge));

    private async Task<ProgramId> Deploy(Caller owner, string module)
    {
        var blob = Silo.Blobs.Put(Encoding.UTF8.GetBytes(module));
        var program = IdDerivation.Program(blob, default);
        await Silo.Insist(grains => grains.GetGrain<IBlobGrain>(blob.ToString()).Pin(owner.Account, module.Length, null, Authority.Market));
        await Silo.Insist(grains =>
            grains.GetGrain<IProgramGrain>(program.ToString()).Deploy(owner, new ProgramDeployment(blob, default, "program"))
        );
        return program;
    }

    /// <summary>
    /// Until no account has a hold or money under way, at most as long as accounts may need to ask for the ends of their holds. The first
    /// question wakes the accounts, as a reminder would.
    /// </summary>
    private async Task ComeToRest()
    {
        var until = _run.Time.GetUtcNow() + (2 * (AccountPolicy.HoldOrphanAge + (2 * AccountPolicy.ReconcilePeriod)));
        for (var isBusy = true; isBusy && _run.Time.GetUtcNow() < until; )
        {
            await Task.Delay(AccountPolicy.ReconcilePeriod, _run.Time);
            isBusy = false;
            foreach (var account in Accounts)
            {
                var view = await Silo.Insist(grains => grains.GetGrain<IAccountGrain>(account.ToString()).Get());
                isBusy |= view.OpenJobs > 0 || !view.UnderWay.IsZero;
            }
        }
        await Silo.Stop();
    }
}
