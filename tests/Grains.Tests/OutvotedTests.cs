using Marketplace.GrainInterfaces;
using Marketplace.Receipts;
using Marketplace.Testing;
using static Marketplace.Grains.Tests.Support.DisputeScene;

namespace Marketplace.Grains.Tests;

/// <summary>
/// Workers whose results were not the majority's: it counts against those for whom nothing at stake speaks, and of the others against those
/// that a jury finds wrong.
/// </summary>
public sealed class OutvotedTests
{
    private const int Stake = 100_000;

    private static readonly string[] Panel = ["liar 0", "liar 1", "honest"];

    [Fact]
    public void OutvotedWorkers_OfWhichNoneHasAStake_HaveAFault() =>
        TestMarket.Run(async market =>
        {
            await using var scene = await Scene.Of(market);
            Assert.Equal(DisputeStates.Kept, (await scene.RunJob()).State);
            Assert.Equal((0L, 0L, 1L), await scene.Faults());
        });

    [Fact]
    public void OutvotedWorkerWithAStake_WhoseMajorityHasNone_HasNoFault() =>
        TestMarket.Run(async market =>
        {
            await using var scene = await Scene.Of(market, "honest");
            Assert.Equal(DisputeStates.Kept, (await scene.RunJob()).State);
            Assert.Equal((0L, 0L, 0L), await scene.Faults());
        });

    /// <summary>What it could lose is not enough for a jury, so it has not put itself up to be judged.</summary>
    [Fact]
    public void OutvotedWorkerWithALittleAtStake_HasAFault() =>
        TestMarket.Run(async market =>
        {
            await using var scene = await Scene.Of(market);
            await scene.Stake("honest", (DisputePolicy.SeatsMax * 20) - 1);
            await scene.RunJob();
            Assert.Equal((0L, 0L, 1L), await scene.Faults());
        });

    [Fact]
    public void Jury_FindsTheMajorityWrong_AndWhoWasOutvotedNeverHadAFault() =>
        TestMarket.Run(async market =>
        {
            await using var scene = await Scene.Of(market, Panel);
            Assert.Equal(DisputeStates.Open, (await scene.RunJob()).State);
            Assert.Equal((0L, 0L, 0L), await scene.Faults());

            await scene.AddJurors(DisputePolicy.Lead);
            await Task.Delay(2 * DisputePolicy.CheckPeriod, market.Time);
            Assert.Equal(DisputeStates.Settled, (await scene.Dispute()).State);
            Assert.Equal((1L, 1L, 0L), await scene.Faults());
            Assert.Equal(StandingLevel.Excluded, await scene.LevelOf("liar 0"));
        });

    [Fact]
    public void Jury_FindsWhoWasOutvotedWrong_AndItHasOneFault_AHeavyOne() =>
        TestMarket.Run(async market =>
        {
            await using var scene = await Scene.Of(market, Panel);
            scene.JurorsLie = true;
            await scene.RunJob();
            await scene.AddJurors(DisputePolicy.Lead);
            await Task.Delay(2 * DisputePolicy.CheckPeriod, market.Time);
            Assert.Equal((0L, 0L, 1L), await scene.Faults());
            Assert.Equal(StandingLevel.Excluded, await scene.LevelOf("honest"));
        });

    [Fact]
    public void TrialWithoutAVerdict_LeavesNoFaultOnEitherSide() =>
        TestMarket.Run(async market =>
        {
            await using var scene = await Scene.Of(market, Panel);
            await scene.RunJob();
            await Task.Delay(DisputePolicy.TrialMax + DisputePolicy.CheckPeriod, market.Time);
            Assert.Equal(DisputeStates.Undecided, (await scene.Dispute()).State);
            Assert.Equal((0L, 0L, 0L), await scene.Faults());
        });

    /// <summary>A stake that another dispute has taken backs nothing any more.</summary>
    [Fact]
    public void StakeThatIsGone_SpeaksForNone() =>
        Run(async scene =>
        {
            await scene.Stake("seat", JuryCostMax);
            await scene
                .Reputation("seat")
                .Slash(
                    new SlashOrder(
                        Dispute: new JobId(TestMarket.Id("another").Value),
                        At: scene.Market.Time.GetUtcNow(),
                        Amount: new TokenAmount(1),
                        Payees: [],
                        Rest: TestMarket.Id("buyer"),
                        Price: new TokenAmount(1)
                    ),
                    Authority.Dispute
                );
            Assert.Contains(IdOf("seat"), await scene.Dispute.Open(scene.Case(), Authority.Market));
        });

    /// <summary>One worker that has put itself up to be judged speaks for all with its result, as it would in a trial.</summary>
    [Fact]
    public void StakeOfOne_SpeaksForAllThatGaveItsResult() =>
        Run(async scene =>
        {
            await scene.Stake("liar 0", JuryCostMax);
            for (var time = 0; time < 2; time++)
            {
                Assert.Equal([IdOf("seat")], await scene.Dispute.Open(scene.Case(), Authority.Market));
            }
        });

    /// <summary>A market that died ran the job again: those votes are in no dispute, so no jury is to judge them.</summary>
    [Fact]
    public void VotesOfALaterPanel_ThatTheTrialDoesNotJudge_CountByWhatIsAtStake() =>
        Run(async scene =>
        {
            await scene.StakeForAll();
            Assert.Empty(await scene.Dispute.Open(scene.Case(), Authority.Market));
            var again = scene.Case(
                "lie",
                scene.Cast("liar 0", "lie"),
                scene.Cast("x", "truth"),
                scene.Cast("y", "lie"),
                scene.Cast("seat", "z")
            );
            Assert.Equal(new[] { IdOf("x"), IdOf("y") }.Order(), (await scene.Dispute.Open(again, Authority.Market)).Order());
        });

    [Fact]
    public void MarketWithoutJuries_HasTheVotesAlone() =>
        Run(
            async scene =>
            {
                await scene.StakeForAll();
                Assert.Equal(3, (await scene.Dispute.Open(scene.Case(), Authority.Market)).Length);
            },
            hasJury: false
        );

    /// <summary>Truthful workers may differ there.</summary>
    [Fact]
    public void ProgramThatGivesManyResults_PutsNoneInTheWrong() =>
        Run(async scene => Assert.Empty(await scene.Dispute.Open(scene.Case(), Authority.Market)), module: "command blobs");

    private static WorkerId IdOf(string name) => new(TestMarket.Id(name).Value);

    /// <summary>Three workers, of whom two tell the same lie, which is a job's result by two of three.</summary>
    private sealed class Scene(TestMarket market, Caller client, ProgramId program) : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly List<Task> _serving = [];
        private JobId _job;

        public bool JurorsLie { get; set; }

        public static async Task<Scene> Of(TestMarket market, params string[] staked)
        {
            var client = await market.OpenAccount("client");
            var scene = new Scene(market, client, await market.Deploy(client));
            foreach (var name in Panel)
            {
                await scene.Add(name, name == "honest" ? "out" : "lie", isStaked: staked.Contains(name));
            }
            return scene;
        }

        public async Task AddJurors(int count)
        {
            for (var number = 0; number < count; number++)
            {
                await Add($"juror {number}", JurorsLie ? "lie" : "out", isStaked: true);
            }
        }

        public async Task Stake(string name, int amount) =>
            await market
                .Grains.GetGrain<IReputationGrain>(ReputationKeys.OfWorker(IdOf(name)))
                .Stake(await market.AddKey(name), new StakeRequest("stake", new TokenAmount((UInt128)amount)));

        /// <summary>The liars have the majority.</summary>
        public async Task<Dispute> RunJob()
        {
            var item = TestMarket.Item("job", program, price: 60);
            var spec = item.Spec with { Assurance = Assurance.Quorum(agreeing: 2, seats: 3) };
            _job = Assert.Single(await market.Submit(client, item with { Spec = spec })).Job;
            var view = await market.Job(_job).WaitEnded(client, TimeSpan.FromSeconds(30), default);
            await market.Settle();
            Assert.Equal("lie", System.Text.Encoding.UTF8.GetString(view.Output.Inline.Span));
            return await Dispute();
        }

        public async Task<Dispute> Dispute()
        {
            var file = await market.Grains.GetGrain<IDisputeGrain>(_job.ToString()).GetFile(client);
            return DisputeFile.Parse(file.Span).Dispute;
        }

        /// <summary>Those of the panel, in its order.</summary>
        public async Task<(long, long, long)> Faults() =>
            ((await ViewOf(Panel[0])).Faulted, (await ViewOf(Panel[1])).Faulted, (await ViewOf(Panel[2])).Faulted);

        public async Task<StandingLevel> LevelOf(string name) => (await ViewOf(name)).Standing.Level;

        public async ValueTask DisposeAsync()
        {
            _stop.Cancel();
            await Task.WhenAll(_serving);
            _stop.Dispose();
        }

        private Task<ReputationView> ViewOf(string name) =>
            market.Grains.GetGrain<IReputationGrain>(ReputationKeys.OfWorker(IdOf(name))).Get(caller: null);

        private async Task Add(string name, string output, bool isStaked)
        {
            await market.OpenAccount(name, 10 * OutvotedTests.Stake);
            if (isStaked)
            {
                await Stake(name, OutvotedTests.Stake);
            }
            var worker = new TestWorker(market, name, price: 10, slots: 4);
            await worker.Offer();
            _serving.Add(worker.ServeSealed(lease => worker.Completed(lease, output, fuel: 1_000_000), () => true, _stop.Token));
        }
    }
}
