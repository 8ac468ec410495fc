using System.Collections.Immutable;
using Marketplace.GrainInterfaces;
using Marketplace.Testing;

namespace Marketplace.Grains.Tests;

/// <summary>A job goes to workers that meet its needs and to no others, and jobs that none can take hold up nothing.</summary>
public sealed class JobClassTests
{
    private static readonly MarketTime Now = new(DateTimeOffset.UnixEpoch, TimeSpan.Zero);
    private readonly MarketBook _book = new(start: 7, new QueueBounds(), TestOwner.Domain);
    private long _polls;
    private int _jobs;

    public JobClassTests() => _book.Resume(Now);

    /// <summary>After the openings of the test have had their time.</summary>
    private ClassRoom RoomOf(int account, params string[] wanted) =>
        _book.ClassRoomFor(Account(account), wanted, Now with { Running = TimeSpan.FromHours(1) });

    [Fact]
    public void Job_GoesToTheCheapestOfferWithItsLabels()
    {
        Offer(1, price: 1);
        Offer(2, price: 2, labels: ["gpu"]);
        Offer(3, price: 3, labels: ["gpu", "region=eu"]);
        Offer(4, price: 4, labels: ["gpu", "region=eu"]);
        Assert.Equal(1, WorkerOf(Add(needs: null)));
        Assert.Equal(2, WorkerOf(Add(Labels("gpu"))));
        Assert.Equal(3, WorkerOf(Add(Labels("region", "gpu"))));
        Assert.Equal(4, WorkerOf(Add(Labels("region=eu"))));
        Assert.Equal(MarketPhase.Ready, Add(Labels("region=us")).Phase);
    }

    [Fact]
    public void Offer_TakesJobsOfTheClassesThatItMeets_InTheTurnsOfTheirAccounts()
    {
        var first = Enumerable.Range(0, 3).Select(_ => Add(Labels("gpu"), buyer: 1)).ToArray();
        var second = Enumerable.Range(0, 3).Select(_ => Add(needs: null, buyer: 2)).ToArray();
        var never = Add(Labels("tpu"), buyer: 3);
        var both = Add(Labels("gpu", "region"), buyer: 1);
        Offer(1, labels: ["gpu", "region=eu"], slots: 7);
        Assert.All([.. first, .. second, both], job => Assert.Equal(1, WorkerOf(job)));
        Assert.Equal(MarketPhase.Ready, never.Phase);
        // Turn by turn, also where an account's jobs are of several classes.
        Assert.Equal([1, 2, 1, 2, 1, 2], first.Concat(second).OrderBy(job => job.Lease!.Id.Sequence).Select(Buyer));
    }

    [Fact]
    public void ManyJobsThatNoOfferMeets_AreNotLookedAt()
    {
        for (var number = 0; number < 20_000; number++)
        {
            Add(Labels("tpu"), buyer: number);
        }
        var wanted = Add(needs: null, buyer: 1);
        Offer(1);
        Assert.Equal(1, WorkerOf(wanted));
        Assert.Equal(1, _book.LeasedCount);
    }

    [Fact]
    public void Worker_GetsJobsThatWantItsStanding_FromTheMomentItHasIt()
    {
        var job = Add(new JobNeeds(ReputationMin: 700, StakeMin: new TokenAmount(5)));
        Offer(1);
        Assert.Equal(MarketPhase.Ready, job.Phase);
        SetStanding(1, Standing(900, stake: 4));
        Assert.Equal(MarketPhase.Ready, job.Phase);
        SetStanding(1, Standing(700, stake: 5));
        Assert.Equal(1, WorkerOf(job));
    }

    [Fact]
    public void Refusals_CountOnBothSides()
    {
        Offer(1, price: 1);
        Offer(2, price: 2, owner: 50);
        Offer(3, price: 3, refused: [9]);
        Offer(4, price: 4);
        var needs = new JobNeeds(RefusedWorkers: [Worker(1)], RefusedOwners: [Account(50)]);
        Assert.Equal(3, WorkerOf(Add(needs)));
        Assert.Equal(4, WorkerOf(Add(needs, buyer: 9)));
    }

    [Fact]
    public void JobThatRefusesAWorker_DoesNotKeepOthersFromIt()
    {
        var refuses = Add(new JobNeeds(RefusedWorkers: [Worker(1)]), buyer: 1);
        var next = Add(needs: null, buyer: 1);
        var other = Add(needs: null, buyer: 2);
        Offer(1, slots: 3);
        Assert.Equal((1, 1), (WorkerOf(next), WorkerOf(other)));
        Assert.Equal(MarketPhase.Ready, refuses.Phase);
    }

    [Theory]
    [InlineData(MarketPolicy.RefusedJobsMax, 1)]
    [InlineData(MarketPolicy.RefusedJobsMax + 1, 0)]
    [TestsBound(typeof(MarketPolicy), nameof(MarketPolicy.RefusedJobsMax))]
    public void Poll_PassesOverSoManyJobsOfAnAccount_AndThenOverTheAccount(int refusing, int taken)
    {
        for (var number = 0; number < refusing; number++)
        {
            Add(new JobNeeds(RefusedWorkers: [Worker(1)]), buyer: 1);
        }
        Add(needs: null, buyer: 1);
        Offer(1);
        Assert.Equal(taken, _book.LeasedCount);
    }

    [Theory]
    [InlineData(MarketPolicy.RefusedOffersMax, true)]
    [InlineData(MarketPolicy.RefusedOffersMax + 1, false)]
    [TestsBound(typeof(MarketPolicy), nameof(MarketPolicy.RefusedOffersMax))]
    public void NewJob_PassesOverSoManyOffers_AndThenWaitsForAPoll(int refusing, bool isMatched)
    {
        for (var number = 0; number < refusing; number++)
        {
            Offer(10 + number, price: 1, refused: [1]);
        }
        Offer(1, price: 2);
        var job = Add(needs: null, buyer: 1);
        Assert.Equal(isMatched, job.Phase == MarketPhase.Leased);
        Poll(1, slots: 1);
        Assert.Equal(1, WorkerOf(job));
    }

    [Fact]
    [TestsBound(typeof(MarketPolicy), nameof(MarketPolicy.ClassesMax))]
    public void Market_HasSoManyClassesAtATime_AndTakesANewOneWhenAnotherHasNoJobs()
    {
        // One bit is that of jobs without needs.
        var jobs = Enumerable.Range(0, MarketPolicy.ClassesMax - 1).Select(number => Add(Labels($"l{number}"), buyer: number)).ToArray();
        Assert.Empty(_book.ToRefuse);
        Assert.Equal(0, RoomOf(5_000).More);
        var beyond = Add(Labels("beyond"), buyer: 5_000);
        Assert.Same(beyond, Assert.Single(_book.ToRefuse));
        Assert.Equal(MarketPhase.Delayed, beyond.Phase);

        _book.Remove(jobs[3], Now);
        Assert.Equal(1, RoomOf(5_000).More);
        Offer(1, labels: ["later"]);
        Assert.Equal(1, WorkerOf(Add(Labels("later"), buyer: 5_001)));
        Assert.Empty(_book.Invariants.Violations());
    }

    [Fact]
    public void OneAccount_OpensNoMoreThanAPartOfTheClassesThatAreFree()
    {
        Assert.Equal(MarketPolicy.AccountClassesMax, RoomOf(1).More);
        for (var number = 0; number < MarketPolicy.ClassesMax - 11; number++)
        {
            Add(Labels($"l{number}"), buyer: 100 + number);
        }
        // Ten are free: three for an account that has none, and for the next one something is left.
        Assert.Equal(3, RoomOf(1).More);
        Add(Labels("one"), buyer: 1);
        Add(Labels("two"), buyer: 1);
        Assert.Equal(1, RoomOf(1).More);
        Assert.Equal(2, RoomOf(2).More);
        Assert.Equal(["one", "two", "new"], RoomOf(1, "one", "two", "new", "newer").Allowed);
    }

    [Fact]
    public void ClassThatOthersHaveOpen_NeedsNoFreeOne()
    {
        for (var number = 0; number < MarketPolicy.ClassesMax - 1; number++)
        {
            Add(Labels($"l{number}"), buyer: number);
        }
        Assert.Equal(["l3", "l7"], RoomOf(5_000, "l3", "new", "l7").Allowed);
        Assert.Equal(
            MarketPolicy.AccountClassesMax,
            RoomOf(5_000, [.. Enumerable.Range(0, 20).Select(number => $"l{number}")]).Allowed.Length
        );
    }

    /// <summary>Each opening asks every offer, so one account that submits and cancels must not open without end.</summary>
    [Fact]
    [TestsBound(typeof(MarketPolicy), nameof(MarketPolicy.ClassOpeningsMax))]
    public void ManyClassesThatAreOpenedAtOnce_HoldUpTheNext_ForAShortWhile()
    {
        for (var number = 0; number < MarketPolicy.ClassOpeningsMax; number++)
        {
            Assert.Equal(["next"], _book.ClassRoomFor(Account(5_000), ["next"], Now).Allowed);
            Add(Labels($"l{number}"), buyer: number);
        }
        Assert.Empty(_book.ClassRoomFor(Account(5_000), ["next"], Now).Allowed);
        Assert.Equal(["l1"], _book.ClassRoomFor(Account(5_000), ["l1"], Now).Allowed);
        var later = Now with { Running = Now.Running + MarketPolicy.ClassOpeningPeriod };
        Assert.Equal(["next"], _book.ClassRoomFor(Account(5_000), ["next"], later).Allowed);
    }

    [Fact]
    [TestsBound(typeof(MarketPolicy), nameof(MarketPolicy.AccountClassesMax))]
    public void Account_SubmitsJobsOfSoManyClasses_AndIsToldWhatToDo() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            var items = Enumerable.Range(0, MarketPolicy.AccountClassesMax + 1).Select(number => Item($"{number}", $"label={number}"));
            var results = await market.Submit(caller, [.. items, Item("again", "label=0"), TestMarket.Item("plain", program)]);
            var refused = Assert.Single(results, result => result.Code is not null);
            Assert.Equal(ErrorCode.LimitExceeded, refused.Code);
            Assert.Equal(results[MarketPolicy.AccountClassesMax].Job, refused.Job);
            Assert.Contains("wait until jobs of a class have ended", refused.Message);

            await market.Job(results[0].Job).Cancel(caller);
            await market.Job(results[^2].Job).Cancel(caller);
            await market.Settle();
            Assert.Null((await market.Submit(caller, Item("new", "label=new")))[0].Code);
            // The same request again is no new job.
            Assert.True((await market.Submit(caller, Item("1", "label=1")))[0].Existed);

            SubmitItem Item(string name, string label) =>
                TestMarket.Item(name, program) with
                {
                    Spec = TestMarket.Spec(program) with { Needs = new JobNeeds(Labels: [label]) },
                };
        });

    [Fact]
    public void JobBeyondTheClassesOfItsAccount_ThatCameInAllTheSame_EndsAtNoCost() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            // Requests that were all checked before any was queued.
            var batches = Enumerable
                .Range(0, MarketPolicy.AccountClassesMax + 2)
                .Select(number =>
                    market.Submit(
                        caller,
                        TestMarket.Item($"{number}", program) with
                        {
                            Spec = TestMarket.Spec(program) with { Needs = new JobNeeds(Labels: [$"label={number}"]) },
                        }
                    )
                );
            var results = (await Task.WhenAll(batches.ToArray())).SelectMany(each => each).ToArray();
            await market.Settle();
            var views = await Task.WhenAll(results.Where(each => each.Code is null).Select(each => market.Job(each.Job).Get(caller)));
            Assert.Equal(MarketPolicy.AccountClassesMax, views.Count(view => view.Status == JobStatus.Pending));
            Assert.All(
                views.Where(view => view.Status != JobStatus.Pending),
                view => Assert.Equal((JobStatus.Failed, ErrorCode.LimitExceeded, TokenAmount.Zero), (view.Status, view.Code, view.Charge))
            );
        });

    [Theory]
    [InlineData("region=eu", true)]
    [InlineData("gpu", true)]
    [InlineData("cuda.version=12.4+a:B/c_d-e", true)]
    [InlineData("", false)]
    [InlineData("=eu", false)]
    [InlineData("Region=eu", false)]
    [InlineData("region=", false)]
    [InlineData("region=e u", false)]
    [InlineData("region=eu=us", false)]
    [InlineData("-gpu", false)]
    [InlineData("gpü", false)]
    public void Label_HasOneForm(string label, bool isOne) => Assert.Equal(isOne, WorkerLabels.IsLabel(label));

    [Fact]
    public void LabelsAndRefusals_AreBoundedOnBothSides()
    {
        Assert.True(
            WorkerLabels.IsLabel(new string('k', WorkerLimits.LabelKeyCharsMax) + '=' + new string('v', WorkerLimits.LabelValueCharsMax))
        );
        Assert.False(WorkerLabels.IsLabel(new string('k', WorkerLimits.LabelKeyCharsMax + 1)));
        Assert.False(WorkerLabels.IsLabel("k=" + new string('v', WorkerLimits.LabelValueCharsMax + 1)));

        Assert.Null(NeedsRules.Check(new JobNeeds(Labels: Many(JobLimits.NeededLabelsMax))));
        Refused(ErrorCode.LimitExceeded, new JobNeeds(Labels: Many(JobLimits.NeededLabelsMax + 1)));
        Refused(ErrorCode.MalformedRequest, new JobNeeds(Labels: ["A"]));
        Assert.Null(NeedsRules.Check(new JobNeeds(ReputationMin: WorkerLimits.ReputationMax)));
        Refused(ErrorCode.LimitExceeded, new JobNeeds(ReputationMin: WorkerLimits.ReputationMax + 1));
        Refused(ErrorCode.LimitExceeded, new JobNeeds(ReputationMin: -1));
        Assert.Null(NeedsRules.Check(new JobNeeds(RefusedWorkers: [.. new WorkerId[JobLimits.RefusedWorkersMax]])));
        Refused(ErrorCode.LimitExceeded, new JobNeeds(RefusedWorkers: [.. new WorkerId[JobLimits.RefusedWorkersMax + 1]]));
        Refused(ErrorCode.LimitExceeded, new JobNeeds(RefusedOwners: [.. new AccountId[JobLimits.RefusedWorkersMax + 1]]));

        Assert.Null(OfferRules.Refusal(OfferOf(1) with { Labels = Many(WorkerLimits.LabelsMax) }));
        Assert.NotNull(OfferRules.Refusal(OfferOf(1) with { Labels = Many(WorkerLimits.LabelsMax + 1) }));
        Assert.NotNull(OfferRules.Refusal(OfferOf(1) with { Labels = ["A"] }));
        Assert.NotNull(OfferRules.Refusal(OfferOf(1) with { Labels = ["region=eu", "region=us"] }));
        Assert.Null(OfferRules.Refusal(OfferOf(1) with { RefusedAccounts = [.. new AccountId[WorkerLimits.RefusedAccountsMax]] }));
        Assert.NotNull(OfferRules.Refusal(OfferOf(1) with { RefusedAccounts = [.. new AccountId[WorkerLimits.RefusedAccountsMax + 1]] }));

        Assert.Null(OfferRules.Refusal(OfferOf(1) with { BuyerReputationMin = WorkerLimits.ReputationMax }));
        Assert.NotNull(OfferRules.Refusal(OfferOf(1) with { BuyerReputationMin = WorkerLimits.ReputationMax + 1 }));
        Assert.NotNull(OfferRules.Refusal(OfferOf(1) with { BuyerReputationMin = -1 }));

        static ImmutableArray<string> Many(int count) => [.. Enumerable.Range(0, count).Select(number => $"l{number}")];
        static void Refused(ErrorCode code, JobNeeds needs) => Assert.Equal(code, NeedsRules.Check(needs)?.Code);
    }

    private static Standing Standing(int score, int stake) => new(score, StandingLevel.Good, false, new TokenAmount((UInt128)stake));

    [Fact]
    [TestsBound(typeof(MarketPolicy), nameof(MarketPolicy.NewcomerLaneParts))]
    public void OneOfSoManyJobsThatAllowIt_GoesToANewcomer_ThoughOthersAreCheaper()
    {
        Offer(1, price: 1, slots: 1_000);
        Offer(2, price: 5, slots: 1_000, level: StandingLevel.Newcomer);
        Offer(3, price: 6, slots: 1_000, level: StandingLevel.Newcomer);
        var jobs = Enumerable.Range(0, 3 * MarketPolicy.NewcomerLaneParts).Select(_ => Add(new JobNeeds(AllowsNewcomers: true))).ToArray();
        var newcomers = jobs.Index().Where(job => WorkerOf(job.Item) == 2).Select(job => job.Index + 1);
        Assert.Equal([1, 2, 3], newcomers.Select(number => (double)number / MarketPolicy.NewcomerLaneParts));
        Assert.StartsWith("It went to a newcomer", SummaryOf(jobs[MarketPolicy.NewcomerLaneParts - 1]));
        Assert.Equal(MarketVerdicts.Won, SummaryOf(jobs[0]));
    }

    [Fact]
    public void NewcomersTurn_WaitsForAJobThatItFits_AndForOneThatAllowsIt()
    {
        Offer(1, price: 1, slots: 1_000);
        Offer(2, price: 2_000, slots: 1_000, level: StandingLevel.Newcomer);
        Offer(3, price: 5, slots: 1_000, labels: ["gpu"], level: StandingLevel.Newcomer);
        SetStanding(3, new Standing(700, StandingLevel.Newcomer, InMaintenance: true));
        for (var number = 0; number < 2 * MarketPolicy.NewcomerLaneParts; number++)
        {
            Assert.Equal(1, WorkerOf(Add(new JobNeeds(AllowsNewcomers: true))));
            Assert.Equal(1, WorkerOf(Add(needs: null)));
        }
        Assert.Empty(_book.Invariants.Violations());
        SetStanding(3, new Standing(700, StandingLevel.Newcomer, InMaintenance: false));
        Assert.Equal(1, WorkerOf(Add(needs: null)));
        Assert.Equal(3, WorkerOf(Add(new JobNeeds(AllowsNewcomers: true))));
        Assert.Equal(1, WorkerOf(Add(new JobNeeds(AllowsNewcomers: true))));
    }

    [Fact]
    public void WaitingJob_IsToldWhatItWouldTake()
    {
        Offer(1, price: 1, slots: 0);
        Assert.Equal("No offer fits: no offer has the label gpu.", SummaryOf(Add(Labels("gpu"))));
        Offer(2, price: 3, labels: ["region=eu"], slots: 0);
        Offer(3, price: 4, labels: ["gpu", "region=us"], slots: 0);
        Assert.Equal(
            "No offer fits: of 3 offers, 1 without the label region, 2 refused by the job.",
            SummaryOf(Add(new JobNeeds(Labels: ["region"], RefusedWorkers: [Worker(2), Worker(3)])))
        );
        Assert.Equal(
            "No offer fits: of 3 offers, 3 with a reputation below 900 (0 at most).",
            SummaryOf(Add(new JobNeeds(ReputationMin: 900)))
        );
        Assert.Equal(
            "Its price limit is 2, and the cheapest offer that fits takes it for 3. That one asks 3 per million "
                + "fuel; the limit covers 2.",
            SummaryOf(Add(Labels("region=eu"), price: 2))
        );
        Add(Labels("region=eu"), price: 10);
        Assert.Equal(
            "No offer that fits has a free slot for it. Busy offers that fit: 1; jobs before it: 2.",
            SummaryOf(Add(Labels("region=eu"), price: 10))
        );
    }

    [Fact]
    [TestsBound(typeof(MarketPolicy), nameof(MarketPolicy.SurveyedOffersMax))]
    public void Explanation_CountsSoManyOffers()
    {
        for (var number = 0; number < MarketPolicy.SurveyedOffersMax - 1; number++)
        {
            Offer(number, slots: 0);
        }
        var job = Add(Labels("gpu"));
        Assert.Contains("no offer has", SummaryOf(job));
        Offer(MarketPolicy.SurveyedOffersMax, slots: 0);
        Offer(MarketPolicy.SurveyedOffersMax + 1, slots: 0);
        Assert.Contains($"none of the {MarketPolicy.SurveyedOffersMax} cheapest offers", SummaryOf(job));
    }

    [Fact]
    public void Job_PaysItsPriorityTimesThePrice_AndIsTakenOnlyWithinItsLimit() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            var worker = await market.AddWorker("worker", price: 20);
            var low = (await market.Submit(caller, Item("low", price: 59)))[0].Job;
            Assert.Contains("at priority 3", Assert.Single((await market.Job(low).Explain(caller)).Offers).Reason);
            var job = (await market.Submit(caller, Item("one", price: 60)))[0].Job;
            await worker.Report(worker.Completed(await worker.TakeOne(), fuel: 1_000_000));
            await market.Settle();
            Assert.Equal(new TokenAmount(60), (await market.Job(job).Get(caller)).Charge);

            SubmitItem Item(string name, int price) =>
                TestMarket.Item(name, program) with
                {
                    Spec = TestMarket.Spec(program, price) with { Priority = 3 },
                };
        });

    [Theory]
    [InlineData(JobLimits.PriorityMax, null)]
    [InlineData(JobLimits.PriorityMax + 1, "priority is 11; allowed are 1 to 10.")]
    [InlineData(-1, "priority is -1; allowed are 1 to 10.")]
    public void Priority_HasItsBound(int priority, string? refusal) =>
        Assert.Equal(refusal, SubmissionRules.Check(new SubmitItem("one", TestMarket.Spec(default) with { Priority = priority }))?.Message);

    [Fact]
    public void LeastPrice_IsThatOfThePriority()
    {
        var spec = TestMarket.Spec(default, price: 2) with { Priority = 3 };
        Assert.Equal(ErrorCode.PriceTooLow, SubmissionRules.CheckPrice(spec)?.Code);
        Assert.Null(SubmissionRules.CheckPrice(spec with { PriceMax = new TokenAmount(3) }));
    }

    private string SummaryOf(MarketJob job) => _book.Explain(job).Explanation.Summary;

    private static JobNeeds Labels(params string[] labels) => new(Labels: [.. labels]);

    private static WorkerOffer OfferOf(int worker) =>
        new(Worker(worker), Account(1_000 + worker), new TokenAmount(1), Slots: 4, MarketLimits.MemoryPagesMax);

    private void Offer(
        int worker,
        int price = 1,
        string[]? labels = null,
        int[]? refused = null,
        int? owner = null,
        int slots = 1,
        StandingLevel level = StandingLevel.Good
    )
    {
        _book.SetOffer(
            OfferOf(worker) with
            {
                PricePerMillionFuel = new TokenAmount((UInt128)price),
                Labels = [.. labels ?? []],
                Slots = slots,
                RefusedAccounts = [.. (refused ?? []).Select(Account)],
                PayTo = Account(owner ?? (1_000 + worker)),
            },
            new Standing(0, level, InMaintenance: false),
            Now
        );
        Poll(worker, slots);
    }

    private void Poll(int worker, int slots)
    {
        _book.Poll(new WorkerPoll(Worker(worker), 7, ++_polls, slots), Now);
        _book.Rematch(Now);
    }

    private void SetStanding(int worker, Standing standing)
    {
        _book.SetStanding(Worker(worker), standing);
        _book.Rematch(Now);
    }

    private MarketJob Add(JobNeeds? needs, int buyer = 1, int price = 1000)
    {
        var id = new JobId(Id(++_jobs));
        _book.Add(
            new JobTicket(
                Job: id,
                Account: Account(buyer),
                Spec: TestMarket.Spec(default, price) with
                {
                    Needs = needs,
                },
                Module: default,
                UsesState: false,
                SubmittedAt: Now.Wall.AddSeconds(_jobs),
                RequestId: $"{_jobs}"
            ),
            Now
        );
        return _book.Find(id)!;
    }

    private static int? WorkerOf(MarketJob job) => job.Offer is { } offer ? Number(offer.Offer.Worker.Value) : null;

    private static int Buyer(MarketJob job) => Number(job.Ticket.Account.Value);

    private static WorkerId Worker(int number) => new(Id(number));

    private static AccountId Account(int number) => new(Id(number));

    private static Bytes32 Id(int number)
    {
        var id = new byte[Bytes32.Size];
        BitConverter.TryWriteBytes(id, number);
        return new Bytes32(id);
    }

    private static int Number(Bytes32 id)
    {
        var bytes = new byte[Bytes32.Size];
        id.CopyTo(bytes);
        return BitConverter.ToInt32(bytes);
    }
}
