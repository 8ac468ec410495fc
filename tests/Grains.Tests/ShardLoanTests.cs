using Marketplace.GrainInterfaces;
using Marketplace.Testing;

namespace Marketplace.Grains.Tests;

/// <summary>Workers that shards lend each other for the seats of panels.</summary>
public sealed class ShardLoanTests
{
    [Fact]
    public void Quorum_IsRunByWorkersOfOtherShards_AndPaysEach() =>
        LoanScene.Run(async scene =>
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
        LoanScene.Run(async scene =>
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
        LoanScene.Run(async scene =>
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
        LoanScene.Run(async scene =>
        {
            var (workers, job, leases) = await scene.Seated();
            var reputation = scene.Market.Grains.GetGrain<IReputationGrain>(ReputationKeys.OfWorker(workers[0].Id));
            await reputation.SetMaintenance(await scene.Market.AddKey(scene.NameOf(workers[0])), isOn: true);
            await scene.Lent();
            Assert.DoesNotContain(workers[0].Id, scene.BookOf(0).AllOffers.Lent.All.Keys);
            await LoanScene.SealAndTell(workers, leases);
            var view = await scene.Market.Job(job).WaitEnded(scene.Client, TimeSpan.FromSeconds(30), default);
            await scene.Market.Settle();
            Assert.Equal(JobStatus.Completed, view.Status);
            Assert.Equal(0, (await reputation.Get(caller: null)).Faulted);
        });

    [Fact]
    public void WorkerThatAnotherShardExcludes_IsLentNoMore() =>
        LoanScene.Run(async scene =>
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
        LoanScene.Run(async scene =>
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
        LoanScene.Run(async scene =>
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
        LoanScene.Run(async scene =>
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
        var book = new MarketBook(start: 7, new QueueBounds(), TestOwner.Domain);
        var now = new MarketTime(DateTimeOffset.UnixEpoch, TimeSpan.Zero);
        for (var number = 0; number <= MarketPolicy.LentOffersMax; number++)
        {
            var offer = new WorkerOffer(
                Worker: new WorkerId(TestMarket.Id($"{number}").Value),
                PayTo: new AccountId(TestMarket.Id($"{number}").Value),
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
        LoanScene.Run(async scene =>
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
        var book = new MarketBook(start: 7, new QueueBounds(), TestOwner.Domain);
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
}
