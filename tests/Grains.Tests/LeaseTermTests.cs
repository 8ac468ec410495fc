using Marketplace.GrainInterfaces;

namespace Marketplace.Grains.Tests;

/// <summary>How long a lease lasts whose worker tells how far it has come.</summary>
public sealed class LeaseTermTests
{
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(20);

    [Fact]
    public void WorkerThatFallsSilent_LosesTheLeaseToAnother_AndIsNotPaidForALateReport() =>
        TestMarket.Run(async market =>
        {
            var scene = await Scene.Of(market);
            await scene.Pass(TimeSpan.FromSeconds(3));
            await scene.Hear(LeaseStage.Running, 1000);
            var other = await market.AddWorker("other", price: 2);

            await scene.Pass(MarketPolicy.LeaseSilenceMax - Moment);
            Assert.Equal(0, await scene.Waiting());
            await scene.Pass(Moment + Moment);
            var second = await other.TakeOne();

            Assert.Equal(scene.Lease.Id, Assert.Single(await scene.Hear(LeaseStage.Running, 2000)));
            await scene.Worker.Report(scene.Worker.Completed(scene.Lease, "late"));
            await other.Report(other.Completed(second, "in time"));
            await market.Settle();
            var view = await market.Job(scene.Job).Get(scene.Caller);
            Assert.Equal((JobStatus.Completed, other.Id), (view.Status, view.Worker));
            Assert.Contains(view.History, step => step.Worker == scene.Worker.Id && step.Note?.Contains("not heard for 20 s") == true);
            Assert.Equal(ErrorCode.AccountNotFound, (await Assert.ThrowsAsync<MarketException>(() => market.Account("worker").Get())).Code);
        });

    [Fact]
    public void WorkerThatIsHeard_KeepsTheLease_UntilTheJobsOwnTimeIsOver() =>
        TestMarket.Run(async market =>
        {
            var scene = await Scene.Of(market);
            while (market.Time.GetUtcNow() + WorkerLimits.HeartbeatPeriod < scene.Lease.Deadline)
            {
                await scene.Pass(WorkerLimits.HeartbeatPeriod);
                Assert.Empty(await scene.Hear(LeaseStage.Running, 1000));
            }
            Assert.True(scene.Lease.Deadline - scene.Lease.Ticket.SubmittedAt > 3 * MarketPolicy.LeaseSilenceMax);

            await scene.Pass(scene.Lease.Deadline - market.Time.GetUtcNow() + Moment);

            Assert.Single(await scene.Hear(LeaseStage.Running, 1000));
            Assert.Contains(
                (await market.Job(scene.Job).Get(scene.Caller)).History,
                step => step.Note == "the worker did not report before the lease's deadline"
            );
        });

    /// <param name="stage">Told again and again.</param>
    /// <param name="seconds">How long it may last.</param>
    [Theory]
    [InlineData(LeaseStage.Waiting, 15, "did not begin within 15 s")]
    [InlineData(LeaseStage.SettingUp, 60, "took longer than 60 s for fetching")]
    [InlineData(LeaseStage.Reporting, 30, "took longer than 30 s for reporting")]
    public void StageThatLastsTooLong_EndsTheLease(LeaseStage stage, int seconds, string note) =>
        TestMarket.Run(async market =>
        {
            var scene = await Scene.Of(market);
            var ends = market.Time.GetUtcNow() + TimeSpan.FromSeconds(seconds);
            while (market.Time.GetUtcNow() + TimeSpan.FromSeconds(1) < ends)
            {
                Assert.Empty(await scene.Hear(stage, 0));
                await scene.Pass(TimeSpan.FromSeconds(1));
            }
            Assert.Empty(await scene.Hear(stage, 0));

            await scene.Pass(ends - market.Time.GetUtcNow() + Moment);

            Assert.Single(await scene.Hear(stage, 0));
            Assert.Contains((await market.Job(scene.Job).Get(scene.Caller)).History, step => step.Note?.Contains(note) == true);
        });

    /// <summary>A worker that is slow to tell what it does goes back to no earlier stage.</summary>
    [Fact]
    public void StageThatIsToldAgain_BeginsNoNewTime() =>
        TestMarket.Run(async market =>
        {
            var scene = await Scene.Of(market);
            await scene.Hear(LeaseStage.Reporting, 0);
            await scene.Pass(TimeSpan.FromSeconds(15));
            Assert.Empty(await scene.Hear(LeaseStage.SettingUp, 0));
            await scene.Pass(MarketPolicy.ReportGrace - TimeSpan.FromSeconds(15) + Moment);

            Assert.Single(await scene.Hear(LeaseStage.Running, 0));
        });

    [Fact]
    public void Goodbye_WithdrawsTheOffer_AndWhatWasNotBegunCountsAsNoRun() =>
        TestMarket.Run(async market =>
        {
            var scene = await Scene.Of(market);
            var worker = scene.Worker;
            for (var round = 0; round <= MarketPolicy.InterruptionsMax; round++)
            {
                await market.Market.Leave(worker.Id);
                Assert.False((await worker.Poll()).Known);
                Assert.Equal((1, 0), (await scene.Waiting(), (await market.Market.GetView()).Workers));
                await worker.Offer();
                await worker.TakeOne();
            }

            Assert.False((await market.Job(scene.Job).Get(scene.Caller)).Status.HasEnded());
        });

    [Fact]
    public void Goodbye_InterruptsWhatWasBegun() =>
        TestMarket.Run(async market =>
        {
            var scene = await Scene.Of(market);
            await scene.Hear(LeaseStage.Running, 1000);

            await market.Market.Leave(scene.Worker.Id);

            Assert.Equal(1, await scene.Waiting());
            Assert.Contains((await market.Job(scene.Job).Get(scene.Caller)).History, step => step.Note == "its worker left");
        });

    /// <summary>A job and the worker that has it.</summary>
    private sealed record Scene(TestMarket Market, Caller Caller, TestWorker Worker, JobId Job, Lease Lease)
    {
        public static async Task<Scene> Of(TestMarket market)
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            var worker = await market.AddWorker("worker", price: 1, slots: 1);
            worker.Heartbeats = true;
            var job = Assert.Single(await market.Submit(caller, TestMarket.Item("one", program))).Job;
            return new Scene(market, caller, worker, job, await worker.TakeOne());
        }

        public Task Pass(TimeSpan time) => Task.Delay(time, Market.Time);

        public async Task<IReadOnlyList<LeaseId>> Hear(LeaseStage stage, long fuel) =>
            await Market.Market.Heartbeat(Worker.Id, [new LeaseProgress(Lease.Id, fuel, stage)]);

        public async Task<int> Waiting() => (await Market.Market.GetView()).QueuedJobs;
    }
}
