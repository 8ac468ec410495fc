using Marketplace.GrainInterfaces;

namespace Marketplace.Grains.Tests;

/// <summary>Who pays for work that does not come to its end: a test for each row of the table in grains/RATIONALE.md.</summary>
public sealed class UnfinishedWorkTests
{
    private const long Price = 10;

    [Fact]
    public void CancelledBeforeAWorkerHasIt_CostsNothing() =>
        TestMarket.Run(async market =>
        {
            var scene = await Scene.Of(market);
            var job = await scene.Submit();
            await scene.Cancel(job);
            await scene.IsPaid(job, TokenAmount.Zero);
        });

    [Fact]
    public void CancelledBeforeItsWorkerSaysThatItHasBegun_CostsNothing() =>
        TestMarket.Run(async market =>
        {
            var scene = await Scene.Of(market);
            var job = await scene.Submit();
            var lease = await scene.Worker.TakeOne();
            await market.Market.Heartbeat(scene.Worker.Id, [new LeaseProgress(lease.Id, 0, LeaseStage.Waiting)]);
            Assert.Null((await scene.Cancel(job)).Worker);
            await scene.IsPaid(job, TokenAmount.Zero);
        });

    [Fact]
    public void CancelledWhileTheRunIsSetUp_CostsSettingUpTheModule() =>
        TestMarket.Run(async market =>
        {
            var scene = await Scene.Of(market);
            var job = await scene.Submit();
            var lease = await scene.Worker.TakeOne();
            await market.Market.Heartbeat(scene.Worker.Id, [new LeaseProgress(lease.Id, 0, LeaseStage.SettingUp)]);
            await scene.Cancel(job);

            var module = await market.Grains.GetGrain<IProgramGrain>(scene.Program.ToString()).Get();
            var fuel = JobPricing.SetUpFuel(module.ModuleSize);
            await scene.IsPaid(job, FuelPrice.Of(fuel, new TokenAmount((UInt128)Price)));
            Assert.Equal(fuel, (await market.Job(job).Get(scene.Caller)).FuelUsed);
        });

    [Fact]
    public void CancelledAfterAHeartbeat_CostsWhatTheRunHadUsedThen() =>
        TestMarket.Run(async market =>
        {
            var scene = await Scene.Of(market);
            var job = await scene.Submit();
            var lease = await scene.Worker.TakeOne();
            await Task.Delay(TimeSpan.FromSeconds(1), market.Time);
            Assert.Empty(await market.Market.Heartbeat(scene.Worker.Id, [new LeaseProgress(lease.Id, 300_000)]));
            Assert.Empty(await market.Market.Heartbeat(scene.Worker.Id, [new LeaseProgress(lease.Id, 200_000)]));
            var cancelled = await scene.Cancel(job);

            Assert.Equal((300_000, scene.Worker.Id), (cancelled.FuelUsed, cancelled.Worker));
            await scene.IsPaid(job, new TokenAmount(3));
            Assert.Equal(new TokenAmount(3), Assert.Single(market.Feed.Ended).Charge);
        });

    [Fact]
    public void HeartbeatThatClaimsMoreThanAMachineCanDo_CountsAsTheMostThatItCan() =>
        TestMarket.Run(async market =>
        {
            var scene = await Scene.Of(market);
            var job = await scene.Submit(fuelMax: 1_000_000_000, priceMax: 100_000);
            var lease = await scene.Worker.TakeOne();
            var since = market.Time.GetUtcNow();
            await Task.Delay(TimeSpan.FromMilliseconds(1), market.Time);
            await market.Market.Heartbeat(scene.Worker.Id, [new LeaseProgress(lease.Id, long.MaxValue)]);
            var most = (market.Time.GetUtcNow() - since).Ticks * MarketPolicy.FuelPerTickMax;
            Assert.InRange((await scene.Cancel(job)).FuelUsed, 1, most);
        });

    [Fact]
    public void HeartbeatOfARunThatIsLong_CountsAsNoMoreThanTheJobsFuel() =>
        TestMarket.Run(async market =>
        {
            var scene = await Scene.Of(market);
            var job = await scene.Submit(fuelMax: 700_000, priceMax: 7);
            var lease = await scene.Worker.TakeOne();
            await Task.Delay(TimeSpan.FromSeconds(1), market.Time);
            await market.Market.Heartbeat(scene.Worker.Id, [new LeaseProgress(lease.Id, long.MaxValue)]);
            Assert.Equal(700_000, (await scene.Cancel(job)).FuelUsed);
            await scene.IsPaid(job, new TokenAmount(7));
        });

    [Fact]
    public void ReportAfterTheCancellation_ChangesNoPayment() =>
        TestMarket.Run(async market =>
        {
            var scene = await Scene.Of(market);
            var job = await scene.Submit();
            var lease = await scene.Worker.TakeOne();
            await Task.Delay(TimeSpan.FromSeconds(1), market.Time);
            await market.Market.Heartbeat(scene.Worker.Id, [new LeaseProgress(lease.Id, 200_000)]);
            await scene.Cancel(job);
            await scene.Worker.Report(scene.Worker.Completed(lease, fuel: 900_000));
            await scene.IsPaid(job, new TokenAmount(2));
        });

    [Fact]
    public void RunOfALostWorker_IsNotPaid() =>
        TestMarket.Run(async market =>
        {
            var scene = await Scene.Of(market);
            var job = await scene.Submit();
            var lease = await scene.Worker.TakeOne();
            await Task.Delay(TimeSpan.FromSeconds(1), market.Time);
            await market.Market.Heartbeat(scene.Worker.Id, [new LeaseProgress(lease.Id, 500_000)]);
            await market.Market.Dismiss(scene.Worker.Id, Authority.Silo);
            Assert.Equal(lease.Id, Assert.Single(await market.Market.Heartbeat(scene.Worker.Id, [new LeaseProgress(lease.Id, 600_000)])));
            await scene.Cancel(job);
            await scene.IsPaid(job, TokenAmount.Zero);
        });

    [Fact]
    public void RunThatFailedOnItsWorker_IsNotPaid() =>
        TestMarket.Run(async market =>
        {
            var scene = await Scene.Of(market);
            var job = await scene.Submit(retriesMax: 0);
            var lease = await scene.Worker.TakeOne();
            await Task.Delay(TimeSpan.FromSeconds(1), market.Time);
            await market.Market.Heartbeat(scene.Worker.Id, [new LeaseProgress(lease.Id, 500_000)]);
            await scene.Worker.Report(scene.Worker.Ended(lease, RunOutcome.WorkerFault, "its disk is full", fuel: 500_000));
            await scene.IsPaid(job, TokenAmount.Zero);
        });

    [Fact]
    public void CancellationThatTheMarketDoesNotAnswer_StandsAndCostsNothing() =>
        TestMarket.Run(async market =>
        {
            var scene = await Scene.Of(market);
            var job = await scene.Submit();
            await scene.Worker.TakeOne();
            await market.CrashAndStart();
            Assert.Equal(JobStatus.Cancelled, (await scene.Cancel(job)).Status);
            await scene.IsPaid(job, TokenAmount.Zero);
        });

    [Fact]
    public void HeartbeatOfMoreRunsThanAWorkerMayHave_IsRefused() =>
        TestMarket.Run(async market =>
        {
            var scene = await Scene.Of(market);
            var most = Enumerable.Range(1, MarketPolicy.WorkerLeasesMax).Select(number => new LeaseProgress(new LeaseId(1, number), 1));
            Assert.Equal(MarketPolicy.WorkerLeasesMax, (await market.Market.Heartbeat(scene.Worker.Id, [.. most])).Length);
            var refusal = await Assert.ThrowsAsync<MarketException>(() =>
                market.Market.Heartbeat(scene.Worker.Id, [.. most, new LeaseProgress(new LeaseId(1, 0), 1)])
            );
            Assert.Equal(ErrorCode.LimitExceeded, refusal.Code);
        });

    /// <summary>A client, its program, and one worker that asks <see cref="Price"/> per million fuel.</summary>
    private sealed record Scene(TestMarket Market, Caller Caller, ProgramId Program, TestWorker Worker)
    {
        public static async Task<Scene> Of(TestMarket market)
        {
            var caller = await market.OpenAccount("client");
            return new Scene(market, caller, await market.Deploy(caller), await market.AddWorker("worker", Price, slots: 1));
        }

        public async Task<JobId> Submit(long fuelMax = 1_000_000, int priceMax = 100, int retriesMax = 2)
        {
            var spec = TestMarket.Spec(Program, priceMax) with { FuelMax = fuelMax, RetriesMax = retriesMax };
            var admitted = Assert.Single(await Market.Submit(Caller, new SubmitItem("one", spec)));
            Assert.Null(admitted.Code);
            return admitted.Job;
        }

        public async Task<JobView> Cancel(JobId job)
        {
            var cancelled = await Market.Job(job).Cancel(Caller);
            await Market.Settle();
            return cancelled;
        }

        /// <summary>The job cost this, the worker has it, and the client the rest.</summary>
        public async Task IsPaid(JobId job, TokenAmount charge)
        {
            await Market.Settle();
            Assert.Equal(charge, (await Market.Job(job).Get(Caller)).Charge);
            var client = await Market.Account("client").Get();
            Assert.Equal((new TokenAmount(TestMarket.Credit) - charge, TokenAmount.Zero), (client.Available, client.Held));
            if (!charge.IsZero)
            {
                Assert.Equal(charge, (await Market.Account("worker").Get()).Available);
            }
        }
    }
}
