using Marketplace.Crypto;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;
using Marketplace.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Marketplace.Grains.Tests.Support;

/// <summary>Workers that serve in committees, and a client that buys from them, in an epoch that the real grain has drawn.</summary>
internal sealed class CommitteeScene(TestMarket market, Caller client, ProgramId program, SimulatedChain? chain = null) : IAsyncDisposable
{
    private static readonly TimeSpan BlockTime = TimeSpan.FromSeconds(12);
    private readonly Dictionary<int, string> _lies = [];
    private readonly HashSet<int> _late = [];
    private readonly HashSet<int> _silent = [];
    private CancellationTokenSource _stop = new();
    private List<Task> _serving = [];
    private int _jobs;

    public TestMarket Market => market;

    public Caller Client => client;

    /// <summary>Where its members stake, if the market settles on a chain.</summary>
    public SimulatedChain Chain => chain!;

    public List<TestVoter> Voters { get; } = [];

    /// <summary>As short as terms may be.</summary>
    public static EpochTerms Terms { get; } =
        new()
        {
            Length = TimeSpan.FromMinutes(10),
            Shares = MarketLimits.EpochSharesMin,
            StakeMin = new TokenAmount(1000),
        };

    public ICommitteeGrain Committees => market.Grains.GetGrain<ICommitteeGrain>(MarketLimits.CommitteesKey);

    /// <param name="domain">Null: the market settles nowhere. On a chain its members stake there.</param>
    /// <param name="stakes">What each member has at stake on the chain; null: 1,000.</param>
    /// <param name="unbonding">For how long a stake that was taken back can be slashed on the chain; null: a week.</param>
    public static void Run(
        int members,
        Func<CommitteeScene, Task> scenario,
        EpochTerms? terms = null,
        ulong seed = 1,
        int shards = 1,
        MarketDomain? domain = null,
        Func<int, ulong>? stakes = null,
        TimeSpan? unbonding = null
    )
    {
        var chain = domain is { Settles: true } ? new SimulatedChain(domain, TimeSpan.FromHours(1)) : null;
        if (chain is not null && unbonding is { } delay)
        {
            chain.Terms = chain.Terms with { UnbondingDelay = delay };
        }
        TestMarket.Run(
            async market =>
            {
                var client = await market.OpenAccount("client");
                await using var scene = new CommitteeScene(market, client, await market.Deploy(client), chain);
                if (chain is null)
                {
                    await scene.Add(members);
                }
                else
                {
                    chain.IsAskerGone = () => market.Store.IsCrashed;
                    await scene.AddOnChain(members, stakes ?? (_ => 1_000));
                }
                await scene.Serve();
                await scene.Begin(1);
                await scenario(scene);
            },
            seed,
            services =>
            {
                services.AddSingleton(terms ?? Terms).AddSingleton(new MarketShards(shards)).AddSingleton(domain ?? TestOwner.Domain);
                if (chain is not null)
                {
                    services
                        .AddSingleton<Chain.IMarketChain>(chain)
                        .AddSingleton(new SettlementTerms { Confirmations = Confirmations })
                        .AddSingleton(new AccountTerms { SettlesOnChain = true });
                }
            }
        );
    }

    /// <summary>Blocks that must follow one before it counts.</summary>
    public const int Confirmations = 3;

    public ISettlementGrain Settlements => market.Grains.GetGrain<ISettlementGrain>(MarketLimits.SettlementKey);

    /// <summary>Workers with a key and a stake on the chain, which serve there from now on; in the books nothing is at stake.</summary>
    private async Task AddOnChain(int members, Func<int, ulong> stakes)
    {
        for (var number = 0; number < members; number++)
        {
            var voter = new TestVoter($"member {Voters.Count}", market.Domain);
            Voters.Add(voter);
            await market.OpenAccount(voter.Name);
            Register(voter, stakes(number));
        }
        chain!.Mine();
        NextEpochOnChain();
        chain.Mine(Confirmations);
        await Settlements.Follow(Authority.Silo);
    }

    public void Register(TestVoter voter, ulong stake) => Chain.Do(state => state.Register(voter.Worker, KeyOf(voter), stake));

    public static BlsPublicKey KeyOf(TestVoter voter) => BlsPublicKey.Read(voter.Key.Key.Span);

    /// <summary>The registry's next epoch begins.</summary>
    public void NextEpochOnChain() => Chain.Mine(1, seconds: 3_600);

    /// <summary>Blocks come, as they do, and the market hears of them.</summary>
    public async Task Blocks(int count)
    {
        for (; count > 0; count--)
        {
            Chain.Mine();
            await Task.Delay(BlockTime, market.Time);
        }
    }

    public Task BlocksFor(TimeSpan time) => Blocks((int)(time / BlockTime));

    /// <summary>What is on the chain now counts, and the market's next epoch has begun.</summary>
    public async Task NextEpoch()
    {
        await Blocks(Confirmations + 1);
        await Begin((await Committees.GetCurrent())!.Epoch + 1);
    }

    /// <summary>Waits until an epoch has begun; the members are then in the order in which they were drawn.</summary>
    public async Task Begin(ulong epoch)
    {
        var until = market.Time.GetUtcNow() + TimeSpan.FromHours(2);
        EpochRoster? roster;
        while ((roster = await Committees.GetCurrent()) is null || roster.Epoch < epoch)
        {
            Assert.True(market.Time.GetUtcNow() < until, $"Epoch {epoch} did not begin.");
            await Task.Delay(TimeSpan.FromSeconds(1), market.Time);
        }
        Assert.Equal(epoch, roster.Epoch);
        var places = roster.Drawn.Select((member, place) => (member.Worker, place)).ToDictionary();
        Voters.Sort((one, other) => Place(one).CompareTo(Place(other)));
        // The market hears of it in its next round.
        await Task.Delay(MarketPolicy.MaintenancePeriod + TimeSpan.FromSeconds(1), market.Time);

        int Place(TestVoter voter) => places.GetValueOrDefault(voter.Worker, int.MaxValue);
    }

    /// <summary>Workers with a key and enough at stake.</summary>
    public async Task Add(int members)
    {
        for (var number = 0; number < members; number++)
        {
            var voter = new TestVoter($"member {Voters.Count}", market.Domain);
            Voters.Add(voter);
            await Stake(voter.Name, voter.Worker, 1000);
        }
    }

    public async Task TakeBack(TestVoter voter)
    {
        var caller = await market.AddKey(voter.Name);
        await market.Grains.GetGrain<IReputationGrain>(ReputationKeys.OfWorker(voter.Worker)).Unstake(caller, ["stake"]);
    }

    public async Task Stake(string account, WorkerId worker, long amount)
    {
        var caller = await market.OpenAccount(account);
        await market
            .Grains.GetGrain<IReputationGrain>(ReputationKeys.OfWorker(worker))
            .Stake(caller, new StakeRequest("stake", new TokenAmount((UInt128)amount)));
    }

    public void Lies(int member) => _lies[member] = "";

    public void IsHonest(int member) => _lies.Remove(member);

    /// <summary>Its runs never end.</summary>
    public void IsLate(int member) => _late.Add(member);

    /// <summary>Whether it keeps the results that it has sealed to itself.</summary>
    public void KeepsSilent(int member, bool isOn = true) => _ = isOn ? _silent.Add(member) : _silent.Remove(member);

    public void LiesAbout(int member, string input) => _lies[member] = input;

    public async Task CrashAndStart()
    {
        await Stop();
        await market.CrashAndStart();
        if (chain is not null)
        {
            await Settlements.Follow(Authority.Silo);
        }
        await Serve();
    }

    public async Task<JobId> Submit(string assurance, string input)
    {
        var item = TestMarket.Item($"job {++_jobs}", program, price: 300, input);
        var spec = item.Spec with { Assurance = Assurance.Parse(assurance), ExpiresAfter = TimeSpan.FromHours(2) };
        var result = Assert.Single(await market.Submit(client, item with { Spec = spec }));
        Assert.Null(result.Code);
        return result.Job;
    }

    public async Task<IReadOnlyList<JobId>> SubmitTogether(string assurance, int count)
    {
        var items = Enumerable
            .Range(0, count)
            .Select(number => TestMarket.Item($"job {number}", program, price: 300, $"in {number}"))
            .Select(item => item with { Spec = item.Spec with { Assurance = Assurance.Parse(assurance) } });
        return [.. (await market.Submit(client, [.. items])).Select(result => result.Job)];
    }

    public async Task<JobView> Ended(string assurance, TimeSpan? within = null) =>
        await Wait(await Submit(assurance, "in"), within ?? TimeSpan.FromMinutes(1));

    /// <summary>The job's end, and how long it took.</summary>
    public async Task<(JobView View, TimeSpan Took)> Timed(string assurance)
    {
        var begun = market.Time.GetUtcNow();
        var view = await Ended(assurance);
        return (view, view.EndedAt!.Value - begun);
    }

    /// <summary>What counts against the member.</summary>
    public async Task<long> Faults(int member)
    {
        var subject = ReputationKeys.OfWorker(Voters[member].Worker);
        return (await market.Grains.GetGrain<IReputationGrain>(subject).Get(caller: null)).Faulted;
    }

    public async Task<JobView> Wait(JobId job, TimeSpan within)
    {
        var until = market.Time.GetUtcNow() + within;
        while (market.Time.GetUtcNow() < until)
        {
            var view = await market.Job(job).WaitEnded(client, TimeSpan.FromSeconds(30), default);
            if (view.Status.HasEnded())
            {
                await market.Settle();
                return view;
            }
        }
        return await market.Job(job).Get(client);
    }

    public async Task<ReceiptFile> Receipt(JobId job)
    {
        var file = ReceiptFile.Parse((await market.Job(job).GetReceipt(client)).Span);
        Assert.DoesNotContain(ReceiptChecks.Of(file), check => check.Result == CheckResult.Broken);
        return file;
    }

    public async ValueTask DisposeAsync() => await Stop();

    public async Task Serve()
    {
        (_stop, _serving) = (new CancellationTokenSource(), []);
        foreach (var voter in Voters)
        {
            var worker = new TestWorker(market, voter.Name, price: 10, slots: 4) { Voter = voter };
            await worker.Offer();
            _serving.Add(
                worker.ServeSealed(
                    lease => Run(worker, Voters.IndexOf(voter), lease),
                    () => !_silent.Contains(Voters.IndexOf(voter)),
                    _stop.Token
                )
            );
        }
        // The next round of maintenance asks for the epoch.
        await Task.Delay(MarketPolicy.MaintenancePeriod + TimeSpan.FromSeconds(1), market.Time);
    }

    private LeaseReport? Run(TestWorker worker, int member, Lease lease)
    {
        if (_late.Contains(member))
        {
            return null;
        }
        var input = System.Text.Encoding.UTF8.GetString(lease.Ticket.Spec.Input.Span);
        var isLie = _lies.TryGetValue(member, out var about) && (about.Length == 0 || about == input);
        return worker.Completed(lease, isLie ? $"lie of {member}" : "out", fuel: 1_000_000);
    }

    /// <summary>No worker is there any more.</summary>
    public async Task Stop()
    {
        _stop.Cancel();
        await Task.WhenAll(_serving);
        _stop.Dispose();
    }
}
