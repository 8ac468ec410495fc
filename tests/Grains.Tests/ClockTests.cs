using Marketplace.GrainInterfaces;

namespace Marketplace.Grains.Tests;

/// <summary>
/// Leases and rounds of maintenance count time that has passed; what is stored counts the time of day. So a clock that is set moves
/// expiries and nothing else.
/// </summary>
public sealed class ClockTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [Fact]
    public void ClockThatIsSetForward_EndsNoLease() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            var worker = await market.AddWorker("worker");
            var job = (await market.Submit(caller, TestMarket.Item("one", program)))[0].Job;
            var lease = await worker.TakeOne();

            market.Clock.Set(Hour);
            await Task.Delay(2 * MarketPolicy.MaintenancePeriod, market.Time);
            Assert.Empty((await worker.Poll()).Stops);
            await worker.Report(worker.Completed(lease));
            await market.Settle();

            var view = await market.Job(job).Get(caller);
            Assert.Equal((JobStatus.Completed, worker.Id), (view.Status, view.Worker));
        });

    [Fact]
    public void ClockThatIsSetBack_HoldsUpNeitherMissedLeasesNorMaintenance() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            var silent = await market.AddWorker("silent", price: 1);
            await market.Submit(caller, TestMarket.Item("one", program));
            await silent.TakeOne();

            market.Clock.Set(-Hour);
            await Task.Delay(MarketPolicy.SetUpMax + TestMarket.Spec(program).TimeMax + MarketPolicy.ReportGrace, market.Time);
            var other = await market.AddWorker("other");
            await other.Report(other.Completed(await other.TakeOne()));
            await market.Settle();
            await Task.Delay(MarketPolicy.WorkerSilentMax + (2 * MarketPolicy.MaintenancePeriod), market.Time);

            Assert.Equal(0, (await market.Market.GetView()).Workers);
        });

    [Fact]
    public void ClockThatIsSetForward_ExpiresWhatItHasPassed() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            var job = (await market.Submit(caller, TestMarket.Item("one", program)))[0].Job;

            market.Clock.Set(Hour);
            await Task.Delay(2 * MarketPolicy.MaintenancePeriod, market.Time);

            Assert.Equal(JobStatus.Expired, (await market.Job(job).Get(caller)).Status);
            await market.Settle();
        });

    [Fact]
    public void JobThatNeverArrived_IsFoundWithinMinutesOfAClockSetBack() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            await market.Submit(caller, TestMarket.Item("known", program));
            await Task.Delay(2 * MarketPolicy.SweepPeriod, market.Time);
            var account = market.Account("client");
            var job = Marketplace.Crypto.IdDerivation.Job(caller.Account, "lost");
            var held = await account.Hold(caller, [new HoldItem(job, new TokenAmount(100))]);
            var blob = await market.Upload(caller, "command");
            await market
                .Job(job)
                .Submit(
                    new JobSubmission(caller.Account, "lost", TestMarket.Spec(program), blob, false, held.HeldAt),
                    Authority.Submission
                );

            market.Clock.Set(-Hour);
            await Task.Delay(3 * MarketPolicy.SweepPeriod, market.Time);

            Assert.Equal(2, (await market.Market.GetView()).QueuedJobs);
        });
}
