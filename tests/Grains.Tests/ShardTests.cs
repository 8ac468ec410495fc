using System.Collections.Immutable;
using Marketplace.GrainInterfaces;
using Marketplace.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Marketplace.Grains.Tests;

/// <summary>A market of several shards: jobs reach workers of other shards, and each has one end.</summary>
public sealed class ShardTests
{
    private const int Shards = 3;

    [Fact]
    public void Job_RunsOnAWorkerOfAnotherShard_AndItsAccountPaysOnce() =>
        Run(async scene =>
        {
            var (client, worker) = (await scene.Client(shard: 0), await scene.Worker(shard: 1));
            var job = await scene.Submit(client, "one");
            var lease = await worker.TakeOne();
            Assert.Equal(job, lease.Ticket.Job);
            Assert.Equal((0, 0), await scene.Counted(0));
            Assert.Equal((0, 1), await scene.Counted(1));
            Assert.Equal(JobStatus.Running, (await scene.Market.Job(job).Get(client)).Status);
            await worker.Report(worker.Completed(lease));
            await scene.Market.Settle();

            Assert.Equal(JobStatus.Completed, (await scene.Market.Job(job).Get(client)).Status);
            Assert.Equal((0, 0), await scene.Counted(0));
            Assert.Equal((0, 0), await scene.Counted(1));
            Assert.NotEqual(TokenAmount.Zero, (await scene.Earned(worker)));
        });

    [Fact]
    public void Job_GoesToAWorkerOfAnotherShard_OnlyWithEnoughAtStake() =>
        Run(async scene =>
        {
            var (client, worker) = (await scene.Client(shard: 0), await scene.Worker(shard: 1));
            var item = TestMarket.Item("one", scene.Program);
            var needs = new JobNeeds(StakeMin: new TokenAmount(10));
            var job = Assert.Single(await scene.Market.Submit(client, item with { Spec = item.Spec with { Needs = needs } })).Job;
            Assert.Empty((await worker.Poll()).Leases);
            Assert.Contains("at stake", (await scene.Market.Job(job).Explain(client)).Summary, StringComparison.Ordinal);
            var reputation = scene.Market.Grains.GetGrain<IReputationGrain>(ReputationKeys.OfWorker(worker.Id));
            await reputation.Stake(client, new StakeRequest("s", new TokenAmount(10)));
            Assert.Equal(job, (await worker.TakeOne()).Ticket.Job);
        });

    [Fact]
    public void Job_GoesToAWorkerOfAnotherShard_OnlyIfItsBuyerIsWhatThatOneAsksFor() =>
        Run(async scene =>
        {
            var (client, worker) = (await scene.Client(shard: 0), await scene.Worker(shard: 1));
            worker.BuyerReputationMin = 701;
            await worker.Offer();
            var job = await scene.Submit(client, "one");
            for (var poll = 0; poll < 8; poll++)
            {
                Assert.Empty((await worker.Poll()).Leases);
            }
            Assert.Contains(
                "a buyer of reputation 701 or more (yours is 700)",
                (await scene.Market.Job(job).Explain(client)).Summary,
                StringComparison.Ordinal
            );
            worker.BuyerReputationMin = 700;
            await worker.Offer();
            Assert.Equal(job, (await worker.TakeOne()).Ticket.Job);
        });

    [Fact]
    public void Job_IsLeasedWithinMoments_WhereOnlyAnotherShardHasWorkers() =>
        Run(async scene =>
        {
            var (client, worker) = (await scene.Client(shard: 0), await scene.Worker(shard: 1));
            var polling = worker.Poll();
            await Task.Delay(TimeSpan.FromSeconds(3), scene.Market.Time);
            var before = scene.Market.Time.GetUtcNow();
            await scene.Submit(client, "one");
            Assert.Single((await polling).Leases);
            Assert.InRange(scene.Market.Time.GetUtcNow() - before, TimeSpan.Zero, TimeSpan.FromMilliseconds(20));
        });

    [Fact]
    public void NextJob_IsToldAtOnce_ToTheShardThatTookTheLast() =>
        Run(async scene =>
        {
            var (client, worker) = (await scene.Client(shard: 0), await scene.Worker(shard: 1, slots: 2));
            var polling = worker.Poll();
            await Task.Delay(TimeSpan.FromSeconds(3), scene.Market.Time);
            await scene.Submit(client, "one");
            Assert.Single((await polling).Leases);
            polling = worker.Poll();
            await scene.Submit(client, "two");
            var before = scene.Market.Time.GetUtcNow();
            Assert.Single((await polling).Leases);
            // The others hear of it later.
            Assert.InRange(scene.Market.Time.GetUtcNow() - before, TimeSpan.Zero, MarketPolicy.BacklogPauseMin / 10);
        });

    [Fact]
    public void ManyJobs_GoToTheWorkersOfAllShards_EachOnce() =>
        Run(async scene =>
        {
            var client = await scene.Client(shard: 0);
            var workers = new[] { await scene.Worker(shard: 0), await scene.Worker(shard: 1), await scene.Worker(shard: 2) };
            for (var number = 0; number < 120; number++)
            {
                await scene.Submit(client, $"{number}");
            }
            using var stop = new CancellationTokenSource();
            var ran = new List<(TestWorker Worker, JobId Job)>();
            var serving = workers.Select(worker =>
                worker.Serve(
                    lease =>
                    {
                        ran.Add((worker, lease.Ticket.Job));
                        return worker.Completed(lease);
                    },
                    stop.Token
                )
            );
            var all = Task.WhenAll(serving);
            await Task.Delay(TimeSpan.FromSeconds(30), scene.Market.Time);
            stop.Cancel();
            await all;

            Assert.Equal((120, 120), (ran.Count, ran.Select(run => run.Job).Distinct().Count()));
            Assert.Equal(3, ran.Select(run => run.Worker.Id).Distinct().Count());
            Assert.Equal((0, 0), await scene.Counted(0));
        });

    [Fact]
    public void RunThatFailsElsewhere_ComesHome_AndCountsItsFailures() =>
        Run(async scene =>
        {
            var (client, worker) = (await scene.Client(shard: 0), await scene.Worker(shard: 1));
            var job = await scene.Submit(client, "one");
            var attempts = new List<int>();
            for (var attempt = 0; attempt <= TestMarket.Spec(scene.Program).RetriesMax; attempt++)
            {
                var lease = await worker.TakeOne();
                attempts.Add(lease.Attempt);
                await worker.Report(worker.Ended(lease, RunOutcome.WorkerFault, "broken"));
            }
            await scene.Market.Settle();

            var view = await scene.Market.Job(job).Get(client);
            Assert.Equal((JobStatus.Failed, ErrorCode.WorkerFailed), (view.Status, view.Code));
            Assert.Equal(Enumerable.Range(1, attempts.Count), attempts);
            Assert.Equal(attempts.Count, view.History.Count(step => step.Note == "broken"));
            Assert.Equal((0, 0), await scene.Counted(0));
        });

    [Fact]
    public void CancelledJob_IsStoppedInTheOtherShard_AndPaysWhatItHadUsed() =>
        Run(async scene =>
        {
            var (client, worker) = (await scene.Client(shard: 0), await scene.Worker(shard: 1));
            worker.Heartbeats = true;
            var job = await scene.Submit(client, "one");
            var lease = await worker.TakeOne();
            await Task.Delay(TimeSpan.FromSeconds(1), scene.Market.Time);
            await scene.MarketOf(1).Heartbeat(worker.Id, [new LeaseProgress(lease.Id, 500_000, LeaseStage.Running)]);
            var polling = worker.Poll();

            await scene.Market.Job(job).Cancel(client);
            Assert.Equal(lease.Id, Assert.Single((await polling).Stops));
            await scene.Market.Settle();
            var view = await scene.Market.Job(job).Get(client);
            Assert.Equal((JobStatus.Cancelled, 500_000L), (view.Status, view.FuelUsed));
            Assert.NotEqual(TokenAmount.Zero, view.Charge);
            Assert.Equal((0, 0), await scene.Counted(0));
            Assert.Equal((0, 0), await scene.Counted(1));
        });

    /// <summary>The market of one silo is lost, those of the others go on.</summary>
    [Theory, InlineData(0), InlineData(1)]
    public void ShardThatStartsAgain_LosesNoJob_AndNoneRunsForMoreThanOneEnd(int lost) =>
        Run(async scene =>
        {
            var (client, worker) = (await scene.Client(shard: 0), await scene.Worker(shard: 1, slots: 8));
            var jobs = new List<JobId>();
            for (var number = 0; number < 8; number++)
            {
                jobs.Add(await scene.Submit(client, $"{number}"));
            }
            var leases = (await worker.Poll()).Leases;
            Assert.NotEmpty(leases);

            await scene.Lose(lost);
            using var stop = new CancellationTokenSource();
            await worker.Report([.. leases.Select(lease => worker.Completed(lease))]);
            var serving = worker.Serve(lease => worker.Completed(lease), stop.Token);
            await Task.Delay(TimeSpan.FromMinutes(2), scene.Market.Time);
            stop.Cancel();
            await serving;

            foreach (var job in jobs)
            {
                Assert.Equal(JobStatus.Completed, (await scene.Market.Job(job).Get(client)).Status);
            }
            Assert.Equal((0, 0), await scene.Counted(0));
            Assert.Equal((0, 0), await scene.Counted(1));
        });

    [Fact]
    public void JobThatWaits_IsToldOfTheOffersOfAllShards() =>
        Run(async scene =>
        {
            var client = await scene.Client(shard: 0);
            var job = await scene.Submit(client, "one");
            await scene.Market.Settle();
            Assert.Contains("No worker has made an offer.", (await scene.Market.Job(job).Explain(client)).Summary);

            await scene.Worker(shard: 1, price: 1_000_000);
            await scene.Worker(shard: 2, price: 2_000_000);
            var explanation = await scene.Market.Job(job).Explain(client);
            Assert.Contains("asks 1000000 per million fuel", explanation.Summary);
            Assert.Equal(2, explanation.Offers.Length);
        });

    [Fact]
    public void JobsThatUseState_AreInOneShard_WhoeverSubmitsThem() =>
        Run(async scene =>
        {
            var (one, two) = (await scene.Client(shard: 0), await scene.Client(shard: 1, "two"));
            var program = await scene.Market.Deploy(one, "command writes");
            await scene.Submit(one, "one", program);
            await scene.Submit(two, "two", program);
            var worker = await scene.Worker(shard: 2, slots: 4);

            var first = Assert.Single((await worker.Poll()).Leases);
            Assert.Empty((await worker.Poll()).Leases);
            await worker.Report(worker.Completed(first));
            Assert.NotEqual(first.Ticket.Job, (await worker.TakeOne()).Ticket.Job);
        });

    [Fact]
    [TestsBound(typeof(MarketPolicy), nameof(MarketPolicy.ClaimedOffersMax))]
    public void Claim_NamesSoManyOffers() =>
        Run(async scene =>
        {
            var client = await scene.Client(shard: 0);
            var job = await scene.Submit(client, "one");
            await scene.Market.Settle();
            var offer = new ShardOffer(
                new WorkerOffer(
                    Worker: default,
                    PayTo: default,
                    PricePerMillionFuel: new TokenAmount(1),
                    Slots: 1,
                    MemoryPagesMax: MarketLimits.MemoryPagesMax
                ),
                default,
                Capacity: 1
            );
            var shard = scene.Market.Grains.GetGrain<IMarketShardGrain>(scene.Market.Shards.Keys[0]);
            var many = new ShardClaim("wasm/1", 1, 1, [.. Enumerable.Repeat(offer, MarketPolicy.ClaimedOffersMax + 1)]);
            Assert.Equal(
                ErrorCode.LimitExceeded,
                (await Assert.ThrowsAsync<MarketException>(() => shard.Claim(many, Authority.Market))).Code
            );

            var claim = many with { Offers = [.. Enumerable.Repeat(offer, MarketPolicy.ClaimedOffersMax)] };
            Assert.Equal(job, Assert.Single(await shard.Claim(claim, Authority.Market)).Ticket.Job);
            Assert.Equal(job, Assert.Single(await shard.Claim(claim, Authority.Market)).Ticket.Job);
            Assert.Empty(await shard.Claim(claim with { Sequence = 2 }, Authority.Market));
            // The shard that claimed does not have it: it waits again after a while.
            await Task.Delay(MarketPolicy.StayCheckAge + 2 * MarketPolicy.MaintenancePeriod, scene.Market.Time);
            Assert.Equal((1, 0), await scene.Counted(0));
        });

    /// <summary>Offers that fit no job must not hide those behind them.</summary>
    [Fact]
    public void OffersThatGotNothing_MakeRoomForTheNextOnes()
    {
        var book = Book();
        for (var number = 0; number <= MarketPolicy.ClaimedOffersMax; number++)
        {
            var offer = new WorkerOffer(
                Worker: new WorkerId(TestMarket.Id($"{number}").Value),
                PayTo: default,
                PricePerMillionFuel: new TokenAmount((UInt128)(number + 1)),
                Slots: 1,
                MemoryPagesMax: 1
            );
            book.SetOffer(offer, default, Now);
            book.Poll(new WorkerPoll(offer.Worker, 7, 1, 1), Now);
        }
        book.Rematch(Now);
        Assert.Equal(MarketPolicy.ClaimedOffersMax, book.HungryOffers(0, MarketPolicy.ClaimedOffersMax).Length);
        var last = Assert.Single(book.HungryOffers(MarketPolicy.ClaimedOffersMax, MarketPolicy.ClaimedOffersMax));
        Assert.Equal(new TokenAmount(MarketPolicy.ClaimedOffersMax + 1), last.Offer.PricePerMillionFuel);
    }

    /// <summary>After a restart another shard may have any writing job of a program: the others wait for that one.</summary>
    [Fact]
    public void WritingJobThatIsAway_IsTheHeadOfItsLine()
    {
        var book = Book();
        var jobs = Enumerable.Range(0, 3).Select(number => Add(book, number, usesState: true)).ToArray();
        book.MarkAway(jobs[1], new ShardStay("wasm/1", 1, TimeSpan.Zero));
        Assert.Equal([MarketPhase.InLine, MarketPhase.Away, MarketPhase.InLine], jobs.Select(job => job.Phase));
        Assert.Empty(book.Invariants.Violations());
        book.Remove(jobs[1], Now);
        Assert.Equal([MarketPhase.Ready, MarketPhase.Gone, MarketPhase.InLine], jobs.Select(job => job.Phase));
        Assert.Empty(book.Invariants.Violations());
    }

    private static readonly MarketTime Now = new(DateTimeOffset.UnixEpoch, TimeSpan.Zero);

    private static MarketBook Book()
    {
        var book = new MarketBook(start: 7, new QueueBounds(), TestOwner.Domain);
        book.Resume(Now);
        return book;
    }

    private static MarketJob Add(MarketBook book, int number, bool usesState = false)
    {
        var ticket = new JobTicket(
            Job: new JobId(TestMarket.Id($"{number}").Value),
            Account: TestMarket.Id("client"),
            Spec: TestMarket.Spec(default),
            Module: default,
            UsesState: usesState,
            SubmittedAt: Now.Wall.AddSeconds(number),
            RequestId: $"{number}"
        );
        book.Add(ticket, Now);
        return book.Find(ticket.Job)!;
    }

    [Fact]
    [TestsBound(typeof(MarketPolicy), nameof(MarketPolicy.HandedJobsMax))]
    public void Claim_BringsSoManyJobs()
    {
        var book = Book();
        for (var number = 0; number <= MarketPolicy.HandedJobsMax; number++)
        {
            Add(book, number);
        }
        var offer = new WorkerOffer(
            Worker: default,
            PayTo: default,
            PricePerMillionFuel: new TokenAmount(1),
            Slots: 1,
            MemoryPagesMax: MarketLimits.MemoryPagesMax
        );
        var handed = book.HandOver([new ShardOffer(offer, default, int.MaxValue)], new ShardStay("wasm/1", 1, TimeSpan.Zero));
        Assert.Equal((MarketPolicy.HandedJobsMax, 1), (handed.Length, book.QueuedCount));
        Assert.Empty(book.Invariants.Violations());
    }

    [Fact]
    [TestsBound(typeof(MarketLimits), nameof(MarketLimits.ShardsMax))]
    public void Shards_AreSoMany_AndTheFirstIsTheMarketWithoutShards()
    {
        Assert.Equal(MarketLimits.DefaultClass, Assert.Single(new MarketShards().Keys));
        Assert.Equal(MarketLimits.ShardsMax, new MarketShards(MarketLimits.ShardsMax).Keys.Distinct().Count());
        Assert.Throws<ArgumentOutOfRangeException>(() => new MarketShards(MarketLimits.ShardsMax + 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new MarketShards(0));
    }

    private static void Run(Func<Scene, Task> scenario) =>
        TestMarket.Run(
            async market =>
            {
                var owner = await market.OpenAccount("owner");
                await scenario(new Scene(market, await market.Deploy(owner)));
            },
            register: services => services.AddSingleton(new MarketShards(Shards))
        );

    private sealed record Scene(TestMarket Market, ProgramId Program)
    {
        public IMarketGrain MarketOf(int shard) => Market.Grains.GetGrain<IMarketGrain>(Market.Shards.Keys[shard]);

        /// <summary>An account of a shard, by trying names.</summary>
        public Task<Caller> Client(int shard, string name = "client") =>
            Market.OpenAccount(Names(name).First(name => Market.Shards.KeyOf(TestMarket.Id(name)) == Market.Shards.Keys[shard]));

        public Task<TestWorker> Worker(int shard, int slots = 1, long price = 10) =>
            Market.AddWorker(
                Names("worker").First(name => Market.Shards.KeyOf(new TestWorker(Market, name, 1, 1).Id) == Market.Shards.Keys[shard]),
                price,
                slots
            );

        public async Task<JobId> Submit(Caller caller, string request, ProgramId? program = null) =>
            Assert.Single(await Market.Submit(caller, TestMarket.Item(request, program ?? Program))).Job;

        public async Task<(int Queued, int Leased)> Counted(int shard)
        {
            var view = await MarketOf(shard).GetView();
            return (view.QueuedJobs, view.LeasedJobs);
        }

        /// <summary>A test's worker is paid on the account of its own name, which is its key.</summary>
        public async Task<TokenAmount> Earned(TestWorker worker) =>
            (await Market.Grains.GetGrain<IAccountGrain>(worker.Id.Value.ToString()).Get()).Earned;

        /// <summary>The shard's activation goes with all that it knows, and another one starts over the same disk.</summary>
        public async Task Lose(int shard)
        {
            var twin = await Market.StartTwin();
            // The newer start number makes the older activation go; its callers then find the new one.
            await twin.GetGrain<IMarketGrain>(Market.Shards.Keys[shard]).GetView();
        }

        private static IEnumerable<string> Names(string name) => Enumerable.Range(0, 100).Select(number => $"{name} {number}");
    }
}
