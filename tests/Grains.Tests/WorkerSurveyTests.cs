using Marketplace.GrainInterfaces;
using Marketplace.Testing;

namespace Marketplace.Grains.Tests;

/// <summary>Why a worker gets no work, in the words that its owner reads.</summary>
public sealed class WorkerSurveyTests
{
    private static readonly MarketTime Now = new(DateTimeOffset.UnixEpoch, TimeSpan.Zero);
    private readonly MarketBook _book = new(start: 7, new QueueBounds(), TestOwner.Domain);
    private int _jobs;

    public WorkerSurveyTests() => _book.Resume(Now);

    [Fact]
    public void UnknownWorker_IsNotConnected()
    {
        Add(price: 10);
        var told = _book.Explain(offer: null);
        Assert.StartsWith("The market has no offer of this worker", told.Summary, StringComparison.Ordinal);
        Assert.Equal((1, 0), (told.WaitingJobs, told.LookedAt));
    }

    [Fact]
    public void WithoutJobs_NoneWaits() => Assert.Equal("No job waits for a worker.", Explain(Offer()).Summary);

    [Fact]
    public void DearWorker_IsToldWhatTheDearestJobPays()
    {
        Add(price: 1);
        Add(price: 2);
        Add(price: 9, labels: ["gpu"]);

        var told = Explain(Offer(price: 3));

        Assert.Equal(
            "It asks more than all waiting jobs pay whose needs it meets: the dearest pays 2 per million fuel; it asks 3.",
            told.Summary
        );
        Assert.Equal(
            [(2, "pay less than the 3 per million fuel that it asks (2 at most)"), (1, "need the label gpu")],
            told.Obstacles.Select(obstacle => (obstacle.Jobs, obstacle.Reason))
        );
    }

    [Fact]
    public void WorkerThatMeetsNoNeeds_IsToldThem()
    {
        Add(price: 9, labels: ["gpu"]);
        Add(price: 9, labels: ["gpu"]);
        Add(price: 9, reputation: 800);

        Assert.Equal(
            "It does not meet what the waiting jobs need: 2 need the label gpu, 1 want a better reputation than its 500 (800 at least).",
            Explain(Offer(score: 500)).Summary
        );
    }

    [Fact]
    public void MemoryAndRefusals_AreTold()
    {
        Add(price: 9, memoryPages: 300);
        Add(price: 9, memoryPages: 200);
        Add(price: 9, buyer: 5);
        Add(price: 9, refused: 1);

        var told = Explain(Offer(memoryPages: 100, refuses: 5));

        Assert.Equal(
            "Of 4 waiting jobs that were looked at, 2 want more than its 100 memory pages (200 at least), 1 refuse it or its owner, "
                + "1 are of accounts that it refuses.",
            told.Summary
        );
    }

    [Theory]
    [InlineData(StandingLevel.Good, true, "It is in maintenance")]
    [InlineData(StandingLevel.Excluded, false, "It is excluded: its score is 700, below")]
    public void Standing_ComesFirst(StandingLevel level, bool maintenance, string begins)
    {
        Add(price: 9);
        var told = Explain(Offer(level: level, maintenance: maintenance));
        Assert.StartsWith(begins, told.Summary, StringComparison.Ordinal);
        Assert.Equal(1, Assert.Single(told.Obstacles).Jobs);
    }

    [Fact]
    public void BusyWorker_HasWork()
    {
        var offer = Offer(slots: 1);
        Add(price: 9);
        Add(price: 9);
        var told = Explain(offer);
        Assert.Equal("It has work: its slot is taken.", told.Summary);
        Assert.Equal((1, "fit, and wait for a free slot of it"), told.Obstacles.Select(each => (each.Jobs, each.Reason)).Single());
    }

    [Fact]
    public void WorkerThatDoesNotPoll_IsToldSo()
    {
        Add(price: 9);
        Assert.StartsWith("It does not ask for work", Explain(Offer(polls: false)).Summary, StringComparison.Ordinal);
    }

    [Fact]
    [TestsBound(typeof(MarketPolicy), nameof(MarketPolicy.SurveyedJobsMax))]
    [TestsBound(typeof(MarketPolicy), nameof(MarketPolicy.SurveyedAccountJobsMax))]
    public void LongQueues_AreLookedAtInPart_OfEachAccountAndClassSome()
    {
        var offer = Offer(price: 100);
        AddMany(MarketPolicy.SurveyedAccountJobsMax, buyer: 1);
        Assert.Equal(MarketPolicy.SurveyedAccountJobsMax, Explain(offer).LookedAt);
        AddMany(1, buyer: 1);
        Assert.Equal(MarketPolicy.SurveyedAccountJobsMax, Explain(offer).LookedAt);
        for (var buyer = 2; buyer <= (MarketPolicy.SurveyedJobsMax / MarketPolicy.SurveyedAccountJobsMax) + 2; buyer++)
        {
            AddMany(MarketPolicy.SurveyedAccountJobsMax, buyer);
        }
        Add(price: 1, labels: ["gpu"]);

        var told = Explain(offer);

        Assert.Equal(_jobs, told.WaitingJobs);
        Assert.InRange(told.LookedAt, (MarketPolicy.SurveyedJobsMax / 2) + 1, MarketPolicy.SurveyedJobsMax);
        Assert.Equal(1, told.Obstacles.Single(obstacle => obstacle.Reason == "need the label gpu").Jobs);
        Assert.Equal(told.LookedAt, told.Obstacles.Sum(obstacle => obstacle.Jobs));
    }

    [Fact]
    public void Explanation_IsForTheOwnersAndTheOperator() =>
        TestMarket.Run(async market =>
        {
            var worker = await market.AddWorker("worker");
            Caller Of(AccountId account, Scopes scopes) => new(account, "mk1111111111111111", scopes);
            foreach (
                var caller in new[]
                {
                    Of(new AccountId(worker.Id.Value), Scopes.Read),
                    Of(TestMarket.Id("worker"), Scopes.Read),
                    Of(TestMarket.Id("operator"), Scopes.Admin),
                }
            )
            {
                Assert.NotEmpty((await market.Market.ExplainWorker(worker.Id, caller)).Summary);
            }
            var stranger = Of(TestMarket.Id("stranger"), Scopes.Read | Scopes.Submit);
            var refusals = new List<string>();
            foreach (var id in new[] { worker.Id, new WorkerId(TestMarket.Id("nobody").Value) })
            {
                var refusal = await Assert.ThrowsAsync<MarketException>(() => market.Market.ExplainWorker(id, stranger));
                Assert.Equal(ErrorCode.Forbidden, refusal.Code);
                refusals.Add(refusal.Message.Replace($"{id}", "ID", StringComparison.Ordinal));
            }
            Assert.Equal(refusals[0], refusals[1]);
        });

    private WorkerExplanation Explain(MarketOffer offer) => _book.Explain(offer);

    private MarketOffer Offer(
        int price = 1,
        int slots = 4,
        int memoryPages = MarketLimits.MemoryPagesMax,
        int score = 700,
        StandingLevel level = StandingLevel.Good,
        bool maintenance = false,
        int? refuses = null,
        bool polls = true
    )
    {
        var worker = new WorkerId(Id(1));
        _book.SetOffer(
            new WorkerOffer(
                Worker: worker,
                PayTo: Account(1_001),
                PricePerMillionFuel: new TokenAmount((UInt128)price),
                Slots: slots,
                MemoryPagesMax: memoryPages,
                RefusedAccounts: refuses is { } account ? [Account(account)] : []
            ),
            new Standing(score, level, maintenance),
            Now
        );
        if (polls)
        {
            _book.Poll(new WorkerPoll(worker, 7, 1, slots), Now);
        }
        return _book.Offers[worker];
    }

    private void AddMany(int count, int buyer)
    {
        for (var number = 0; number < count; number++)
        {
            Add(price: 1, buyer: buyer);
        }
    }

    /// <param name="price">What the job pays per million fuel.</param>
    private void Add(int price, int buyer = 2, int memoryPages = 16, string[]? labels = null, int reputation = 0, int? refused = null)
    {
        var needs = new JobNeeds(Labels: [.. labels ?? []], ReputationMin: reputation)
        {
            RefusedWorkers = refused is { } worker ? [new WorkerId(Id(worker))] : [],
        };
        var spec = TestMarket.Spec(default, price) with
        {
            Needs = needs.IsEmpty ? null : needs,
            FuelMax = 1_000_000,
            MemoryPagesMax = memoryPages,
        };
        var id = new JobId(Id(++_jobs));
        _book.Add(
            new JobTicket(
                Job: id,
                Account: Account(buyer),
                Spec: spec,
                Module: default,
                UsesState: false,
                SubmittedAt: Now.Wall.AddSeconds(_jobs),
                RequestId: $"{_jobs}"
            ),
            Now
        );
    }

    private static AccountId Account(int number) => new(Id(number));

    private static Bytes32 Id(int number)
    {
        var id = new byte[Bytes32.Size];
        BitConverter.TryWriteBytes(id, number);
        return new Bytes32(id);
    }
}
