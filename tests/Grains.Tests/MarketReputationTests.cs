using Marketplace.GrainInterfaces;
using Marketplace.Testing;

namespace Marketplace.Grains.Tests;

/// <summary>What the market tells reputations of ended jobs, and what a standing changes in the market.</summary>
public sealed class MarketReputationTests
{
    private static readonly Caller Operator = new(TestMarket.Id("operator"), "mk1111111111111111", Scopes.Admin);

    [Fact]
    public void EndedJob_CountsForItsWorkerAndItsBuyer_WithinAMinute() =>
        TestMarket.Run(async market =>
        {
            var (caller, program, worker) = await Scene(market);
            await Submit(market, caller, program, "one");
            await worker.Report(worker.Completed(await worker.TakeOne()));
            await Minute(market);

            var earned = (await market.Account("worker").Get()).Earned;
            Assert.NotEqual(TokenAmount.Zero, earned);
            var (of, buyer) = (await OfWorker(market, worker).Get(null), await OfBuyer(market, caller).Get(null));
            Assert.Equal((1, 0), (of.Kept, of.Faulted));
            Assert.Equal((1, 0), (buyer.Kept, buyer.Faulted));
            Assert.True(of.Standing.Score > ReputationPolicy.NewcomerScore);
        });

    [Fact]
    public void FailedRun_CountsAgainstItsWorker_OnceAnotherRunEndedTheJob() =>
        TestMarket.Run(async market =>
        {
            var (caller, program, worker) = await Scene(market);
            await Submit(market, caller, program, "one");
            await worker.Report(worker.Ended(await worker.TakeOne(), RunOutcome.WorkerFault, "out of order"));
            await market.Settle();
            Assert.Equal(0, (await OfWorker(market, worker).Get(Operator)).Faulted);
            var other = await market.AddWorker("other");
            await other.Report(other.Completed(await other.TakeOne()));
            await market.Settle();

            var view = await OfWorker(market, worker).Get(Operator);
            Assert.Equal((0, 1), (view.Kept, view.Faulted));
            Assert.Equal("out of order", Assert.Single(view.Faults).Reason);
            Assert.Equal(StandingLevel.Warning, view.Standing.Level);
        });

    [Fact]
    public void JobThatFailsOnAll_CountsAgainstNone() =>
        TestMarket.Run(async market =>
        {
            var (caller, program, worker) = await Scene(market);
            var job = await Submit(market, caller, program, "one", retries: 0);
            await worker.Report(worker.Ended(await worker.TakeOne(), RunOutcome.WorkerFault, "no disk"));
            await Minute(market);

            Assert.Equal(JobStatus.Failed, (await market.Job(job).Get(caller)).Status);
            Assert.Equal(0, (await OfWorker(market, worker).Get(Operator)).Faulted);
        });

    [Fact]
    public void WhoPaysHimself_ProvesNothing() =>
        TestMarket.Run(async market =>
        {
            var (_, program, _) = await Scene(market);
            var own = await market.OpenAccount("own");
            var worker = await market.AddWorker("own", price: 1);
            await Submit(market, own, program, "one");
            await worker.Report(worker.Completed(await worker.TakeOne()));
            await Minute(market);

            Assert.Equal(0, (await OfWorker(market, worker).Get(Operator)).Kept);
            Assert.Equal(0, (await OfBuyer(market, own).Get(Operator)).Kept);
        });

    [Fact]
    public void WorkerInMaintenance_GetsNoLeases_UntilItsOwnerEndsIt_AlsoAfterARestart() =>
        TestMarket.Run(async market =>
        {
            var (caller, program, worker) = await Scene(market);
            var owner = await market.AddKey("worker");
            await OfWorker(market, worker).SetMaintenance(owner, true);
            var job = await Submit(market, caller, program, "one");
            Assert.Empty((await worker.Poll()).Leases);
            Assert.Contains("maintenance", Assert.Single((await market.Job(job).Explain(caller)).Offers).Reason, StringComparison.Ordinal);
            await market.CrashAndStart();
            await worker.Offer();
            Assert.Empty((await worker.Poll()).Leases);

            var waiting = worker.Poll();
            await OfWorker(market, worker).SetMaintenance(owner, false);
            Assert.Equal(job, Assert.Single((await waiting).Leases).Ticket.Job);
        });

    [Fact]
    public void WorkerOnProbation_HasOneLeaseAtATime_AndAnExcludedOneNone() =>
        TestMarket.Run(async market =>
        {
            var (caller, program, worker) = await Scene(market, slots: 4);
            foreach (var request in new[] { "one", "two", "three" })
            {
                await Submit(market, caller, program, request);
            }
            await market.Market.SetStanding(worker.Id, new Standing(450, StandingLevel.Probation, false), Authority.Reputation);
            var lease = Assert.Single((await worker.Poll()).Leases);
            await market.Market.SetStanding(worker.Id, new Standing(250, StandingLevel.Excluded, false), Authority.Reputation);
            await worker.Report(worker.Completed(lease));
            Assert.Empty((await worker.Poll()).Leases);
            await market.Market.SetStanding(worker.Id, new Standing(900, StandingLevel.Good, false), Authority.Reputation);
            Assert.Equal(2, (await worker.Poll()).Leases.Length);
        });

    [Fact]
    public void ExcludedWorker_IsLetInAgain_WhenTimeHasMadeItsScoreBetter() =>
        TestMarket.Run(async market =>
        {
            var (caller, program, worker) = await Scene(market);
            var faults = Enumerable
                .Range(0, 7)
                .Select(number => new Fault(
                    new JobId(TestMarket.Id($"{number}").Value),
                    market.Time.GetUtcNow(),
                    new TokenAmount(5),
                    "bad"
                ));
            await OfWorker(market, worker).Record(new OutcomeBatch("other", 1, 1, 0, TokenAmount.Zero, [.. faults]), Authority.Market);
            await worker.Offer();
            var job = await Submit(market, caller, program, "one");
            Assert.Empty((await worker.Poll()).Leases);

            Lease? lease = null;
            for (var minutes = 0; lease is null && minutes < 600; minutes += 10)
            {
                for (var poll = 0; poll < 60 && lease is null; poll++)
                {
                    lease = (await worker.Poll()).Leases.FirstOrDefault();
                }
            }
            Assert.Equal(job, lease?.Ticket.Job);
        });

    [Fact]
    public void Job_GoesToAWorkerWithEnoughAtStake_AndOutcomesDoNotOverwriteIt() =>
        TestMarket.Run(async market =>
        {
            var (caller, program, worker) = await Scene(market);
            var job = await Submit(market, caller, program, "one", stakeMin: 100);
            var waiting = worker.Poll();
            Assert.Contains(
                "less than 100 at stake (0 at most)",
                (await market.Job(job).Explain(caller)).Summary,
                StringComparison.Ordinal
            );
            await OfWorker(market, worker).Stake(caller, new StakeRequest("s", new TokenAmount(99)));
            Assert.Equal(
                "has 99 at stake; the job wants 100 or more",
                Assert.Single((await market.Job(job).Explain(caller)).Offers).Reason
            );
            await OfWorker(market, worker).Stake(caller, new StakeRequest("t", new TokenAmount(1)));
            await worker.Report(worker.Completed(Assert.Single((await waiting).Leases)));
            for (var poll = 0; poll < 8; poll++)
            {
                await worker.Poll();
            }
            await OfWorker(market, worker).SetMaintenance(await market.AddOperator(), false);

            var standing = (await market.Market.FindOffer(worker.Id))!.Standing;
            Assert.True(standing.Score > ReputationPolicy.NewcomerScore);
            Assert.Equal(new TokenAmount(100), standing.Stake);
            foreach (var restarted in new[] { false, true })
            {
                if (restarted)
                {
                    await market.CrashAndStart();
                }
                await worker.Offer();
                Assert.Equal(new TokenAmount(100), (await market.Market.FindOffer(worker.Id))!.Standing.Stake);
            }
            await OfWorker(market, worker).Unstake(caller, ["t"]);
            await Submit(market, caller, program, "two", stakeMin: 100);
            Assert.Empty((await worker.Poll()).Leases);
            await Submit(market, caller, program, "three", stakeMin: 99);
            Assert.Single((await worker.Poll()).Leases);
        });

    [Fact]
    public void StakeThatTheMarketHoldsTooHigh_IsReadAgain() =>
        TestMarket.Run(async market =>
        {
            var (caller, program, worker) = await Scene(market);
            await OfWorker(market, worker).Stake(caller, new StakeRequest("s", new TokenAmount(5)));
            var told = (await market.Market.FindOffer(worker.Id))!.Standing;
            // As where the word that a part was taken back is lost.
            await market.Market.SetStanding(worker.Id, told with { Stake = new TokenAmount(100) }, Authority.Reputation);
            for (var poll = 0; poll < 70; poll++)
            {
                await worker.Poll();
            }
            Assert.Equal(new TokenAmount(5), (await market.Market.FindOffer(worker.Id))!.Standing.Stake);
            await Submit(market, caller, program, "one", stakeMin: 6);
            Assert.Empty((await worker.Poll()).Leases);
        });

    [Fact]
    public void WordsOfAWorker_AreCut_AndALongHistoryKeepsItsEnds() =>
        TestMarket.Run(async market =>
        {
            var (caller, program, worker) = await Scene(market);
            var job = await Submit(market, caller, program, "one");
            for (var count = 0; count < JobPolicy.HistoryEventsMax; count++)
            {
                await worker.Report(worker.Ended(await worker.TakeOne(), RunOutcome.Returned, new string('w', 100_000)));
            }
            await worker.Report(worker.Completed(await worker.TakeOne()));

            var view = await market.Job(job).Get(caller);
            Assert.Equal(JobStatus.Completed, view.Status);
            Assert.InRange(view.History.Length, 10, JobPolicy.HistoryEventsMax);
            Assert.All(view.History, step => Assert.True((step.Note?.Length ?? 0) <= JobPolicy.NoteCharsMax));
        });

    [Fact]
    public void ReputationThatCannotBeWritten_IsToldAgain() =>
        TestMarket.Run(async market =>
        {
            var (caller, program, worker) = await Scene(market);
            market.Store.OnWrite = name =>
                name.StartsWith(ReputationState.Kind, StringComparison.Ordinal) ? WriteFate.Lost : WriteFate.Done;
            await Submit(market, caller, program, "one");
            await worker.Report(worker.Completed(await worker.TakeOne()));
            await Minute(market);
            market.Store.OnWrite = _ => WriteFate.Done;
            await Minute(market);

            Assert.Equal(1, (await OfWorker(market, worker).Get(Operator)).Kept);
        });

    [Fact]
    [TestsBound(typeof(MarketLimits), nameof(MarketLimits.ListedOffersMax))]
    public void Offers_AreListedByPrice_PageByPage() =>
        TestMarket.Run(async market =>
        {
            foreach (var (name, price) in new[] { ("a", 3), ("b", 1), ("c", 2), ("d", 1) })
            {
                await market.AddWorker(name, price);
            }
            var seen = new List<OfferView>();
            while ((await market.Market.ListOffers(PlaceOf(seen), 3)) is { Length: > 0 } page)
            {
                seen.AddRange(page);
            }
            Assert.Equal(["1", "1", "2", "3"], seen.Select(offer => $"{offer.Offer.PricePerMillionFuel}"));
            Assert.Equal(4, seen.Select(offer => offer.Offer.Worker).Distinct().Count());
            Assert.Equal(4, (await market.Market.ListOffers(null, MarketLimits.ListedOffersMax)).Length);
            foreach (var limit in new[] { 0, MarketLimits.ListedOffersMax + 1 })
            {
                var refused = await Assert.ThrowsAsync<MarketException>(() => market.Market.ListOffers(null, limit));
                Assert.Equal(ErrorCode.LimitExceeded, refused.Code);
            }

            static OfferPlace? PlaceOf(List<OfferView> seen) =>
                seen.Count == 0 ? null : new OfferPlace(seen[^1].Offer.PricePerMillionFuel, seen[^1].Offer.Worker);
        });

    private static async Task<JobId> Submit(
        TestMarket market,
        Caller caller,
        ProgramId program,
        string request,
        int retries = 3,
        int stakeMin = 0
    )
    {
        var item = TestMarket.Item(request, program);
        var result = await market.Submit(
            caller,
            item with
            {
                Spec = item.Spec with
                {
                    RetriesMax = retries,
                    ExpiresAfter = MarketLimits.ExpiresAfterMax,
                    Needs = stakeMin > 0 ? new JobNeeds(StakeMin: new TokenAmount((UInt128)stakeMin)) : null,
                },
            }
        );
        Assert.Null(Assert.Single(result).Code);
        return result[0].Job;
    }

    private static Task Minute(TestMarket market) =>
        Task.Delay(MarketPolicy.OutcomesPeriod + MarketPolicy.MaintenancePeriod + MarketPolicy.MaintenancePeriod, market.Time);

    private static IReputationGrain OfWorker(TestMarket market, TestWorker worker) =>
        market.Grains.GetGrain<IReputationGrain>(ReputationKeys.OfWorker(worker.Id));

    private static IReputationGrain OfBuyer(TestMarket market, Caller caller) =>
        market.Grains.GetGrain<IReputationGrain>(ReputationKeys.OfBuyer(caller.Account));

    private static async Task<(Caller Caller, ProgramId Program, TestWorker Worker)> Scene(TestMarket market, int slots = 1)
    {
        var caller = await market.OpenAccount("client");
        return (caller, await market.Deploy(caller), await market.AddWorker("worker", slots: slots));
    }
}
