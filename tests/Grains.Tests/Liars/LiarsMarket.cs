using System.Collections.Immutable;
using System.Text;
using Marketplace.Crypto;
using Marketplace.GrainHost.Simulation;
using Marketplace.GrainInterfaces;
using Marketplace.Grains.Tests.Simulation;
using Marketplace.Receipts;
using Microsoft.Extensions.DependencyInjection;

namespace Marketplace.Grains.Tests.Liars;

/// <summary>
/// The real grains over the real store with a buyer and a hundred workers, of whom some lie. Nothing is lost and nothing fails here: what
/// comes out wrong comes from the liars.
/// </summary>
internal sealed class LiarsMarket : IAsyncDisposable
{
    /// <summary>Disputes are over by then: a jury's time, and what waits for a reminder that was missed.</summary>
    private static readonly TimeSpan DisputesMax = DisputePolicy.TrialMax + (12 * DisputePolicy.CheckPeriod);

    private static readonly TokenAmount BuyerHas = new((UInt128)1_000_000_000);

    private readonly LiarsScenario _scenario;
    private readonly SimulatedRun _run;
    private readonly SeededChance _chance;
    private readonly List<Task> _serving = [];
    private readonly HashSet<AccountId> _owners = [];
    private readonly LiarsWorker[] _present;
    private Caller _buyer = null!;
    private bool _isOver;
    private ProgramId _program;

    public LiarsMarket(LiarsScenario scenario, SimulatedRun run)
    {
        (_scenario, _run, _chance) = (scenario, run, run.Chance.Fork());
        Board = new LiarsBoard(scenario.Assurance);
        _present = new LiarsWorker[scenario.Workers];
        Silo = new SimulatedSilo(run, new FaultPlan { IsOn = false }, services => services.AddSingleton(Epochs));
    }

    public SimulatedSilo Silo { get; }

    public LiarsBoard Board { get; }

    /// <summary>All that there were, also those that have gone.</summary>
    public List<LiarsWorker> Workers { get; } = [];

    /// <summary>In the order in which they were ordered.</summary>
    public List<JobId> Jobs { get; } = [];

    public Caller Buyer => _buyer;

    public int Returns { get; private set; }

    /// <inheritdoc cref="LiarsCounts.Listed"/>
    public int Listed { get; private set; }

    /// <inheritdoc cref="LiarsCounts.Listed"/>
    public int ListedLiars { get; private set; }

    /// <summary>Times that jobs were ordered.</summary>
    public int Rounds { get; private set; }

    /// <summary>What the buyer is told of the wrong results that it has to expect.</summary>
    public string Quoted { get; private set; } = "";

    public TimeSpan Simulated => _run.Time.GetUtcNow() - SimulatedRun.Start;

    /// <summary>As short as terms may be.</summary>
    private static EpochTerms Epochs { get; } =
        new()
        {
            Length = MarketLimits.EpochMin,
            Shares = MarketLimits.EpochSharesMin,
            StakeMin = LiarsWorker.AtStake,
        };

    private bool HasCommittees => _scenario.Assurance.Kind == AssuranceKind.Committee;

    /// <summary>An account with money, and a key of it.</summary>
    public static async Task<Caller> Open(SimulatedSilo silo, AccountId account, TokenAmount credit)
    {
        var request = new GrainInterfaces.KeyRequest("key", Scopes.Read | Scopes.Submit | Scopes.Deploy, null);
        return await silo.Insist(async grains =>
        {
            var grain = grains.GetGrain<IAccountGrain>(account.ToString());
            await grain.Credit("first", credit, at: null, Authority.Silo);
            var key = await grain.CreateKey(request, null, Authority.Silo);
            return new Caller(account, key.View.Id, key.View.Scopes);
        });
    }

    public async Task Begin()
    {
        await Silo.Start();
        _buyer = await Open(Silo, new AccountId(TestKeys.Of("buyer").PublicKey), BuyerHas);
        _program = await Deploy();
        for (var number = 0; number < _scenario.Workers; number++)
        {
            await Add(number, $"worker {number}");
        }
        Quoted = await Quote();
    }

    public async Task Work()
    {
        var stalling = _scenario.Stall ? Stall() : Task.CompletedTask;
        var epoch = 0UL;
        while (Jobs.Count < _scenario.Jobs)
        {
            epoch = HasCommittees ? await NextEpoch(epoch) : 0;
            Rounds++;
            var jobs = await Order(Math.Min(_scenario.Together, _scenario.Jobs - Jobs.Count));
            foreach (var job in jobs)
            {
                await WaitEnded(job);
            }
            if (!_scenario.Assurance.IsNone)
            {
                // A jury of workers that answer at once needs no more.
                await Task.Delay(TimeSpan.FromSeconds(15), _run.Time);
            }
            if (_scenario.Return)
            {
                await Return();
            }
        }
        _isOver = true;
        await stalling;
    }

    /// <summary>
    /// Where the conspiracy can keep a committee from its work, and not lie with it, its members there are away until the next draw.
    /// </summary>
    private async Task Stall()
    {
        var size = _scenario.Assurance.Seats;
        while (!_isOver)
        {
            var roster = await Silo.Insist(grains => grains.GetGrain<ICommitteeGrain>(MarketLimits.CommitteesKey).GetCurrent());
            WorkerId[] members = [.. (roster?.Drawn ?? []).Take(size).Select(member => member.Worker)];
            var liars = _present.Where(worker => worker.Nature == WorkerNature.Colluding).ToArray();
            var seated = liars.Where(worker => members.Contains(worker.Id)).ToArray();
            var stalls = CommitteeOdds.CanStop(seated.Length, size) && !CommitteeOdds.CanLie(seated.Length, size);
            foreach (var liar in liars)
            {
                await liar.Rest(stalls && seated.Contains(liar));
            }
            await Task.Delay(TimeSpan.FromSeconds(5), _run.Time);
        }
    }

    /// <summary>All disputes come to their end.</summary>
    public async Task ComeToRest()
    {
        var until = _run.Time.GetUtcNow() + DisputesMax;
        while (await HasOpenDisputes() && _run.Time.GetUtcNow() < until)
        {
            await Task.Delay(DisputePolicy.CheckPeriod, _run.Time);
        }
        // The ledger names what committees have signed.
        await Task.Delay(3 * BatchPolicy.TellAfter, _run.Time);
    }

    /// <summary>All workers go, and all money comes to rest.</summary>
    public async Task End()
    {
        foreach (var worker in _present)
        {
            worker.Stop();
        }
        await Task.WhenAll(_serving);
        // What was slashed is paid by the holds' settlements, which the reminder of stakes repeats.
        await Task.Delay(3 * StakePolicy.CheckPeriod, _run.Time);
        await Silo.Stop();
    }

    public ValueTask DisposeAsync() => Silo.DisposeAsync();

    private async Task Add(int number, string name)
    {
        var owner = _scenario.Owners is { } owners && number < _scenario.Liars ? $"owner {number % owners}" : name;
        var worker = new LiarsWorker(Silo, Board, _scenario, _chance.Fork(), name, owner, _scenario.NatureOf(number));
        Workers.Add(worker);
        _present[number] = worker;
        await worker.Begin(_owners.Add(worker.Owner));
        _serving.Add(worker.Serve());
    }

    /// <summary>Liars that the market gives no more leases come again as others.</summary>
    private async Task Return()
    {
        for (var number = 0; number < _scenario.Liars; number++)
        {
            var view = await Silo.Insist(grains =>
                grains.GetGrain<IReputationGrain>(ReputationKeys.OfWorker(_present[number].Id)).Get(caller: null)
            );
            if (view.Standing.Level == GrainInterfaces.StandingLevel.Excluded || view.Standing.Stake < LiarsWorker.AtStake)
            {
                _present[number].Stop();
                await Add(number, $"worker {number}, {++Returns}");
            }
        }
    }

    private async Task<ImmutableArray<JobId>> Order(int count)
    {
        var items = Enumerable
            .Range(Jobs.Count, count)
            .Select(number => new SubmitItem($"job {number}", Spec($"input {number}")))
            .ToImmutableArray();
        var results = await Silo.Insist(grains => grains.GetGrain<ISubmissionGrain>(0).Submit(_buyer, items));
        if (results.FirstOrDefault(result => result.Code is not null) is { } refused)
        {
            throw new InvalidOperationException($"Job {refused.Job} was refused: {refused.Message}");
        }
        ImmutableArray<JobId> jobs = [.. results.Select(result => result.Job)];
        Jobs.AddRange(jobs);
        return jobs;
    }

    private GrainInterfaces.JobSpec Spec(string input) =>
        TestMarket.Spec(_program, LiarsWorker.Price * _scenario.Assurance.Seats, input) with
        {
            Assurance = _scenario.Assurance,
            // Long enough for another committee or two.
            ExpiresAfter = TimeSpan.FromMinutes(6),
            // Who may be asked has something to lose.
            Needs = new GrainInterfaces.JobNeeds(StakeMin: LiarsWorker.AtStake),
        };

    private async Task WaitEnded(JobId job)
    {
        JobView view;
        do
        {
            view = await Silo.Insist(grains =>
                grains.GetGrain<IJobGrain>(job.ToString()).WaitEnded(_buyer, TimeSpan.FromSeconds(20), default)
            );
        } while (!view.Status.HasEnded());
    }

    private async Task<string> Quote()
    {
        var spec = Spec("");
        var terms = new QuoteTerms(
            Program: _program,
            FuelMax: spec.FuelMax,
            MemoryPagesMax: spec.MemoryPagesMax,
            Needs: spec.Needs,
            Priority: 0,
            Assurances: [spec.Assurance],
            LiarsPermille: _scenario.LiarsPermille
        );
        var sheet = await Silo.Insist(grains => grains.GetGrain<IQuoteGrain>(0).Get(_buyer, terms));
        return sheet.Quotes[0].WrongAccepted;
    }

    /// <summary>Jobs of one epoch have one committee, so each part of the jobs has an epoch of its own.</summary>
    private async Task<ulong> NextEpoch(ulong last)
    {
        while (true)
        {
            var roster = await Silo.Insist(grains => grains.GetGrain<ICommitteeGrain>(MarketLimits.CommitteesKey).GetCurrent());
            if (roster is { } running && running.Epoch > last)
            {
                var liars = Workers.Where(worker => worker.Nature != WorkerNature.Honest).Select(worker => worker.Id).ToHashSet();
                Listed += running.Drawn.Length;
                ListedLiars += running.Drawn.Count(member => liars.Contains(member.Worker));
                // The market hears of it in its next round.
                await Task.Delay(MarketPolicy.MaintenancePeriod + TimeSpan.FromSeconds(1), _run.Time);
                return running.Epoch;
            }
            await Task.Delay(TimeSpan.FromSeconds(20), _run.Time);
        }
    }

    private async Task<bool> HasOpenDisputes()
    {
        await foreach (var (_, document) in Silo.Store.Scan(DisputeState.Kind))
        {
            if (DisputeCodec.Read(document.Content.Span).Stage is DisputeStage.Open or DisputeStage.Decided)
            {
                return true;
            }
        }
        return false;
    }

    private async Task<ProgramId> Deploy()
    {
        var module = Encoding.UTF8.GetBytes("command");
        var blob = Silo.Blobs.Put(module);
        var program = IdDerivation.Program(blob, default);
        return await Silo.Insist(async grains =>
        {
            await grains.GetGrain<IBlobGrain>(blob.ToString()).Pin(_buyer.Account, module.Length, null, Authority.Market);
            await grains.GetGrain<IProgramGrain>(program.ToString()).Deploy(_buyer, new ProgramDeployment(blob, default, "program"));
            return program;
        });
    }
}
