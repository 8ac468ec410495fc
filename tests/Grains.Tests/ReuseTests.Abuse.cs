using System.Collections.Immutable;
using Marketplace.Crypto;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains.Tests;

/// <summary>What buyers, workers, strangers and clocks try with answers.</summary>
public sealed partial class ReuseTests
{
    /// <summary>Else every buyer would name the lowest limit, and those who ran the job would get nothing for it.</summary>
    [Fact]
    public void LimitBelowThePrice_BuysNoAnswer() =>
        TestMarket.Run(async market =>
        {
            var scene = await Scene.Of(market);
            var first = await scene.RunOne("one");

            Assert.Null((await scene.View(await scene.Submit("low", scene.Spec with { PriceMax = new TokenAmount(99) }))).ReusedJob);
            var enough = await scene.View(await scene.Submit("enough", scene.Spec with { PriceMax = new TokenAmount(100) }));

            Assert.Equal((first, new TokenAmount(100)), (enough.ReusedJob, enough.Charge));
        });

    /// <summary>
    /// A member of a committee that buys the job itself pays its own price to itself, however high. It must not get it from those who are
    /// answered: at most, they pay what the cheapest of the runs cost.
    /// </summary>
    [Theory]
    [InlineData("none", 50, true)]
    [InlineData("none", 51, true)]
    [InlineData("none", 151, false)]
    [InlineData("none", 1_000_000, false)]
    [InlineData("quorum:2/2", 1_000_000, false)]
    [InlineData("committee:3", 1_000_000, true)]
    public void AnswerThatOneWorkerMadeDear_IsNoAnswer(string asked, int price, bool isAnswered)
    {
        var spec = TestMarket.Spec(default, price: 10_000_000) with { Reuse = true, Assurance = Assurance.Committee(3) };
        var run = RunOf(spec, [10, price, 10], fuel: 1_000_000);
        var wanted = spec with { Assurance = Assurance.Parse(asked) };

        Assert.Equal(isAnswered, Answers(wanted, run));
        if (isAnswered)
        {
            var charge = ReuseRules.Charge(ReuseRules.End(run, TestMarket.Id("author"), 20).Reuse!, wanted);
            Assert.True(charge.BaseUnits <= (UInt128)(asked == "none" ? 10 : 20 + price), $"{charge}");
        }
    }

    /// <summary>
    /// Who waits long enough has an epoch whose committee is all its own, and may have it sign what it likes. That must not be handed out
    /// when others serve: a buyer of that committee's word would have asked those.
    /// </summary>
    [Fact]
    public void StrangersCommitteeOfAnEarlierEpoch_AnswersNothing_AndOneOfThisTakesItsPlace() =>
        CommitteeScene.Run(
            5,
            async scene =>
            {
                var stranger = await scene.Market.OpenAccount("stranger");
                var program = await scene.Market.Deploy(scene.Client);
                var spec = TestMarket.Spec(program, price: 300) with { Reuse = true, ExpiresAfter = TimeSpan.FromHours(2) };
                var surer = await Committee("one", 5);
                Assert.Equal(surer, (await View(stranger, "two", spec)).ReusedJob);
                await scene.Begin(2);

                Assert.Null((await View(stranger, "three", spec)).ReusedJob);
                // One's own was signed for oneself, whenever that was.
                Assert.Equal(surer, (await View(scene.Client, "four", spec)).ReusedJob);
                var other = await scene.Market.OpenAccount("other");
                var newer = await Committee("five", 3, other);
                var third = await scene.Market.OpenAccount("third");
                Assert.Equal(newer, (await View(third, "six", spec)).ReusedJob);

                async Task<JobId> Committee(string request, int size, Caller? caller = null)
                {
                    var view = await View(caller ?? scene.Client, request, spec with { Assurance = Assurance.Committee(size) });
                    await scene.Market.Job(view.Id).WaitEnded(caller ?? scene.Client, TimeSpan.FromMinutes(1), default);
                    await scene.Market.Settle();
                    return view.Id;
                }

                async Task<JobView> View(Caller caller, string request, GrainInterfaces.JobSpec wanted)
                {
                    var result = Assert.Single(await scene.Market.Submit(caller, new SubmitItem(request, wanted)));
                    Assert.Null(result.Code);
                    return await scene.Market.Job(result.Job).Get(caller);
                }
            }
        );

    /// <summary>A clock was ahead when the earlier job ended: its receipt would be later than that of the job which it answers.</summary>
    [Fact]
    public void ResultOfTheFuture_AnswersNothing()
    {
        var spec = TestMarket.Spec(default, price: 10_000) with { Reuse = true };
        var run = RunOf(spec, [10], fuel: 1_000_000);

        Assert.True(Answers(spec, run));
        Assert.False(Answers(spec, run with { EndedAt = Now + TimeSpan.FromTicks(1) }));
    }

    /// <summary>Of two silos one has a clock that is behind. Verifiers refuse an answer that is earlier than its source.</summary>
    [Fact]
    public void AnswerThatIsWrittenWhereTheClockIsBehind_EndsNoEarlierThanWhatItIsFrom() =>
        TestMarket.Run(async market =>
        {
            var scene = await Scene.Of(market);
            var first = await scene.RunOne("one");
            var run = await market.Job(first).GetReusable(Authority.Submission);
            var job = IdDerivation.Job(scene.Client.Account, "two");
            market.Clock.Set(-TimeSpan.FromMinutes(1));
            var held = await market.Account("client").Hold(scene.Client, [new HoldItem(job, scene.Spec.PriceMax)]);
            var submission = new JobSubmission(scene.Client.Account, "two", scene.Spec, run!.Module, UsesState: false, held.HeldAt)
            {
                Answer = ReuseRules.End(run, TestMarket.Id("author"), 20),
                EarlierEndedAt = run.EndedAt,
            };
            await market.Job(job).Submit(submission, Authority.Submission);

            var receipt = await scene.Receipt(job);
            Assert.Equal(receipt.Reuse!.Earlier.Receipt.EndedAt, receipt.Receipt.EndedAt);
            market.Clock.Set(TimeSpan.FromMinutes(1));
            await Task.Delay(TimeSpan.FromMinutes(3), market.Time);
        });

    /// <summary>The account has removed the output of a job. The job's request comes once more, as lost answers make it come.</summary>
    [Theory]
    [InlineData("one")]
    [InlineData("two")]
    public void RepeatedRequest_BringsBackNoOutputThatWasRemoved(string request) =>
        TestMarket.Run(async market =>
        {
            var scene = await Scene.Of(market);
            var content = new byte[MarketLimits.InlineBytesMax + 1];
            var blob = market.Blobs.Put(content);
            var first = await scene.Submit("one");
            var lease = await scene.Worker.TakeOne();
            await scene.Worker.Report(scene.Worker.Sign(lease, await scene.Worker.CompletedWith(lease, blob, content.Length)));
            Assert.Equal(first, (await scene.View(await scene.Submit("two"))).ReusedJob);
            var kept = market.Grains.GetGrain<IBlobGrain>(blob.ToString());
            await kept.Unpin(scene.Client.Account, scene.Client, Authority.Gateway);

            await scene.Submit(request);
            await market.Settle();

            Assert.Null(await kept.Find(scene.Client.Account));
            Assert.Equal(TokenAmount.Zero, (await market.Account("client").Get()).Held);
        });

    /// <summary>What is not kept of a dispute, because the store failed for a moment, is kept before the job ends.</summary>
    [Theory]
    [InlineData(nameof(WriteFate.Lost))]
    [InlineData(nameof(WriteFate.Unconfirmed))]
    public void DisputeThatTheStoreDidNotTakeAtOnce_IsThere_BeforeAnythingIsAnswered(string fate) =>
        TestMarket.Run(async market =>
        {
            var scene = await Scene.Of(market);
            var failures = 0;
            market.Store.OnWrite = name =>
                name.StartsWith("dispute", StringComparison.Ordinal) && failures++ == 0 ? Enum.Parse<WriteFate>(fate) : WriteFate.Done;

            var first = await scene.RunMany("one", "quorum:2/3", ["two", "three", "liar"]);

            Assert.True(failures > 0);
            Assert.Equal(JobStatus.Completed, (await scene.View(first)).Status);
            Assert.False(await market.Grains.GetGrain<IDisputeGrain>(first.ToString()).IsBeyondDoubt());
            Assert.Null((await scene.View(await scene.Submit("two"))).ReusedJob);
        });

    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch.AddYears(56);

    private static bool Answers(GrainInterfaces.JobSpec spec, ReusableRun run) =>
        ReuseRules.Answers(run.Account, spec, default, run, null, epoch: 0, Now, new ReuseTerms { Profile = TestKeys.Profile });

    /// <summary>A job as it has completed, with one seat for each price.</summary>
    private static ReusableRun RunOf(GrainInterfaces.JobSpec spec, int[] prices, long fuel)
    {
        var seats = prices
            .Select((price, index) => new JobSeat(WorkerOf(index), TestMarket.Id($"{index}"), new TokenAmount((UInt128)price)))
            .ToArray();
        var end = new JobEnd(
            Status: JobStatus.Completed,
            Fault: JobFault.None,
            Code: null,
            Reason: null,
            Worker: seats[0].Worker,
            Payee: seats[0].Payee,
            PricePerMillionFuel: seats[0].PricePerMillionFuel,
            FuelUsed: fuel,
            Output: default,
            Log: default,
            RootBefore: null,
            RootAfter: null,
            History: [],
            Explanation: new JobExplanation("", [])
        )
        {
            Proof = new RunProof(RunOutcome.Completed, null, default, new RunSignature(TestKeys.Profile, null, default, [], 0)),
            Others = [.. seats.Skip(1)],
        };
        return new ReusableRun(
            Job: default,
            Account: TestMarket.Id("client"),
            Spec: spec,
            Module: default,
            End: end,
            Charge: JobPricing.Charge(end, spec),
            EndedAt: Now,
            ReceiptHash: default,
            Receipt: default
        );

        static WorkerId WorkerOf(int index) => new(new Bytes32([.. Enumerable.Repeat((byte)(index + 1), Bytes32.Size)]));
    }
}
