using Marketplace.GrainInterfaces;
using Marketplace.Storage;
using Marketplace.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Marketplace.Grains.Tests;

/// <summary>Jobs that ended long ago are dropped: which, when, what is left of them, and that no money moves by it.</summary>
public sealed class RetentionTests
{
    private const int Days = 30;

    private static readonly TimeSpan Keep = TimeSpan.FromDays(Days);

    [Fact]
    public void EndedJob_IsDroppedAfterItsTime_AndNotAMomentBefore() =>
        Run(async scene =>
        {
            var job = await scene.RunOne("one");
            var endedAt = (await scene.View(job)).EndedAt!.Value;
            var early = endedAt + Keep - TimeSpan.FromMinutes(1) - scene.Market.Time.GetUtcNow();
            scene.Market.Clock.Set(early);
            Assert.Equal(new RetentionStep(0, 0, 0, IsOver: true), await scene.Pass());

            scene.Market.Clock.Set(TimeSpan.FromMinutes(1) + RetentionPolicy.Period);
            Assert.Equal(new RetentionStep(1, 0, 0, IsOver: true), await scene.Pass());

            var refusal = await scene.Refused(() => scene.View(job));
            Assert.Equal(ErrorCode.JobDropped, refusal.Code);
            Assert.Contains("the market keeps ended jobs for 30 days", refusal.Message, StringComparison.Ordinal);
        });

    [Fact]
    public void ClockThatWasSetBack_DoesNotStopPasses() =>
        Run(async scene =>
        {
            await scene.RunOne("one");
            scene.Market.Clock.Set(Keep + TimeSpan.FromDays(10));
            Assert.Equal(1, (await scene.Pass()).Dropped);

            scene.Market.Clock.Set(-Keep - TimeSpan.FromDays(10));
            await scene.RunOne("two");
            scene.Later();

            Assert.Equal(1, (await scene.Pass()).Dropped);
        });

    [Fact]
    public void DiskBelowItsFloor_DropsNothing_UntilThereIsRoom() =>
        Run(async scene =>
        {
            await scene.RunOne("one");
            scene.Later();
            scene.Market.Store.Shortage = new DiskShortage(1000, 2000);
            Assert.Equal(new RetentionStep(0, 0, 0, IsOver: true), await scene.Pass());

            scene.Market.Store.Shortage = null;

            Assert.Equal(1, (await scene.Pass()).Dropped);
        });

    [Fact]
    public void DroppedJob_IsInNoList_AndEachQuestionAboutItIsAnsweredAlike() =>
        Run(async scene =>
        {
            var old = await scene.RunOne("one");
            scene.Later();
            var young = await scene.RunOne("two");
            await scene.Pass();

            var lists = new AccountLists(scene.Market.Store);
            var page = await lists.Jobs(new ListRequest(scene.Client.Account, 10), null, null, default);
            Assert.Equal([young], page.Items.Select(job => job.Id));
            foreach (
                var question in (Func<Task>[])
                    [
                        () => scene.View(old),
                        () => scene.Market.Job(old).WaitEnded(scene.Client, TimeSpan.FromSeconds(1), default),
                        () => scene.Market.Job(old).GetLog(scene.Client),
                        () => scene.Market.Job(old).GetReceipt(scene.Client),
                        () => scene.Market.Job(old).Explain(scene.Client),
                        () => scene.Market.Job(old).Cancel(scene.Client),
                    ]
            )
            {
                Assert.Equal(ErrorCode.JobDropped, (await scene.Refused(question)).Code);
            }
            var stranger = await scene.Market.OpenAccount("stranger");
            Assert.Equal(ErrorCode.JobNotFound, (await scene.Refused(() => scene.Market.Job(old).Get(stranger))).Code);
            Assert.Null(await scene.Market.Job(old).GetReusable(Authority.Submission));
        });

    [Fact]
    public void BooksAreTheSame_BeforeAndAfter() =>
        Run(async scene =>
        {
            for (var number = 0; number < 5; number++)
            {
                await scene.RunOne($"job {number}");
            }
            var cancelled = await scene.Submit("cancelled");
            await scene.Market.Job(cancelled).Cancel(scene.Client);
            await scene.Market.Settle();
            scene.Later();
            var before = await scene.Books();

            Assert.Equal(6, (await scene.Pass()).Dropped);

            Assert.Equal(before, await scene.Books());
            await scene.Market.CrashAndStart();
            await Task.Delay(TimeSpan.FromMinutes(15), scene.Market.Time);
            Assert.Equal(before, await scene.Books());
        });

    [Fact]
    public void RepeatedRequest_IsTold_AndNeitherRunsNorPaysAgain() =>
        Run(async scene =>
        {
            var job = await scene.RunOne("one");
            scene.Later();
            await scene.Pass();
            var before = await scene.Books();

            var again = Assert.Single(await scene.Market.Submit(scene.Client, TestMarket.Item("one", scene.Program)));
            await scene.Market.Settle();

            Assert.Equal((ErrorCode.JobDropped, job), (again.Code, again.Job));
            Assert.Contains("Nothing was run or charged", again.Message, StringComparison.Ordinal);
            Assert.Equal(before, await scene.Books());
            Assert.Empty((await scene.Worker.Poll()).Leases);
            // Another job under the same id is no other case: what it was is not kept.
            var other = Assert.Single(await scene.Market.Submit(scene.Client, TestMarket.Item("one", scene.Program, input: "other")));
            Assert.Equal(ErrorCode.JobDropped, other.Code);
        });

    /// <summary>The account asks the job of an old hold how it ended; what is left of the job answers.</summary>
    [Fact]
    public void HoldOfARepeatedRequest_GoesBackWhole_AlsoAfterACrash() =>
        Run(async scene =>
        {
            await scene.RunOne("one");
            scene.Later();
            await scene.Pass();
            var before = await scene.Books();
            scene.Market.Store.OnWrite = name =>
                name.StartsWith("account/", StringComparison.Ordinal) ? WriteFate.CrashAfter : WriteFate.Done;
            _ = scene.Market.Submit(scene.Client, TestMarket.Item("one", scene.Program));
            await scene.Market.Settle();
            await scene.Market.CrashAndStart();
            Assert.Equal(1, (await scene.Market.Account("client").Get()).OpenJobs);

            await Task.Delay(TimeSpan.FromMinutes(15), scene.Market.Time);

            Assert.Equal(before, await scene.Books());
        });

    [Theory]
    [InlineData((int)WriteFate.CrashAfter), InlineData((int)WriteFate.Lost), InlineData((int)WriteFate.Unconfirmed)]
    public void PassThatIsCutOff_IsBegunAnew_AndDropsEachJobOnce(int fate) =>
        Run(async scene =>
        {
            for (var number = 0; number < 4; number++)
            {
                await scene.RunOne($"job {number}");
            }
            scene.Later();
            var before = await scene.Books();
            var writes = 0;
            scene.Market.Store.OnWrite = name =>
                name.StartsWith("job/", StringComparison.Ordinal) && ++writes == 2 ? (WriteFate)fate : WriteFate.Done;
            _ = scene.Try();
            await scene.Market.Settle();
            await scene.Market.CrashAndStart();

            var left = await scene.Pass();

            Assert.Equal((0, true), (left.Failed, left.IsOver));
            Assert.All(DiskInvariants.Jobs(scene.Market.Disk).Values, job => Assert.True(job.IsDropped));
            Assert.Equal(before, await scene.Books());
        });

    [Fact]
    public void TwoThatDropTheSameJobs_DropEachOnce() =>
        Assert.All(
            Enumerable.Range(1, 10),
            seed =>
                TestMarket.Run(
                    async market =>
                    {
                        var scene = await Scene.Of(market);
                        await scene.RunOne("one");
                        await scene.RunOne("two");
                        scene.Later();
                        var before = await scene.Books();
                        var twin = await market.StartTwin();

                        var drops = await Task.WhenAll(
                            from job in DiskInvariants.Jobs(market.Disk).Keys
                            from grains in new[] { market.Grains, twin }
                            select LostWrites.Resend(() => grains.GetGrain<IJobGrain>(job.ToString()).Drop(Authority.Retention))
                        );

                        Assert.Equal(2, drops.Count(drop => drop == JobDrop.Dropped));
                        Assert.Equal(2, drops.Count(drop => drop == JobDrop.Gone));
                        Assert.Equal(before, await scene.Books());
                    },
                    (ulong)seed,
                    Register
                )
        );

    [Fact]
    public void OpenJob_AndOneWhoseMoneyIsNotSettled_AreKept() =>
        Run(async scene =>
        {
            var open = await scene.Submit("open");
            scene.Later();
            Assert.Equal(JobDrop.Kept, await scene.Market.Job(open).Drop(Authority.Retention));
            Assert.Equal(JobStatus.Pending, (await scene.View(open)).Status);
        });

    /// <summary>What its account missed is booked before the job forgets to whom it owes.</summary>
    [Fact]
    public void JobWhoseSettlementWasLost_IsSettledFirst() =>
        Run(async scene =>
        {
            var job = await scene.Submit("one");
            var lease = await scene.Worker.TakeOne();
            scene.Market.Store.OnWrite = name => name.StartsWith("account/", StringComparison.Ordinal) ? WriteFate.Lost : WriteFate.Done;
            await scene.Worker.Report(scene.Worker.Completed(lease));
            scene.Later();
            Assert.Single(DiskInvariants.Accounts(scene.Market.Disk)[scene.Client.Account].Holds);

            // It is kept while the account cannot write.
            await Assert.ThrowsAnyAsync<Exception>(() => scene.Market.Job(job).Drop(Authority.Retention));
            Assert.False(DiskInvariants.Jobs(scene.Market.Disk)[job].IsDropped);
            scene.Market.Store.OnWrite = _ => WriteFate.Done;
            Assert.Equal(JobDrop.Dropped, await scene.Market.Job(job).Drop(Authority.Retention));
            await scene.Market.Settle();

            var account = await scene.Market.Account("client").Get();
            Assert.Equal((TokenAmount.Zero, scene.Charge), (account.Held, account.Spent));
            Assert.Equal(scene.Charge, (await scene.Market.Account("worker").Get()).Earned);
        });

    [Theory]
    [InlineData((int)DisputeStage.Opening), InlineData((int)DisputeStage.Open), InlineData((int)DisputeStage.Decided)]
    public void JobWhoseDisputeIsOpen_IsKeptUntilItIsOver(int stage) =>
        Run(async scene =>
        {
            var job = await scene.RunOne("one");
            scene.Later();
            var key = new DocumentKey(DisputeState.Kind, job.ToString());
            await scene.Market.Store.Write(key, 0, scene.Dispute(job, (DisputeStage)stage));
            Assert.Equal(new RetentionStep(0, 1, 0, IsOver: true), await scene.Pass());
            Assert.Equal(JobStatus.Completed, (await scene.View(job)).Status);

            await scene.Market.Store.Write(key, 1, scene.Dispute(job, DisputeStage.Undecided));
            Assert.Equal(JobDrop.Dropped, await scene.Market.Job(job).Drop(Authority.Retention));
        });

    /// <summary>The receipt of the later one is made with that of the earlier.</summary>
    [Fact]
    public void JobThatMayAnswerOthers_IsKeptAsLongAsTheLastThatItAnswered() =>
        Run(async scene =>
        {
            var spec = TestMarket.Spec(scene.Program) with { Reuse = true };
            var earlier = await scene.RunOne("one", spec);
            scene.Market.Clock.Set(TimeSpan.FromDays(29));
            var later = Assert.Single(await scene.Market.Submit(scene.Client, new SubmitItem("two", spec))).Job;
            Assert.Equal(earlier, (await scene.View(later)).ReusedJob);
            scene.Market.Clock.Set(TimeSpan.FromDays(29));
            await scene.Pass();
            Assert.NotEmpty((await scene.Market.Job(later).GetReceipt(scene.Client)).ToArray());

            // The later one goes first.
            scene.Market.Clock.Set(TimeSpan.FromDays(2));
            await scene.Pass();
            Assert.Equal(ErrorCode.JobDropped, (await scene.Refused(() => scene.View(later))).Code);
            Assert.Equal(JobStatus.Completed, (await scene.View(earlier)).Status);
            scene.Market.Clock.Set(TimeSpan.FromDays(2));
            await scene.Pass();
            Assert.Equal(ErrorCode.JobDropped, (await scene.Refused(() => scene.View(earlier))).Code);
        });

    /// <summary>A slash on a chain may come at any time, and is credited by what is left.</summary>
    [Fact]
    public void Payment_IsToldOfADroppedJobAsBefore() =>
        Run(async scene =>
        {
            var job = await scene.RunOne("one");
            var before = await scene.Market.Job(job).GetPayment(Authority.Treasury);
            scene.Later();
            await scene.Pass();

            Assert.Equal(before, await scene.Market.Job(job).GetPayment(Authority.Treasury));
        });

    [Fact]
    public void ManyJobs_GoInBoundedSteps_NewestFirst() =>
        Run(async scene =>
        {
            for (var number = 0; number < RetentionPolicy.RowsPerCall + 44; number++)
            {
                var job = await scene.Submit($"job {number}");
                await scene.Market.Job(job).Cancel(scene.Client);
            }
            await scene.Market.Settle();
            scene.Later();
            var grain = scene.Market.Grains.GetGrain<IRetentionGrain>(MarketLimits.RetentionKey);

            Assert.Equal(new RetentionStep(RetentionPolicy.RowsPerCall, 0, 0, IsOver: false), await grain.DropSome(Authority.Silo));
            Assert.Equal(new RetentionStep(44, 0, 0, IsOver: true), await grain.DropSome(Authority.Silo));
            Assert.Equal(new RetentionStep(0, 0, 0, IsOver: true), await grain.DropSome(Authority.Silo));
        });

    [Fact]
    public void JobThatCannotBeRead_KeepsNoOther() =>
        Run(async scene =>
        {
            await scene.RunOne("one");
            var sick = await scene.RunOne("two");
            scene.Later();
            scene.Market.Store.OnRead = name => name == $"job/{sick}" ? new IOException("The disk is sick.") : null;

            Assert.Equal(new RetentionStep(1, 0, 1, IsOver: true), await scene.Pass());
        });

    [Fact]
    public void WithoutATime_NothingIsEverDropped() =>
        TestMarket.Run(async market =>
        {
            var scene = await Scene.Of(market);
            var job = await scene.RunOne("one");
            market.Clock.Set(TimeSpan.FromDays(36_500));
            Assert.Equal(new RetentionStep(0, 0, 0, IsOver: true), await scene.Pass());
            Assert.Equal(JobDrop.Kept, await market.Job(job).Drop(Authority.Retention));
        });

    [Fact]
    [TestsBound(typeof(MarketLimits), nameof(MarketLimits.KeepJobDaysMin))]
    [TestsBound(typeof(MarketLimits), nameof(MarketLimits.KeepJobDaysMax))]
    public void Jobs_AreKeptForSoManyDaysOrForEver()
    {
        var keeping = new JobKeeping(new ReuseTerms());
        Assert.Null(keeping.Keep);
        Assert.Contains("did not keep", keeping.Sentence, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => new JobKeeping(new ReuseTerms()) { Days = MarketLimits.KeepJobDaysMin - 1 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new JobKeeping(new ReuseTerms()) { Days = MarketLimits.KeepJobDaysMax + 1 });
        Assert.True(JobKeeping.IsAllowed(MarketLimits.KeepJobDaysMin) && JobKeeping.IsAllowed(MarketLimits.KeepJobDaysMax));
    }

    [Fact]
    public void WhatIsLeft_IsSmall_ReadBack_AndEveryCutIsFound()
    {
        var ended = CodecTests.EndedJob();
        var certificate = new JobCertificate(7, TestMarket.Id("root").Value, [], 0);
        var job = ended with { Ending = ended.Ending! with { End = ended.Ending.End with { Certificate = certificate } } };
        var left = JobDropping.Drop(job);

        var bytes = JobStateCodec.Write(left).ToArray();
        var read = JobStateCodec.Read(bytes);

        Assert.Equal((8, true), (bytes[0], read.IsDropped));
        Assert.InRange(bytes.Length, 1, 160);
        Assert.Equal(job.ToPayment(), read.ToPayment());
        Assert.Equal(
            (job.SpecHash, job.SubmittedAt, job.HeldAt, job.Ending.EndedAt, job.Status),
            (read.SpecHash, read.SubmittedAt, read.HeldAt, read.Ending!.EndedAt, read.Status)
        );
        Assert.Null(read.ToSettlement(default)!.Payee);
        Assert.Equal(bytes, JobStateCodec.Write(read).ToArray());
        Assert.Null(new JobProjection().Project(default(JobId).ToString(), bytes, out var isEnded));
        Assert.True(isEnded);
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.Throws<InvalidDataException>(() => JobStateCodec.Read(bytes.AsSpan(0, length)));
        }
    }

    private static void Register(IServiceCollection services) =>
        services.AddSingleton(provider => new JobKeeping(provider.GetRequiredService<ReuseTerms>()) { Days = Days });

    private static void Run(Func<Scene, Task> scenario) =>
        TestMarket.Run(async market => await scenario(await Scene.Of(market)), register: Register);

    /// <summary>A client, a worker and a program; a run costs <see cref="Charge"/>.</summary>
    private sealed class Scene(TestMarket market, Caller client, TestWorker worker, ProgramId program)
    {
        public TestMarket Market => market;
        public Caller Client => client;
        public TestWorker Worker => worker;
        public ProgramId Program => program;
        public TokenAmount Charge { get; } = new(5);

        public static async Task<Scene> Of(TestMarket market)
        {
            var client = await market.OpenAccount("client");
            return new Scene(market, client, await market.AddWorker("worker"), await market.Deploy(client));
        }

        public Task<JobView> View(JobId job) => market.Job(job).Get(client);

        /// <summary>All that has ended by now is old.</summary>
        public void Later() => market.Clock.Set(Keep + TimeSpan.FromHours(1));

        public async Task<JobId> Submit(string request, JobSpec? spec = null)
        {
            var result = Assert.Single(await market.Submit(client, new SubmitItem(request, spec ?? TestMarket.Spec(program))));
            Assert.Null(result.Code);
            return result.Job;
        }

        public async Task<JobId> RunOne(string request, JobSpec? spec = null)
        {
            var job = await Submit(request, spec);
            var lease = await worker.TakeOne();
            Assert.Empty(await worker.Report(worker.Sign(lease, worker.Completed(lease, fuel: 500_000))));
            await market.Settle();
            return job;
        }

        public async Task<RetentionStep> Pass()
        {
            var sum = new RetentionStep();
            while (!sum.IsOver)
            {
                var step = await market.Grains.GetGrain<IRetentionGrain>(MarketLimits.RetentionKey).DropSome(Authority.Silo);
                sum = new RetentionStep(sum.Dropped + step.Dropped, sum.Kept + step.Kept, sum.Failed + step.Failed, step.IsOver);
            }
            return sum;
        }

        public async Task Try()
        {
            try
            {
                await Pass();
            }
            catch (Exception)
            {
                return;
            }
        }

        public async Task<MarketException> Refused(Func<Task> call) => await Assert.ThrowsAsync<MarketException>(call);

        /// <summary>Money, reputation and all logs: what dropping must not touch.</summary>
        public async Task<string> Books()
        {
            // Accounts that begin anew ask one another what has arrived.
            await Task.WhenAll(market.Account("client").Get(), market.Account("worker").Get());
            await market.Settle();
            var report = await new BookAudit(market.Store, market.Store).Check(() => default, default);
            Assert.Empty(report.Violations);
            var views = new[] { "client", "worker" }.Select(name => market.Account(name).Get());
            var logs = market
                .Disk.Streams.Where(pair => pair.Key.StartsWith("ledger/", StringComparison.Ordinal))
                .Select(pair => $"{pair.Key} {string.Concat(pair.Value.Select(entry => Convert.ToHexString(entry.Span)))}");
            var reputation = await market.Grains.GetGrain<IReputationGrain>(ReputationKeys.OfWorker(worker.Id)).Get(null);
            return string.Join(
                '\n',
                [
                    .. (await Task.WhenAll(views)).Select(view => $"{view}"),
                    .. logs.Order(StringComparer.Ordinal),
                    $"{reputation.Kept} {reputation.Faulted}",
                    $"{report.Held} {report.ViolationCount}",
                ]
            );
        }

        public ReadOnlyMemory<byte> Dispute(JobId job, DisputeStage stage)
        {
            var ticket = DiskInvariants.Jobs(market.Disk)[job].ToTicket(job);
            return DisputeCodec.Write(
                new DisputeState(
                    Ticket: ticket,
                    Root: null,
                    Results: [],
                    Seats: [],
                    Accepted: null,
                    Stage: stage,
                    OpenedAt: market.Time.GetUtcNow()
                )
            );
        }
    }
}
