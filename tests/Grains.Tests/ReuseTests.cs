using System.Collections.Immutable;
using System.Text;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;
using Microsoft.Extensions.DependencyInjection;

namespace Marketplace.Grains.Tests;

/// <summary>Jobs that an earlier one's receipt answers: when, by which, who is paid, and what a crash leaves of it.</summary>
public sealed partial class ReuseTests
{
    private const long Run = 500;

    [Fact]
    public void OwnEarlierJob_AnswersTheSameRun_ForAFifth_HalfItsWorkersAndHalfTheAuthors() =>
        TestMarket.Run(async market =>
        {
            var scene = await Scene.Of(market);
            var first = await scene.RunOne("one");
            Assert.Equal(new TokenAmount(Run), (await scene.View(first)).Charge);
            market.Feed.Ended.Clear();
            market.Calls.Counts.Clear();

            var job = await scene.Submit("two");
            var view = await scene.View(job);
            await market.Settle();

            Assert.Equal((JobStatus.Completed, new TokenAmount(100), first), (view.Status, view.Charge, view.ReusedJob));
            Assert.Equal(("out", null), (Encoding.UTF8.GetString(view.Output.Inline.Span), view.Worker));
            Assert.Equal([JobStatus.Pending, JobStatus.Completed], view.History.Select(step => step.Status));
            Assert.DoesNotContain("IMarketGrain.Enqueue", market.Calls.Counts.Keys);
            Assert.Equal(job, Assert.Single(market.Feed.Ended).Job);
            Assert.Equal((Run + 50, 50), (await scene.Earned("worker"), await scene.Earned("author")));
            Assert.Equal(new TokenAmount(Run + 100), (await market.Account("client").Get()).Spent);
            Assert.Equal(TokenAmount.Zero, (await market.Account("client").Get()).Held);
            Assert.Contains($"{first}", (await market.Job(job).Explain(scene.Client)).Summary, StringComparison.Ordinal);
        });

    [Fact]
    public void Receipt_NamesTheEarlierOne_AndAnybodyChecksBoth() =>
        TestMarket.Run(async market =>
        {
            var scene = await Scene.Of(market);
            var first = await scene.RunOne("one");
            var earlier = await scene.Receipt(first);

            var file = await scene.Receipt(await scene.Submit("two"));

            Assert.Equal(earlier.Hash(), file.Reuse!.Earlier.Hash());
            Assert.Equal((20, new TokenAmount(100)), (file.Reuse.Percent, file.Receipt.Price));
            Assert.Empty(file.Receipt.Seats);
            Assert.Equal(
                [new PaidShare(TestMarket.Id("worker"), new TokenAmount(50)), new PaidShare(TestMarket.Id("author"), new TokenAmount(50))],
                file.Receipt.Shares
            );
        });

    /// <summary>The third is answered by the first, which ran, and not by the second.</summary>
    [Fact]
    public void AnswerIsNoRun_AndAnswersNothing() =>
        TestMarket.Run(async market =>
        {
            var scene = await Scene.Of(market);
            var first = await scene.RunOne("one");
            await scene.Submit("two");
            var third = await scene.View(await scene.Submit("three"));

            Assert.Equal((first, new TokenAmount(100)), (third.ReusedJob, third.Charge));
        });

    [Theory]
    [InlineData("nothing", true)]
    [InlineData("fuel limit", true)]
    [InlineData("time limit", true)]
    [InlineData("price limit", true)]
    [InlineData("input as a blob", true)]
    [InlineData("fuel limit below what was used", false)]
    [InlineData("input", false)]
    [InlineData("argument", false)]
    [InlineData("environment", false)]
    [InlineData("file", false)]
    [InlineData("entry point", false)]
    [InlineData("memory", false)]
    [InlineData("needs", false)]
    [InlineData("surer", false)]
    [InlineData("does not allow it", false)]
    public void EachThingThatAResultDependsOn_IsComparedAndNothingElse(string what, bool isAnswered) =>
        TestMarket.Run(async market =>
        {
            var scene = await Scene.Of(market);
            await scene.RunOne("one");
            var blob = await market.Upload(scene.Client, "in");
            var spec = scene.Spec;
            spec = what switch
            {
                "fuel limit" => spec with { FuelMax = (Run * 1000) + 1 },
                "time limit" => spec with { TimeMax = TimeSpan.FromSeconds(3) },
                "price limit" => spec with { PriceMax = new TokenAmount(5000) },
                "input as a blob" => spec with { Input = default, InputBlob = blob },
                "fuel limit below what was used" => spec with { FuelMax = (Run * 1000) - 1 },
                "input" => spec with { Input = "other"u8.ToArray() },
                "argument" => spec with { Arguments = ["a"] },
                "environment" => spec with { Environment = [new EnvironmentVariable("A", "b")] },
                "file" => spec with { Files = [new InputFile("f", blob)] },
                "entry point" => spec with { EntryPoint = "_start" },
                "memory" => spec with { MemoryPagesMax = 17 },
                "needs" => spec with { Needs = new JobNeeds(Labels: ["gpu"]) },
                "surer" => spec with { Assurance = Assurance.Audit(1) },
                "does not allow it" => spec with { Reuse = false },
                _ => spec,
            };

            var view = await scene.View(await scene.Submit("two", spec));

            Assert.Equal(isAnswered, view.ReusedJob is not null);
            Assert.Equal(isAnswered ? JobStatus.Completed : JobStatus.Pending, view.Status);
        });

    [Theory]
    [InlineData("another program")]
    [InlineData("other rules of the engine")]
    [InlineData("the first did not allow it")]
    [InlineData("the first failed")]
    public void WhatIsNotTheSameRun_IsNotAnswered(string what) =>
        TestMarket.Run(
            async market =>
            {
                var scene = await Scene.Of(market);
                if (what == "the first failed")
                {
                    await scene.Submit("one");
                    var lease = await scene.Worker.TakeOne();
                    await scene.Worker.Report(scene.Worker.Sign(lease, scene.Worker.Ended(lease, RunOutcome.Trapped, "x", 500)));
                }
                else
                {
                    await scene.RunOne("one", what == "the first did not allow it" ? scene.Spec with { Reuse = false } : scene.Spec);
                }
                var other = what == "another program" ? await market.Deploy(scene.Client, "other command") : scene.Spec.Program;

                Assert.Null((await scene.View(await scene.Submit("two", scene.Spec with { Program = other }))).ReusedJob);
            },
            register: what == "other rules of the engine" ? services => services.AddSingleton(new ReuseTerms()) : null
        );

    /// <summary>A stranger may have run it on workers of its own, which sign what it likes.</summary>
    [Theory]
    [InlineData("none")]
    [InlineData("quorum:2/2")]
    public void StrangersResult_OfWorkersThatItCouldChoose_AnswersNothing(string assurance) =>
        TestMarket.Run(async market =>
        {
            var scene = await Scene.Of(market);
            await scene.RunMany("one", assurance, ["two", "three"]);
            var stranger = await market.OpenAccount("stranger");

            var view = await scene.View(await scene.Submit("two", caller: stranger), stranger);

            Assert.Equal((JobStatus.Pending, null), (view.Status, view.ReusedJob));
            Assert.NotNull((await scene.View(await scene.Submit("own"))).ReusedJob);
        });

    [Fact]
    public void QuorumOfOnesOwn_AnswersWhatIsNoSurer_AndCostsWhatItWouldNeed() =>
        TestMarket.Run(async market =>
        {
            var scene = await Scene.Of(market);
            var first = await scene.RunMany("one", "quorum:2/3", ["two", "three", "four"]);
            Assert.Equal(new TokenAmount(3 * Run), (await scene.View(first)).Charge);
            var asked = scene.Spec with { PriceMax = new TokenAmount(10_000) };

            // A fifth of one seat; of two; of two.
            foreach (var (assurance, price) in new[] { ("none", 100), ("audit:100%", 100), ("quorum:2/3", 200) })
            {
                var view = await scene.View(await scene.Submit(assurance, asked with { Assurance = Assurance.Parse(assurance) }));
                Assert.Equal((first, new TokenAmount((UInt128)price)), (view.ReusedJob, view.Charge));
                await scene.Receipt(view.Id);
            }
            foreach (var assurance in new[] { "quorum:2/2", "quorum:3/3", "committee:3" })
            {
                var view = await scene.View(await scene.Submit(assurance, asked with { Assurance = Assurance.Parse(assurance) }));
                Assert.Null(view.ReusedJob);
            }
        });

    /// <summary>No buyer chooses the members of a committee, so its results answer everybody's jobs.</summary>
    [Fact]
    public void CommitteesResult_AnswersStrangers() =>
        CommitteeScene.Run(
            4,
            async scene =>
            {
                var program = await scene.Market.Deploy(scene.Client);
                var spec = TestMarket.Spec(program, price: 300) with { Reuse = true };
                var first = await Submit(scene.Client, "one", spec with { Assurance = Assurance.Committee(3) });
                Assert.Equal(JobStatus.Completed, (await scene.Wait(first, TimeSpan.FromMinutes(1))).Status);
                var stranger = await scene.Market.OpenAccount("stranger");

                // Three seats at 10: a fifth of one, of two, of three.
                foreach (var (assurance, price) in new[] { ("none", 2), ("quorum:2/3", 4), ("committee:3", 6) })
                {
                    var job = await Submit(stranger, assurance, spec with { Assurance = Assurance.Parse(assurance) });
                    var view = await scene.Market.Job(job).Get(stranger);
                    Assert.Equal((first, new TokenAmount((UInt128)price)), (view.ReusedJob, view.Charge));
                    var file = ReceiptFile.Parse((await scene.Market.Job(job).GetReceipt(stranger)).Span);
                    Assert.DoesNotContain(ReceiptChecks.Of(file), check => check.Result == CheckResult.Broken);
                    Assert.NotNull(file.Reuse!.Earlier.Certificate);
                }
                var larger = await Submit(stranger, "larger", spec with { Assurance = Assurance.Committee(4) });
                Assert.Null((await scene.Market.Job(larger).Get(stranger)).ReusedJob);
                await scene.Market.Settle();

                async Task<JobId> Submit(Caller caller, string request, GrainInterfaces.JobSpec wanted)
                {
                    var result = Assert.Single(await scene.Market.Submit(caller, new SubmitItem(request, wanted)));
                    Assert.Null(result.Code);
                    return result.Job;
                }
            }
        );

    [Theory]
    [InlineData("worker")]
    [InlineData("owner")]
    public void ResultOfARefusedWorker_AnswersNothing(string what) =>
        TestMarket.Run(async market =>
        {
            var scene = await Scene.Of(market);
            await scene.RunOne("one");
            var list = what == "worker" ? new RefusalList([scene.Worker.Id], []) : new RefusalList([], [TestMarket.Id("worker")]);
            await market.Account("client").SetRefusals(scene.Client, list);

            Assert.Null((await scene.View(await scene.Submit("two"))).ReusedJob);
        });

    /// <summary>One of three lied, and no jury said who.</summary>
    [Fact]
    public void DisputedResult_AnswersNothing() =>
        TestMarket.Run(async market =>
        {
            var scene = await Scene.Of(market);
            var first = await scene.RunMany("one", "quorum:2/3", ["two", "three", "liar"]);
            Assert.Equal(JobStatus.Completed, (await scene.View(first)).Status);
            Assert.False(await market.Grains.GetGrain<IDisputeGrain>(first.ToString()).IsBeyondDoubt());

            Assert.Null((await scene.View(await scene.Submit("two"))).ReusedJob);
        });

    [Fact]
    public void OldResult_AnswersNothing_AndANewOneTakesItsPlace() =>
        TestMarket.Run(
            async market =>
            {
                var scene = await Scene.Of(market);
                var first = await scene.RunOne("one");
                await Task.Delay(TimeSpan.FromHours(24) - TimeSpan.FromMinutes(1), market.Time);
                Assert.Equal(first, (await scene.View(await scene.Submit("two"))).ReusedJob);
                await Task.Delay(TimeSpan.FromMinutes(2), market.Time);
                await scene.Worker.Offer();
                var again = await scene.RunOne("three");

                Assert.Null((await scene.View(again)).ReusedJob);
                Assert.Equal(again, (await scene.View(await scene.Submit("four"))).ReusedJob);
            },
            register: services => services.AddSingleton(new ReuseTerms { Profile = TestKeys.Profile, AgeMax = TimeSpan.FromHours(24) })
        );

    [Fact]
    public void RemovedProgram_HasNoAnswersAnyMore() =>
        TestMarket.Run(async market =>
        {
            var scene = await Scene.Of(market);
            await scene.RunOne("one");
            await market.Grains.GetGrain<IProgramGrain>(scene.Spec.Program.ToString()).Remove(scene.Author);
            await Task.Delay(SubmissionPolicy.ProgramCachedFor, market.Time);

            var refused = Assert.Single(await market.Submit(scene.Client, new SubmitItem("two", scene.Spec)));

            Assert.Equal(ErrorCode.ProgramNotFound, refused.Code);
        });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void OutputBlob_IsPinnedForTheNewJob_AndOneThatIsGoneAnswersNothing(bool isThere) =>
        TestMarket.Run(async market =>
        {
            var scene = await Scene.Of(market);
            var content = new byte[MarketLimits.InlineBytesMax + 1];
            var blob = market.Blobs.Put(content);
            await scene.Submit("one");
            var lease = await scene.Worker.TakeOne();
            var report = await scene.Worker.CompletedWith(lease, blob, content.Length);
            await scene.Worker.Report(scene.Worker.Sign(lease, report));
            await market.Grains.GetGrain<IBlobGrain>(blob.ToString()).Unpin(scene.Client.Account, scene.Client, Authority.Gateway);
            if (!isThere)
            {
                await market.Blobs.Delete(blob);
            }

            var view = await scene.View(await scene.Submit("two"));

            Assert.Equal(isThere, view.ReusedJob is not null);
            var pinned = await market.Grains.GetGrain<IBlobGrain>(blob.ToString()).Find(scene.Client.Account);
            Assert.Equal(isThere ? content.Length : null, pinned?.Size);
        });

    [Theory]
    [InlineData("command writes", "keeps state")]
    [InlineData("command clock", "clock_time_get")]
    public void ProgramWhoseResultsDependOnTheJob_TakesNoReuse(string module, string reason) =>
        TestMarket.Run(async market =>
        {
            var scene = await Scene.Of(market);
            var program = await market.Deploy(scene.Client, module);

            var refused = Assert.Single(await market.Submit(scene.Client, new SubmitItem("one", scene.Spec with { Program = program })));

            Assert.Equal(ErrorCode.ReuseRefused, refused.Code);
            Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
        });

    [Theory]
    [InlineData("command", 20)]
    [InlineData("command writes", null)]
    [InlineData("command clock", null)]
    public void Quote_SaysWhatAnAnswerWouldCost(string module, int? percent) =>
        TestMarket.Run(async market =>
        {
            var scene = await Scene.Of(market);
            var terms = new QuoteTerms(
                Program: await market.Deploy(scene.Client, module),
                FuelMax: 1_000_000,
                MemoryPagesMax: 16,
                Needs: null,
                Priority: 0,
                Assurances: [Assurance.None],
                LiarsPermille: 300
            );

            Assert.Equal(percent, (await market.Grains.GetGrain<IQuoteGrain>(0).Get(scene.Client, terms)).ReusePercent);
        });

    /// <summary>Who buys, runs and wrote the program may be one: it pays itself, and no money comes or goes.</summary>
    [Fact]
    public void BuyerThatRanAndWroteIt_PaysItself() =>
        TestMarket.Run(async market =>
        {
            var scene = await Scene.Of(market);
            var own = await market.OpenAccount("worker");
            await scene.RunOne("one", caller: own);
            var before = (await market.Account("worker").Get()).Available;
            await scene.Submit("two", caller: own);
            await market.Settle();

            Assert.Equal(before - new TokenAmount(50), (await market.Account("worker").Get()).Available);
            Assert.Equal(50, await scene.Earned("author"));
        });

    /// <summary>A client whose job runs, and what a reuse adds to a batch: nothing for those that do not ask for it.</summary>
    private sealed class Scene(TestMarket market, Caller client, Caller author, TestWorker worker, ProgramId program)
    {
        public Caller Client => client;

        public Caller Author => author;

        public TestWorker Worker => worker;

        public GrainInterfaces.JobSpec Spec { get; } = TestMarket.Spec(program, price: 3000) with { Reuse = true };

        public static async Task<Scene> Of(TestMarket market)
        {
            var author = await market.OpenAccount("author", credit: 0);
            var program = await market.Deploy(author);
            return new Scene(market, await market.OpenAccount("client"), author, await market.AddWorker("worker", price: 1000), program);
        }

        public async Task<JobId> Submit(string request, GrainInterfaces.JobSpec? spec = null, Caller? caller = null)
        {
            var result = Assert.Single(await market.Submit(caller ?? client, new SubmitItem(request, spec ?? Spec)));
            Assert.Null(result.Code);
            return result.Job;
        }

        public async Task<JobId> RunOne(string request, GrainInterfaces.JobSpec? spec = null, Caller? caller = null)
        {
            var job = await Submit(request, spec, caller);
            var lease = await worker.TakeOne();
            Assert.Empty(await worker.Report(worker.Sign(lease, worker.Completed(lease, fuel: Run * 1000))));
            await market.Settle();
            return job;
        }

        /// <summary>Runs a job on as many other workers as it takes; one with the name 'liar' gives another result.</summary>
        public async Task<JobId> RunMany(string request, string assurance, ImmutableArray<string> names)
        {
            using var stop = new CancellationTokenSource();
            var serving = new List<Task>();
            // It would be drawn too.
            await Pause(isPaused: true);
            foreach (var name in names)
            {
                var other = await market.AddWorker(name, price: 1000);
                var output = name == "liar" ? "lie" : "out";
                serving.Add(other.ServeSealed(lease => other.Completed(lease, output, Run * 1000), () => true, stop.Token));
            }
            var job = await Submit(request, Spec with { Assurance = Assurance.Parse(assurance), PriceMax = new TokenAmount(9000) });
            await market.Job(job).WaitEnded(client, TimeSpan.FromSeconds(60), default);
            await market.Settle();
            stop.Cancel();
            await Task.WhenAll(serving);
            await Pause(isPaused: false);
            return job;
        }

        private Task Pause(bool isPaused) => worker.SetStanding(new Standing(700, StandingLevel.Good, InMaintenance: isPaused));

        public Task<JobView> View(JobId job, Caller? caller = null) => market.Job(job).Get(caller ?? client);

        public async Task<long> Earned(string name) => (long)(await market.Account(name).Get()).Earned.BaseUnits;

        public async Task<ReceiptFile> Receipt(JobId job)
        {
            var file = ReceiptFile.Parse((await market.Job(job).GetReceipt(client)).Span);
            Assert.DoesNotContain(ReceiptChecks.Of(file), check => check.Result == CheckResult.Broken);
            return file;
        }
    }
}
