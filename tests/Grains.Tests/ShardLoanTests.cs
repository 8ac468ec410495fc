using System.Runtime.CompilerServices;
using Marketplace.GrainInterfaces;
using Marketplace.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Marketplace.Grains.Tests;

/// <summary>Workers that shards lend each other for the seats of panels.</summary>
public sealed class ShardLoanTests
{
    private const int Shards = 3;

    [Fact]
    public void Quorum_IsRunByWorkersOfOtherShards_AndPaysEach() =>
        Run(async scene =>
        {
            var workers = new[] { await scene.Worker(1), await scene.Worker(2), await scene.Worker(2, "other") };
            await using var serving = scene.Serve(workers);
            await scene.Lent();
            var job = await scene.Submit("quorum:2/3");
            var view = await scene.Market.Job(job).WaitEnded(scene.Client, TimeSpan.FromSeconds(30), default);
            await scene.Market.Settle();
            Assert.Equal((JobStatus.Completed, new TokenAmount(15)), (view.Status, view.Charge));
            foreach (var worker in workers)
            {
                Assert.Equal(new TokenAmount(5), await scene.Earned(worker));
            }
            Assert.All(scene.Books, book => Assert.Empty(book.Invariants.Violations()));
            Assert.All(scene.Books.SelectMany(book => book.Offers.Values), offer => Assert.Equal(0, offer.SlotsUsed));
        });

    [Fact]
    public void SealedResult_FreesTheSlotAtItsWorkersShard() =>
        Run(async scene =>
        {
            var (workers, job, leases) = await scene.Seated();
            Assert.Equal(1, scene.OfferOf(workers[0]).SlotsUsed);
            await workers[0].Seal(leases[0], workers[0].Completed(leases[0]));
            await scene.Market.Settle();
            Assert.Equal((0, 1), (scene.OfferOf(workers[0]).SlotsUsed, scene.OfferOf(workers[1]).SlotsUsed));
            await scene.Market.Job(job).Cancel(scene.Client);
            await scene.Market.Settle();
            Assert.Equal(0, scene.OfferOf(workers[1]).SlotsUsed);
            Assert.Contains(leases[1].Id, (await workers[1].Poll()).Stops);
        });

    [Fact]
    public void WorkerThatOffersAgain_LosesItsSeat_AndMayHaveAnother() =>
        Run(async scene =>
        {
            var (workers, _, leases) = await scene.Seated();
            await workers[0].Offer();
            var polling = workers[0].Poll();
            await scene.Lent();
            var again = Assert.Single((await polling).Leases);
            Assert.NotEqual(leases[0].Id, again.Id);
            Assert.NotEmpty(await workers[0].Report(workers[0].Ended(leases[0], RunOutcome.Returned, "late")));
        });

    /// <summary>Members of an epoch come first, so most of a loan changes with each: who has a seat then goes on.</summary>
    [Fact]
    public void WorkerThatIsLentNoMore_KeepsItsSeat_AndIsNotBlamed() =>
        Run(async scene =>
        {
            var (workers, job, leases) = await scene.Seated();
            var reputation = scene.Market.Grains.GetGrain<IReputationGrain>(ReputationKeys.OfWorker(workers[0].Id));
            await reputation.SetMaintenance(await scene.Market.AddKey(scene.NameOf(workers[0])), isOn: true);
            await scene.Lent();
            Assert.DoesNotContain(workers[0].Id, scene.BookOf(0).AllOffers.Lent.All.Keys);
            var kept = new List<LeaseReport>();
            foreach (var (worker, lease) in workers.Zip(leases))
            {
                kept.Add(await worker.Seal(lease, worker.Completed(lease)));
            }
            foreach (var (worker, report) in workers.Zip(kept))
            {
                Assert.Equal([report.Lease], (await worker.Poll()).Reveals);
                Assert.Empty(await worker.Report(report));
            }
            var view = await scene.Market.Job(job).WaitEnded(scene.Client, TimeSpan.FromSeconds(30), default);
            await scene.Market.Settle();
            Assert.Equal(JobStatus.Completed, view.Status);
            Assert.Equal(0, (await reputation.Get(caller: null)).Faulted);
        });

    [Fact]
    public void WorkerThatAnotherShardExcludes_IsLentNoMore() =>
        Run(async scene =>
        {
            var worker = await scene.Worker(1);
            await scene.PollAll([worker]);
            await scene.Lent();
            Assert.Contains(worker.Id, scene.BookOf(0).AllOffers.Lent.All.Keys);
            var reputation = scene.Market.Grains.GetGrain<IReputationGrain>(ReputationKeys.OfWorker(worker.Id));
            for (var number = 1; number <= 200 && scene.OfferOf(worker).Standing.Level != StandingLevel.Excluded; number++)
            {
                var fault = new Fault(
                    new JobId(TestMarket.Id($"{number}").Value),
                    scene.Market.Time.GetUtcNow(),
                    new TokenAmount(1000),
                    "lost"
                );
                await reputation.Record(new OutcomeBatch(scene.Market.Shards.Keys[0], 1, number, 0, default, [fault]), Authority.Market);
            }
            Assert.Equal(StandingLevel.Excluded, scene.OfferOf(worker).Standing.Level);
            await scene.Lent();
            Assert.DoesNotContain(worker.Id, scene.BookOf(0).AllOffers.Lent.All.Keys);
        });

    [Fact]
    [TestsBound(typeof(MarketPolicy), nameof(MarketPolicy.RelayWaitMax))]
    public void LeaseForABusyWorker_GoesBack_AndAnotherTakesTheSeat() =>
        Run(async scene =>
        {
            var (busy, free, late) = (await scene.Worker(1), await scene.Worker(2), await scene.Worker(2, "late"));
            var own = await scene.Market.OpenAccount(scene.NameIn(1, "buyer"));
            await scene.PollAll([busy, free]);
            var first = Assert.Single(await scene.Market.Submit(own, TestMarket.Item("own", scene.Program))).Job;
            Assert.Equal(first, (await busy.TakeOne()).Ticket.Job);
            await scene.Lent();
            var job = await scene.Submit("quorum:2/2");
            Assert.Equal(job, (await free.TakeOne()).Ticket.Job);
            Assert.Single(scene.OfferOf(busy).Relayed);
            Assert.Equal(job, (await late.TakeOne()).Ticket.Job);
            var history = (await scene.Market.Grains.GetGrain<IMarketGrain>(scene.Market.Shards.Keys[0]).FindJob(job))!.History;
            Assert.Contains(history, step => step.Worker == busy.Id && step.Note == "the worker had no free slot");
            Assert.All(scene.Books, book => Assert.Empty(book.Invariants.Violations()));
            await scene.Market.Job(job).Cancel(scene.Client);
        });

    [Fact]
    public void JobsOfTheWorkersOwnShard_HaveEveryOtherSlot() =>
        Run(async scene =>
        {
            var (worker, second) = (await scene.Worker(1, slots: 4), await scene.Worker(2));
            await scene.PollAll([worker, second]);
            await scene.Lent();
            var own = await scene.Market.OpenAccount(scene.NameIn(1, "buyer"));
            scene.OfferOf(worker).EndPoll();
            for (var number = 0; number < 8; number++)
            {
                await scene.Submit("audit:0.1%");
                await scene.Market.Submit(own, TestMarket.Item($"own {number}", scene.Program));
            }
            await scene.Market.Settle();
            var leases = (await worker.Poll()).Leases;
            Assert.Equal(4, leases.Length);
            Assert.Equal(2, leases.Count(lease => lease.Ticket.Account == own.Account));
        });

    [Fact]
    public void ShardOfTheJob_ThatBeginsAnew_FreesTheSlotsOfItsSeats_AndTheJobEnds() =>
        Run(async scene =>
        {
            var (workers, job, leases) = await scene.Seated();
            var twin = await scene.Market.StartTwin();
            await twin.GetGrain<IMarketGrain>(scene.Market.Shards.Keys[0]).GetView();
            await using var serving = scene.Serve(workers);
            await Task.Delay(TimeSpan.FromMinutes(2), scene.Market.Time);
            var view = await scene.Market.Job(job).Get(scene.Client);
            Assert.Equal(JobStatus.Completed, view.Status);
            Assert.NotEmpty(await workers[0].Report(workers[0].Completed(leases[0])));
        });

    [Fact]
    [TestsBound(typeof(MarketPolicy), nameof(MarketPolicy.LentOffersMax))]
    public void Loan_HasSoManyOffers_MembersAndStakedWorkersFirst()
    {
        var book = new MarketBook(start: 7, new QueueBounds());
        var now = new MarketTime(DateTimeOffset.UnixEpoch, TimeSpan.Zero);
        for (var number = 0; number <= MarketPolicy.LentOffersMax; number++)
        {
            var offer = new WorkerOffer(
                Worker: new WorkerId(TestMarket.Id($"{number}").Value),
                PayTo: default,
                PricePerMillionFuel: new TokenAmount(1),
                Slots: 1,
                MemoryPagesMax: 1
            );
            book.SetOffer(offer, new Standing { Stake = new TokenAmount(number == MarketPolicy.LentOffersMax ? 5u : 0u) }, now);
            book.Poll(new WorkerPoll(offer.Worker, 7, 1, 1, AddsOutputs: true), now);
        }
        var lent = book.Loans.ToLend();
        Assert.Equal(MarketPolicy.LentOffersMax, lent.Length);
        Assert.Equal(new WorkerId(TestMarket.Id($"{MarketPolicy.LentOffersMax}").Value), lent[0].Offer.Worker);
    }

    [Fact]
    public void LoanOfMoreOffers_IsRefused_AlsoWhenItIsRepeated() =>
        Run(async scene =>
        {
            var offers = Enumerable
                .Range(0, MarketPolicy.LentOffersMax + 1)
                .Select(number => new LentOffer(
                    new WorkerOffer(
                        Worker: new WorkerId(TestMarket.Id($"{number}").Value),
                        PayTo: default,
                        PricePerMillionFuel: new TokenAmount(1),
                        Slots: 1,
                        MemoryPagesMax: 1
                    ),
                    default,
                    number,
                    true
                ));
            var loan = new ShardLoan(scene.Market.Shards.Keys[1], 1, 1, [.. offers]);
            var shard = scene.Market.Grains.GetGrain<IMarketShardGrain>(scene.Market.Shards.Keys[0]);
            for (var time = 0; time < 2; time++)
            {
                var refused = await Assert.ThrowsAsync<MarketException>(() => shard.Lend(loan, Authority.Market));
                Assert.Equal(ErrorCode.LimitExceeded, refused.Code);
            }
            Assert.True(await shard.Lend(loan with { Offers = loan.Offers[1..] }, Authority.Market));
            Assert.Equal(MarketPolicy.LentOffersMax, scene.BookOf(0).AllOffers.Lent.All.Count);
        });

    [Fact]
    public void LentOffers_AreNoOffersOfTheShard()
    {
        var book = new MarketBook(start: 7, new QueueBounds());
        var now = new MarketTime(DateTimeOffset.UnixEpoch, TimeSpan.Zero);
        book.Resume(now);
        var offer = new WorkerOffer(Worker: default, PayTo: default, PricePerMillionFuel: new TokenAmount(1), Slots: 1, MemoryPagesMax: 1);
        Assert.Empty(book.Loans.Set("wasm/1", 1, [new LentOffer(offer, default, 1, true)], now));
        Assert.Single(book.AllOffers.Lent.All);
        Assert.Empty(book.Offers);
        Assert.Equal(0, book.ToView(now).Workers);
        Assert.Empty(book.Invariants.Violations());
        Assert.Empty(book.Loans.Set("wasm/1", 0, [], now));
        Assert.Empty(book.AllOffers.Lent.All);
        Assert.True(MarketPolicy.RelayWaitMax + WorkerLimits.HeartbeatPeriod < MarketPolicy.LeaseSilenceMax);
    }

    [Fact]
    public void Numbers_TellTheirShards()
    {
        var shards = new MarketShards(5);
        foreach (var key in shards.Keys)
        {
            foreach (var least in (long[])[0, 1, 4, 5, 1_795_000_000_123])
            {
                var number = shards.NumberFrom(key, least);
                Assert.InRange(number, least, least + 4);
                Assert.Equal(key, shards.KeyOfNumber(number));
            }
        }
        Assert.Equal(17, new MarketShards().NumberFrom(MarketLimits.DefaultClass, 17));
        Assert.Contains(shards.KeyOfNumber(-3), shards.Keys);
    }

    [Fact]
    public void WorkerThatComesAgainForAnotherOwner_GivesThatOwnerNoSecondSeat() =>
        Run(async scene =>
        {
            TestWorker[] workers = [await scene.Worker(1), await scene.Worker(2)];
            foreach (var worker in workers)
            {
                worker.Heartbeats = true;
            }
            await scene.PollAll(workers);
            await scene.Lent();
            var job = await scene.Submit("quorum:2/2");
            var leases = await Task.WhenAll(workers.Select(worker => worker.TakeOne()));
            // The owner of the second worker has its seat, and a result.
            var second = await workers[1].Seal(leases[1], workers[1].Completed(leases[1]));
            workers[0].PayTo = scene.NameOf(workers[1]);
            await workers[0].Offer();
            var orders = new WorkerOrders(true, [], []);
            for (var time = 0; time < 6 && orders.Leases.IsDefaultOrEmpty; time++)
            {
                orders = await workers[0].Poll();
            }
            foreach (var lease in orders.Leases)
            {
                var first = await workers[0].Seal(lease, workers[0].Completed(lease));
                await workers[0].Poll();
                await workers[0].Report(first);
                await workers[1].Report(second);
                await scene.Market.Settle();
            }
            var view = await scene.Market.Job(job).Get(scene.Client);
            Assert.Equal((0, false), (orders.Leases.Length, view.Status == JobStatus.Completed));
        });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void WorkerThatIsCertainlyGone_IsNotBlamed(bool isLentNoMore) =>
        Run(async scene =>
        {
            TestWorker[] workers = [await scene.Worker(1), await scene.Worker(2)];
            workers[0].Heartbeats = true;
            await scene.PollAll(workers);
            await scene.Lent();
            await using var other = scene.Serve([workers[1]]);
            var job = await scene.Submit("quorum:2/2");
            var taken = await workers[0].TakeOne();
            await scene.Calls(workers[0]).Heartbeat([new LeaseProgress(taken.Id, 0, LeaseStage.Running)]);
            var reputation = scene.Market.Grains.GetGrain<IReputationGrain>(ReputationKeys.OfWorker(workers[0].Id));
            if (isLentNoMore)
            {
                await reputation.SetMaintenance(await scene.Market.AddKey(scene.NameOf(workers[0])), isOn: true);
                await scene.Lent();
            }
            await scene.Calls(workers[0]).Own.Dismiss(workers[0].Id, Authority.Silo);
            var late = await scene.Worker(2, "late");
            await using var serving = scene.Serve([late]);
            await Task.Delay(TimeSpan.FromMinutes(4), scene.Market.Time);
            var view = await scene.Market.Job(job).Get(scene.Client);
            Assert.Equal((JobStatus.Completed, 0), (view.Status, (await reputation.Get(caller: null)).Faulted));
        });

    [Theory]
    [InlineData(10)]
    [InlineData(40)]
    public void JobsThatNoWorkerTakes_KeepNoOtherFromLentWorkers(int cheap) =>
        Run(async scene =>
        {
            TestWorker[] workers = [await scene.Worker(1), await scene.Worker(2)];
            await scene.PollAll(workers);
            await scene.Lent();
            var first = await scene.Submit("quorum:2/2");
            await Task.WhenAll(workers.Select(worker => worker.TakeOne()));
            for (var number = 0; number < cheap; number++)
            {
                var other = await scene.Market.OpenAccount(scene.NameIn(0, $"cheap{number}"));
                var item = TestMarket.Item($"cheap {number}", scene.Program, 4);
                await scene.Market.Submit(other, item with { Spec = item.Spec with { Assurance = Assurance.Parse("quorum:2/2") } });
            }
            var good = await scene.Submit("quorum:2/2");
            await scene.Market.Job(first).Cancel(scene.Client);
            await using var serving = scene.Serve(workers);
            await Task.Delay(TimeSpan.FromMinutes(9), scene.Market.Time);
            var view = await scene.Market.Job(good).Get(scene.Client);
            Assert.Equal(JobStatus.Completed, view.Status);
        });

    private static void Run(Func<Scene, Task> scenario)
    {
        var watch = new BookFilter();
        TestMarket.Run(
            async market =>
            {
                var owner = await market.OpenAccount("owner");
                var program = await market.Deploy(owner);
                var client = await market.OpenAccount(Scene.NameIn(market, 0, "client"));
                await scenario(new Scene(market, client, program, watch));
            },
            register: services => services.AddSingleton(new MarketShards(Shards)).AddSingleton<IIncomingGrainCallFilter>(watch)
        );
    }

    /// <summary>A client of the first shard; workers are where the test wants them.</summary>
    private sealed class Scene(TestMarket market, Caller client, ProgramId program, BookFilter watch)
    {
        private readonly Dictionary<WorkerId, string> _names = [];
        private int _jobs;

        public WorkerMarket Calls(TestWorker worker) => new(market.Shards, market.Grains, worker.Id);

        public TestMarket Market => market;

        public Caller Client => client;

        public ProgramId Program => program;

        public MarketBook BookOf(int shard) => ShardLoanTests.BookOf(watch.Grains[market.Shards.Keys[shard]]);

        public string NameOf(TestWorker worker) => _names[worker.Id];

        public IEnumerable<MarketBook> Books => watch.Grains.Values.Select(grain => ShardLoanTests.BookOf(grain));

        public string NameIn(int shard, string name) => NameIn(market, shard, name);

        public static string NameIn(TestMarket market, int shard, string name) =>
            Enumerable
                .Range(0, 100)
                .Select(number => $"{name} {number}")
                .First(tried => market.Shards.KeyOf(TestMarket.Id(tried)) == market.Shards.Keys[shard]);

        public async Task<TestWorker> Worker(int shard, string name = "worker", int slots = 1)
        {
            var tried = Enumerable
                .Range(0, 100)
                .Select(number => $"{name} {number}")
                .First(tried => market.Shards.KeyOf(new TestWorker(market, tried, 1, 1).Id) == market.Shards.Keys[shard]);
            var worker = await market.AddWorker(tried, price: 10, slots);
            _names.Add(worker.Id, tried);
            return worker;
        }

        public MarketOffer OfferOf(TestWorker worker) =>
            Books.Select(book => book.Offers.GetValueOrDefault(worker.Id)).Single(offer => offer is not null)!;

        /// <summary>Each worker has polled once, and has a poll that waits.</summary>
        public async Task PollAll(IEnumerable<TestWorker> workers)
        {
            foreach (var worker in workers)
            {
                Assert.Empty((await worker.Poll()).Leases);
            }
        }

        /// <summary>What has changed is told to all shards.</summary>
        public Task Lent() => Task.Delay((2 * MarketPolicy.LoanPause) + TimeSpan.FromMilliseconds(100), market.Time);

        public async Task<JobId> Submit(string assurance)
        {
            var item = TestMarket.Item($"job {++_jobs}", program, 90);
            var spec = item.Spec with { Assurance = Assurance.Parse(assurance) };
            return Assert.Single(await market.Submit(client, item with { Spec = spec })).Job;
        }

        /// <summary>A job of the first shard, whose two seats workers of the others have.</summary>
        public async Task<(TestWorker[] Workers, JobId Job, Lease[] Leases)> Seated()
        {
            TestWorker[] workers = [await Worker(1), await Worker(2)];
            await PollAll(workers);
            await Lent();
            var job = await Submit("quorum:2/2");
            return (workers, job, await Task.WhenAll(workers.Select(worker => worker.TakeOne())));
        }

        public async Task<TokenAmount> Earned(TestWorker worker) =>
            (await market.Grains.GetGrain<IAccountGrain>(worker.Id.Value.ToString()).Get()).Earned;

        public IAsyncDisposable Serve(IEnumerable<TestWorker> workers) => new Serving(workers);
    }

    private sealed class Serving : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly Task _all;

        public Serving(IEnumerable<TestWorker> workers) =>
            _all = Task.WhenAll(workers.Select(worker => worker.ServeSealed(lease => worker.Completed(lease), () => true, _stop.Token)));

        public async ValueTask DisposeAsync()
        {
            _stop.Cancel();
            await _all;
            _stop.Dispose();
        }
    }

    private sealed class BookFilter : IIncomingGrainCallFilter
    {
        public Dictionary<string, MarketGrain> Grains { get; } = [];

        public Task Invoke(IIncomingGrainCallContext context)
        {
            if (context.Grain is MarketGrain grain)
            {
                Grains[context.TargetId.Key.ToString()!] = grain;
            }
            return context.Invoke();
        }
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_book")]
    private static extern ref MarketBook BookOf(MarketGrain grain);
}
