using Marketplace.GrainInterfaces;
using Marketplace.Receipts;
using Marketplace.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Marketplace.Grains.Tests;

/// <summary>Jobs that several workers run: who is believed, who is paid, and what a crash leaves of it.</summary>
public sealed class PanelTests
{
    [Fact]
    public void Quorum_WhereAllAgree_PaysAll() =>
        Run(async market =>
        {
            var scene = await Scene.Of(market);
            await using var workers = await scene.Workers(("one", 10), ("two", 20), ("three", 30));
            var view = await scene.Ended("quorum:2/3", priceMax: 90);

            Assert.Equal((JobStatus.Completed, new TokenAmount(60)), (view.Status, view.Charge));
            Assert.Equal((long[])[10, 20, 30], await scene.Earned("one", "two", "three"));
            var receipt = await scene.CheckReceipt(view.Id);
            Assert.Equal((3, 3, 3), (receipt.Receipt.Seats.Count, receipt.Receipt.Shares.Count, receipt.WorkerSignatures.Count));
            Assert.Equal(
                "3 workers gave this result, 2 were needed; 0 gave another one.",
                (await market.Job(view.Id).Explain(scene.Client)).Summary
            );
        });

    [Fact]
    public void Quorum_WhereOneLies_TakesTheOthersWord_AndPaysThem() =>
        Run(async market =>
        {
            var scene = await Scene.Of(market);
            await using var workers = await scene.Workers(("one", 10), ("two", 20), ("three", 30));
            workers.Lies("two");
            var view = await scene.Ended("quorum:2/3", priceMax: 90);

            Assert.Equal("out", scene.TextOf(view));
            Assert.Equal((long[])[10, 0, 30], await scene.Earned("one", "two", "three"));
            Assert.Equal((long[])[0L, 1L, 0L], await scene.Faults("one", "two", "three"));
        });

    [Fact]
    public void Quorum_WhereAllDiffer_DrawsMore_UntilEnoughAgree() =>
        Run(async market =>
        {
            var scene = await Scene.Of(market);
            await using var workers = await scene.Workers(("one", 10), ("two", 10), ("three", 10), ("four", 10), ("five", 10));
            workers.Lies("one");
            workers.Lies("two");
            var view = await scene.Ended("quorum:3/4", priceMax: 40);

            Assert.Equal("out", scene.TextOf(view));
            Assert.Equal((long[])[0, 0, 10, 10, 10], await scene.Earned("one", "two", "three", "four", "five"));
            Assert.Equal(new TokenAmount(30), view.Charge);
        });

    [Fact]
    [TestsBound(typeof(PanelPolicy), nameof(PanelPolicy.DrawsMax))]
    public void Quorum_WhereNoneEverAgree_Fails_AndCostsNothing() =>
        Run(async market =>
        {
            var scene = await Scene.Of(market);
            string[] names = [.. Enumerable.Range(0, 12).Select(number => $"worker {number}")];
            await using var workers = await scene.Workers([.. names.Select(name => (name, 10L))]);
            Array.ForEach(names, workers.Lies);
            var view = await scene.Ended("quorum:2/3", priceMax: 90);

            Assert.Equal((JobStatus.Failed, JobFault.Worker, TokenAmount.Zero), (view.Status, view.Fault, view.Charge));
            Assert.Equal("The results of 9 runs differ so that no 2 are the same.", view.Reason);
            Assert.All(await scene.Earned(names), earned => Assert.Equal(0, earned));
        });

    [Fact]
    public void Quorum_WaitsForWorkersOfEnoughOwners() =>
        Run(async market =>
        {
            var scene = await Scene.Of(market);
            await using var workers = await scene.Workers(("one", 10), ("two", 10));
            await workers.Add("two again", 10, payTo: "two");
            var job = await scene.Submit("quorum:2/3", priceMax: 90);
            await market.Settle();
            Assert.Equal(
                "Its runs cannot begin: quorum:2/3 takes workers of 3 owners whose price the limit covers, and there are 2.",
                (await market.Job(job).Explain(scene.Client)).Summary
            );
            Assert.Equal(0, workers.Runs);

            await workers.Add("three", 10);
            var view = await market.Job(job).WaitEnded(scene.Client, TimeSpan.FromSeconds(30), default);
            Assert.Equal(new TokenAmount(30), view.Charge);
            Assert.Equal(3, workers.Runs);
        });

    [Fact]
    public void SeatPrice_IsAtMostItsPartOfTheLimit() =>
        Run(async market =>
        {
            var scene = await Scene.Of(market);
            await using var workers = await scene.Workers(("one", 10), ("two", 10), ("dear", 31));
            var job = await scene.Submit("quorum:2/3", priceMax: 90);
            await market.Settle();
            Assert.Contains("and there are 2", (await market.Job(job).Explain(scene.Client)).Summary, StringComparison.Ordinal);
            await workers.Add("three", 30);
            Assert.Equal(new TokenAmount(50), (await market.Job(job).WaitEnded(scene.Client, TimeSpan.FromSeconds(30), default)).Charge);
        });

    [Fact]
    public void SealedResult_IsRefused_WhereItIsToldTooEarly_OrAsAnother() =>
        Run(async market =>
        {
            var scene = await Scene.Of(market);
            var early = await market.AddWorker("early", price: 10);
            var job = await scene.Submit("quorum:2/2", priceMax: 90);
            await using var workers = await scene.Workers(("one", 10));
            var lease = await early.TakeOne();
            Assert.True(lease.IsSealed);
            var told = Assert.Single(await early.Report(early.Sign(lease, early.Completed(lease))));
            Assert.Contains("was to stay sealed", told.Reason, StringComparison.Ordinal);

            // Its owner may have the seat again; another one takes it first.
            var other = await market.AddWorker("copier", price: 5);
            var again = await other.TakeOne();
            var kept = await other.Seal(again, other.Completed(again, "copied"));
            var orders = await other.Poll();
            Assert.Equal(again.Id, Assert.Single(orders.Reveals));
            var changed = Assert.Single(await other.Report(other.Sign(again, other.Completed(again, "out")) with { Salt = kept.Salt }));
            Assert.Equal("the report's result is another than was sealed", changed.Reason);
            Assert.Equal(JobStatus.Running, (await market.Job(job).Get(scene.Client)).Status);
            await market.Job(job).Cancel(scene.Client);
        });

    [Fact]
    public void WorkerThatDoesNotTell_DelaysLittle_AndIsNotPaid() =>
        Run(async market =>
        {
            var scene = await Scene.Of(market);
            await using var workers = await scene.Workers(("one", 10), ("two", 10), ("silent", 10));
            workers.KeepsSilent("silent");
            var view = await scene.Ended("quorum:2/3", priceMax: 90);

            Assert.InRange(view.EndedAt!.Value - view.SubmittedAt, TimeSpan.Zero, PanelPolicy.RevealLateMax + TimeSpan.FromSeconds(1));
            Assert.Equal((long[])[10, 10, 0], await scene.Earned("one", "two", "silent"));
            Assert.Equal((long[])[0L], await scene.Faults("silent"));
        });

    [Fact]
    public void WorkerWhoseSealedResultIsNeeded_AndDoesNotTellIt_IsBlamed_AndAnotherTakesItsPlace() =>
        Run(async market =>
        {
            var scene = await Scene.Of(market);
            await using var workers = await scene.Workers(("one", 10), ("silent", 10));
            workers.KeepsSilent("silent");
            var job = await scene.Submit("quorum:2/2", priceMax: 90);
            await Task.Delay(TimeSpan.FromSeconds(1), market.Time);
            await workers.Add("two", 10);
            var view = await market.Job(job).WaitEnded(scene.Client, TimeSpan.FromSeconds(60), default);
            await market.Settle();
            Assert.Equal(JobStatus.Completed, view.Status);
            Assert.Equal((long[])[10, 10, 0], await scene.Earned("one", "two", "silent"));
            Assert.Equal((long[])[1L], await scene.Faults("silent"));
        });

    [Fact]
    public void WorkerThatIsLate_IsNotPaid_AndNotBlamed() =>
        Run(async market =>
        {
            var scene = await Scene.Of(market);
            await using var workers = await scene.Workers(("one", 10), ("two", 10), ("late", 10));
            workers.NeverEnds("late");
            var view = await scene.Ended("quorum:2/3", priceMax: 90);

            Assert.InRange(view.EndedAt!.Value - view.SubmittedAt, PanelPolicy.LateMin, PanelPolicy.LateMin + TimeSpan.FromSeconds(1));
            Assert.Equal((long[])[10, 10, 0], await scene.Earned("one", "two", "late"));
            Assert.Equal((long[])[0L], await scene.Faults("late"));
        });

    [Fact]
    public void Audit_ThatIsDrawn_HasASecondWorkerAgree() =>
        Run(async market =>
        {
            var scene = await Scene.Of(market);
            await using var workers = await scene.Workers(("one", 10), ("two", 20));
            var view = await scene.Ended("audit:100%", priceMax: 60);
            Assert.Equal(new TokenAmount(30), view.Charge);
            Assert.Equal((long[])[10, 20], await scene.Earned("one", "two"));
        });

    [Fact]
    public void Audit_ThatIsNotDrawn_TakesOneWord() =>
        Run(async market =>
        {
            var scene = await Scene.Of(market);
            await using var workers = await scene.Workers(("one", 10), ("two", 20));
            var view = await scene.Ended("audit:0.1%", priceMax: 60);
            Assert.Equal(view.Charge, new TokenAmount((UInt128)(await scene.Earned("one", "two")).Sum()));
            Assert.Equal(1, workers.Runs);
            Assert.StartsWith("No audit was drawn", (await market.Job(view.Id).Explain(scene.Client)).Summary, StringComparison.Ordinal);
        });

    [Fact]
    public void Audit_WhoseResultsDiffer_TakesAThirdWorkersWord() =>
        TestMarket.RunSeeds(
            4,
            async market =>
            {
                var scene = await Scene.Of(market);
                await using var workers = await scene.Workers(("one", 10), ("two", 20), ("three", 30));
                workers.Lies("one");
                var view = await scene.Ended("audit:100%", priceMax: 60);
                Assert.Equal("out", scene.TextOf(view));
                Assert.Equal((long[])[0, 20, 30], await scene.Earned("one", "two", "three"));
                // Who runs it is drawn; where the liar was not, two agree at once.
                Assert.Equal((long[])[workers.Runs - 2, 0L, 0L], await scene.Faults("one", "two", "three"));
            }
        );

    [Fact]
    public void Crash_LosesThePanel_AndTheJobIsPaidOnce() =>
        TestMarket.RunSeeds(
            3,
            async market =>
            {
                var scene = await Scene.Of(market);
                var workers = await scene.Workers(("one", 10), ("two", 10));
                var job = await scene.Submit("quorum:2/3", priceMax: 90);
                await workers.Add("silent", 10);
                workers.KeepsSilent("silent");
                await Task.Delay(TimeSpan.FromMilliseconds(1100), market.Time);
                await workers.DisposeAsync();
                await market.CrashAndStart();

                await using var again = await scene.Workers(("one", 10), ("two", 10), ("three", 10));
                var view = await market.Job(job).WaitEnded(scene.Client, TimeSpan.FromSeconds(60), default);
                await market.Settle();
                Assert.Equal((JobStatus.Completed, new TokenAmount(30)), (view.Status, view.Charge));
                Assert.Equal((long[])[10, 10, 10], await scene.Earned("one", "two", "three"));
            }
        );

    [Fact]
    public void CancelledPanel_PaysEachRunThatHadBegun() =>
        Run(async market =>
        {
            var scene = await Scene.Of(market);
            await using var workers = await scene.Workers(("one", 10), ("two", 20), ("late", 30));
            workers.NeverEnds("late");
            var job = await scene.Submit("quorum:3/3", priceMax: 90);
            await Task.Delay(TimeSpan.FromSeconds(1), market.Time);
            var view = await market.Job(job).Cancel(scene.Client);
            await market.Settle();
            Assert.Equal((JobStatus.Cancelled, JobFault.Client), (view.Status, view.Fault));
            await scene.CheckReceipt(job);
            Assert.Contains("Each of 3 runs had begun", view.Reason, StringComparison.Ordinal);
            var earned = await scene.Earned("one", "two", "late");
            Assert.Equal(view.Charge, new TokenAmount((UInt128)earned.Sum()));
            Assert.All(earned, each => Assert.NotEqual(0, each));
        });

    [Fact]
    public void CancelledPanel_PaysARunThatIsOver_ThoughAnotherHasJustBegun() =>
        Run(async market =>
        {
            var scene = await Scene.Of(market);
            await using var workers = await scene.Workers(("one", 10), ("two", 10));
            workers.OnlyFirstEnds("one", "two");
            var job = await scene.Submit("audit:100%", priceMax: 60);
            await Task.Delay(TimeSpan.FromSeconds(1), market.Time);
            Assert.Equal(2, workers.Runs);
            var view = await market.Job(job).Cancel(scene.Client);
            await market.Settle();
            Assert.Equal((JobStatus.Cancelled, new TokenAmount(5)), (view.Status, view.Charge));
            Assert.Equal((long[])[0, 5], (await scene.Earned("one", "two")).Order());
            await scene.CheckReceipt(job);
        });

    [Fact]
    public void PanelWhoseWorkersAreLost_ExpiresAndCostsNothing() =>
        Run(async market =>
        {
            var scene = await Scene.Of(market);
            var workers = await scene.Workers(("one", 10), ("two", 10));
            workers.NeverEnds("one");
            workers.NeverEnds("two");
            var job = await scene.Submit("quorum:2/2", priceMax: 90);
            await Task.Delay(TimeSpan.FromSeconds(1), market.Time);
            await workers.DisposeAsync();
            await Task.Delay(TimeSpan.FromMinutes(40), market.Time);
            var view = await market.Job(job).Get(scene.Client);
            Assert.Equal((JobStatus.Expired, JobFault.NoWorker, TokenAmount.Zero), (view.Status, view.Fault, view.Charge));
            await scene.CheckReceipt(job);
        });

    [Fact]
    public void RunsThatTimeOut_AreNotWrong() =>
        Run(async market =>
        {
            var scene = await Scene.Of(market);
            await using var workers = await scene.Workers(("one", 10), ("two", 10), ("slow", 10));
            workers.TimesOut("slow");
            var view = await scene.Ended("quorum:2/3", priceMax: 90);
            Assert.Equal(JobStatus.Completed, view.Status);
            Assert.Equal((long[])[0L], await scene.Faults("slow"));
        });

    /// <summary>In a market of one shard, and where the workers are in other shards than the job.</summary>
    private static void Run(Func<TestMarket, Task> scenario)
    {
        foreach (var shards in (int[])[1, 5])
        {
            TestMarket.Run(scenario, register: services => services.AddSingleton(new MarketShards(shards)));
        }
    }

    private sealed class Scene(TestMarket market, Caller client, ProgramId program)
    {
        private int _jobs;

        public Caller Client => client;

        public static async Task<Scene> Of(TestMarket market)
        {
            var client = await market.OpenAccount("client");
            return new Scene(market, client, await market.Deploy(client));
        }

        public async Task<Workers> Workers(params (string Name, long Price)[] workers)
        {
            var all = new Workers(market);
            foreach (var (name, price) in workers)
            {
                await all.Add(name, price);
            }
            return all;
        }

        public async Task<JobId> Submit(string assurance, long priceMax)
        {
            if (market.Shards.Keys.Length > 1)
            {
                await Task.Delay(2 * MarketPolicy.LoanPause, market.Time);
            }
            var item = TestMarket.Item($"job {++_jobs}", program, priceMax);
            var spec = item.Spec with { Assurance = Assurance.Parse(assurance) };
            return Assert.Single(await market.Submit(client, item with { Spec = spec })).Job;
        }

        /// <summary>The job's end, when it is paid and its receipt was found good.</summary>
        public async Task<JobView> Ended(string assurance, long priceMax)
        {
            var job = await Submit(assurance, priceMax);
            var view = await market.Job(job).WaitEnded(client, TimeSpan.FromSeconds(60), default);
            await market.Settle();
            await CheckReceipt(job);
            return view;
        }

        public async Task<ReceiptFile> CheckReceipt(JobId job)
        {
            var file = ReceiptFile.Parse((await market.Job(job).GetReceipt(client)).Span);
            Assert.DoesNotContain(ReceiptChecks.Of(file), check => check.Result == CheckResult.Broken);
            return file;
        }

        public string TextOf(JobView view) => System.Text.Encoding.UTF8.GetString(view.Output.Inline.Span);

        public async Task<long[]> Earned(params string[] names)
        {
            var earned = new List<long>();
            foreach (var name in names)
            {
                earned.Add((long)(await market.Account(name).Get()).Available.BaseUnits);
            }
            return [.. earned];
        }

        public async Task<long[]> Faults(params string[] names)
        {
            var faults = new List<long>();
            foreach (var name in names)
            {
                var subject = ReputationKeys.OfWorker(new WorkerId(TestMarket.Id(name).Value));
                faults.Add((await market.Grains.GetGrain<IReputationGrain>(subject).Get(caller: null)).Faulted);
            }
            return [.. faults];
        }
    }

    /// <summary>Workers that run what they get with all its fuel, each in its way.</summary>
    private sealed class Workers(TestMarket market) : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly List<Task> _serving = [];
        private readonly Dictionary<string, Func<TestWorker, Lease, LeaseReport?>> _ways = [];
        private readonly HashSet<string> _silent = [];

        public int Runs { get; private set; }

        public void Lies(string name) => _ways[name] = (worker, lease) => worker.Completed(lease, $"lie of {name}", 1_000_000);

        public void NeverEnds(string name) => _ways[name] = (_, _) => null;

        public void OnlyFirstEnds(params string[] names)
        {
            var runs = 0;
            Array.ForEach(names, name => _ways[name] = (worker, lease) => runs++ == 0 ? worker.Completed(lease) : null);
        }

        public void TimesOut(string name) => _ways[name] = (worker, lease) => worker.Ended(lease, RunOutcome.TimedOut, "slow", 77);

        public void KeepsSilent(string name) => _silent.Add(name);

        public async Task Add(string name, long price, string? payTo = null)
        {
            await market.AddKey(payTo ?? name);
            var worker = new TestWorker(market, name, price, slots: 2) { PayTo = payTo };
            await worker.Offer();
            _serving.Add(Serve(worker, name));
        }

        public async ValueTask DisposeAsync()
        {
            _stop.Cancel();
            await Task.WhenAll(_serving);
            _stop.Dispose();
        }

        private async Task Serve(TestWorker worker, string name)
        {
            // So that the test can say how before the first lease.
            await Task.Delay(TimeSpan.FromMilliseconds(1), market.Time);
            await worker.ServeSealed(Run, () => !_silent.Contains(name), _stop.Token);

            LeaseReport? Run(Lease lease)
            {
                Runs++;
                return _ways.TryGetValue(name, out var way) ? way(worker, lease) : worker.Completed(lease, fuel: 1_000_000);
            }
        }
    }
}
