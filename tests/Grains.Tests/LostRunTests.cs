using Marketplace.GrainInterfaces;
using Marketplace.Testing;

namespace Marketplace.Grains.Tests;

/// <summary>
/// What it costs a worker, and what it does not cost a job, that runs are begun and not ended, or leases taken and not begun.
/// </summary>
public sealed class LostRunTests
{
    private static readonly Caller Operator = new(TestMarket.Id("operator"), "mk1111111111111111", Scopes.Admin);

    [Fact]
    public void WorkerThatStartsAgain_LosesItsJobToAnother_AndIsCharged_OnceThatOneEndedIt() =>
        TestMarket.Run(async market =>
        {
            var scene = await Scene.Of(market);
            var job = await scene.Submit("one");
            var lease = await scene.Cheap.TakeOne();
            await scene.Begin(scene.Cheap, lease);

            await scene.Cheap.Offer();
            Assert.Empty((await scene.Cheap.Poll()).Leases);
            Assert.Contains("failed on this job before", await scene.WhyNot(job, scene.Cheap));
            await scene.Dear.Report(scene.Dear.Completed(await scene.Dear.TakeOne()));
            await market.Settle();

            var view = await scene.Reputation(scene.Cheap);
            Assert.Equal("its worker started again", Assert.Single(view.Faults).Reason);
        });

    [Fact]
    public void WorkerThatIsLostWithManyRuns_HasFailedOnce() =>
        TestMarket.Run(async market =>
        {
            var scene = await Scene.Of(market, slots: 4);
            for (var number = 0; number < 4; number++)
            {
                await scene.Submit($"{number}");
            }
            var leases = (await scene.Cheap.Poll()).Leases;
            Assert.Equal(4, leases.Length);
            await scene.Begin(scene.Cheap, [.. leases]);
            await Task.Delay(MarketPolicy.LeaseSilenceMax + TimeSpan.FromSeconds(1), market.Time);
            using var stop = new CancellationTokenSource();
            var serving = scene.Dear.Serve(lease => scene.Dear.Completed(lease), stop.Token);
            await Task.Delay(TimeSpan.FromSeconds(5), market.Time);
            stop.Cancel();
            await serving;
            await market.Settle();

            Assert.Equal(0, (await market.Market.GetView()).QueuedJobs);
            Assert.Equal(1, (await scene.Reputation(scene.Cheap)).Faulted);
        });

    /// <summary>It costs nothing to give back what was not begun, so it must not keep the job from others either.</summary>
    [Fact]
    public void LeaseThatIsGivenBack_GoesToAnother_AndCostsItsWorkerNothing() =>
        TestMarket.Run(async market =>
        {
            var scene = await Scene.Of(market);
            await scene.Submit("one");
            var polling = scene.Dear.Poll();
            var lease = await scene.Cheap.TakeOne();
            await scene.Cheap.Report(scene.Cheap.Ended(lease, RunOutcome.Returned, "busy"));

            await scene.Dear.Report(scene.Dear.Completed(Assert.Single((await polling).Leases)));
            await market.Settle();
            Assert.Equal(0, (await scene.Reputation(scene.Cheap)).Faulted);
        });

    [Fact]
    public void LeaseThatIsGivenBack_ComesToTheOnlyWorkerAgainAtOnce() =>
        TestMarket.Run(async market =>
        {
            var scene = await Scene.Of(market);
            await market.Market.Dismiss(scene.Dear.Id, Authority.Silo);
            await scene.Submit("one");
            var lease = await scene.Cheap.TakeOne();
            await scene.Cheap.Report(scene.Cheap.Ended(lease, RunOutcome.Returned, "busy"));
            var before = market.Time.GetUtcNow();

            await scene.Cheap.Report(scene.Cheap.Completed(await scene.Cheap.TakeOne()));
            Assert.InRange(market.Time.GetUtcNow() - before, TimeSpan.Zero, MarketPolicy.ReadmitDelayMin / 2);
        });

    /// <summary>New keys cost nothing: six of them must not be able to fail a job that honest workers would run.</summary>
    [Fact]
    public void JobWhoseRunWasLost_GoesToWorkersWithAReputationFirst() =>
        TestMarket.Run(async market =>
        {
            var scene = await Scene.Of(market);
            var job = await scene.Submit("one");
            var lease = await scene.Cheap.TakeOne();
            await scene.Begin(scene.Cheap, lease);
            await market.Market.Leave(scene.Cheap.Id);

            var fresh = await market.AddWorker("fresh", price: 1);
            Assert.Empty((await fresh.Poll()).Leases);
            Assert.Contains("has no good reputation", await scene.WhyNot(job, fresh));
            await scene.Dear.Report(scene.Dear.Completed(await scene.Dear.TakeOne()));
        });

    [Fact]
    [TestsBound(typeof(MarketPolicy), nameof(MarketPolicy.NewcomerLeasesMax))]
    public void Newcomer_GetsMoreLeases_WithEachResult_AndLosesThemAgain() =>
        TestMarket.Run(async market =>
        {
            var scene = await Scene.Of(market);
            var worker = new TestWorker(market, "wide", price: 1, slots: 40);
            await worker.Offer();
            await market.Market.Dismiss(scene.Cheap.Id, Authority.Silo);
            for (var number = 0; number < 60; number++)
            {
                await scene.Submit($"{number}");
            }
            var leases = (await worker.Poll()).Leases;
            Assert.Equal(MarketPolicy.NewcomerLeasesMax, leases.Length);
            await worker.Report([.. leases.Take(3).Select(lease => worker.Completed(lease))]);
            Assert.Equal(6, (await worker.Poll()).Leases.Length);
            await worker.Report(worker.Ended(leases[5], RunOutcome.Returned, "busy"));
            await worker.Report([.. leases.Skip(6).Take(5).Select(lease => worker.Completed(lease))]);
            // Three ahead became one, and five came.
            Assert.Equal(9, (await worker.Poll()).Leases.Length);
        });

    /// <summary>
    /// Leases that a worker had not begun are no runs: taking them again and again must not end a job that others would run.
    /// </summary>
    [Fact]
    public void WorkerThatStartsAgainAndAgain_EndsNoJob_AndANewcomerGetsIt() =>
        TestMarket.Run(async market =>
        {
            var scene = await Scene.Of(market);
            await market.Market.Dismiss(scene.Dear.Id, Authority.Silo);
            var job = await scene.Submit("one");
            var fresh = await market.AddWorker("fresh", price: 1);
            for (var round = 0; round < 3 * MarketPolicy.InterruptionsMax; round++)
            {
                await scene.Cheap.Offer();
                await scene.Cheap.Poll();
            }
            await scene.Cheap.Offer();
            await fresh.Report(fresh.Completed(await fresh.TakeOne()));
            await market.Settle();

            var view = await market.Job(job).Get(scene.Caller);
            Assert.Equal((JobStatus.Completed, fresh.Id), (view.Status, view.Worker));
        });

    /// <summary>A jump of the wall clock makes expiries due; it is no time in which the market stood still.</summary>
    [Fact]
    public void ClockThatIsSetForward_KeepsNoSilentWorkersLease() =>
        TestMarket.Run(async market =>
        {
            var scene = await Scene.Of(market);
            await market.Market.Dismiss(scene.Dear.Id, Authority.Silo);
            await scene.Submit("one");
            await scene.Submit("two");
            var lease = await scene.Cheap.TakeOne();
            await scene.Begin(scene.Cheap, lease);
            market.Clock.Set(TimeSpan.FromDays(30));
            await scene.Submit("three");

            await Task.Delay(MarketPolicy.LeaseSilenceMax + MarketPolicy.MaintenancePeriod, market.Time);
            Assert.Single(await market.Market.Heartbeat(scene.Cheap.Id, [new LeaseProgress(lease.Id, 1, LeaseStage.Running)]));
        });

    [Fact]
    public void MarketThatStoodStill_TakesNoLeaseForTheSilenceThatItDidNotHear() =>
        TestMarket.Run(async market =>
        {
            var scene = await Scene.Of(market);
            await scene.Submit("one");
            var lease = await scene.Cheap.TakeOne();
            await scene.Begin(scene.Cheap, lease);

            market.Clock.Stand(MarketPolicy.LeaseSilenceMax + TimeSpan.FromSeconds(5));
            await market.Settle();
            Assert.Empty(await market.Market.Heartbeat(scene.Cheap.Id, [new LeaseProgress(lease.Id, 1, LeaseStage.Running)]));

            await Task.Delay(MarketPolicy.LeaseSilenceMax + MarketPolicy.MaintenancePeriod, market.Time);
            Assert.Single(await market.Market.Heartbeat(scene.Cheap.Id, [new LeaseProgress(lease.Id, 1, LeaseStage.Running)]));
        });

    [Fact]
    public void GoodbyeDuringAnOffer_LeavesNoOffer() =>
        TestMarket.Run(async market =>
        {
            var scene = await Scene.Of(market);
            var offer = (await market.Market.FindOffer(scene.Cheap.Id))!.Offer;
            await market.Market.Leave(scene.Cheap.Id);
            var offering = market.Market.Offer(offer);
            await market.Market.Leave(scene.Cheap.Id);
            await offering;

            Assert.Null(await market.Market.FindOffer(scene.Cheap.Id));
            Assert.False((await scene.Cheap.Poll()).Known);
            await scene.Cheap.Offer();
            Assert.NotNull(await market.Market.FindOffer(scene.Cheap.Id));
        });

    [Fact]
    public void ModuleThatOneWorkerCallsInvalid_IsItsFailure_AndAnotherCompletesTheJob() =>
        TestMarket.Run(async market =>
        {
            var scene = await Scene.Of(market);
            var job = await scene.Submit("one");
            var lease = await scene.Cheap.TakeOne();
            await scene.Cheap.Report(scene.Cheap.Ended(lease, RunOutcome.InvalidModule, "no module"));
            await scene.Dear.Report(scene.Dear.Completed(await scene.Dear.TakeOne()));
            await market.Settle();

            Assert.Equal(JobStatus.Completed, (await market.Job(job).Get(scene.Caller)).Status);
            Assert.Equal("no module", Assert.Single((await scene.Reputation(scene.Cheap)).Faults).Reason);
        });

    [Fact]
    [TestsBound(typeof(MarketPolicy), nameof(MarketPolicy.AvoidedWorkersMax))]
    public void JobAvoidsSoManyWorkers_AndForgetsTheFirstOfMore()
    {
        var job = new MarketJob(
            new JobTicket(
                Job: default,
                Account: default,
                Spec: TestMarket.Spec(default),
                Module: default,
                UsesState: false,
                SubmittedAt: default,
                RequestId: ""
            )
        );
        for (var number = 0; number < MarketPolicy.AvoidedWorkersMax; number++)
        {
            job.Avoid(new WorkerId(TestMarket.Id($"{number}").Value));
        }
        Assert.True(job.HasFailedOn(new WorkerId(TestMarket.Id("0").Value)));
        job.Avoid(new WorkerId(TestMarket.Id("beyond").Value));
        Assert.False(job.HasFailedOn(new WorkerId(TestMarket.Id("0").Value)));
        Assert.True(job.HasFailedOn(new WorkerId(TestMarket.Id("beyond").Value)));
    }

    /// <summary>A client with a cheap worker, and a dear one that has a reputation.</summary>
    private sealed record Scene(TestMarket Market, Caller Caller, ProgramId Program, TestWorker Cheap, TestWorker Dear)
    {
        public static async Task<Scene> Of(TestMarket market, int slots = 1)
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            var (cheap, dear) = (await market.AddWorker("cheap", price: 1, slots), await market.AddWorker("dear", price: 50, slots: 1));
            cheap.Heartbeats = true;
            await market.Vouch(dear);
            await dear.Offer();
            return new Scene(market, caller, program, cheap, dear);
        }

        public async Task<JobId> Submit(string request) =>
            Assert.Single(await Market.Submit(Caller, TestMarket.Item(request, Program))).Job;

        public Task Begin(TestWorker worker, params Lease[] leases) =>
            Market.Market.Heartbeat(worker.Id, [.. leases.Select(lease => new LeaseProgress(lease.Id, 1, LeaseStage.Running))]);

        public async Task<ReputationView> Reputation(TestWorker worker) =>
            await Market.Grains.GetGrain<IReputationGrain>(ReputationKeys.OfWorker(worker.Id)).Get(Operator);

        public async Task<string> WhyNot(JobId job, TestWorker worker) =>
            (await Market.Job(job).Explain(Caller)).Offers.Single(offer => offer.Worker == worker.Id).Reason;
    }
}
