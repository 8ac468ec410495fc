using Marketplace.GrainInterfaces;

namespace Marketplace.Grains.Tests;

/// <summary>Every stage of a job has a deadline, and who misses it is charged with it.</summary>
public sealed class DeadlineTests
{
    [Fact]
    public void JobThatNobodyTakes_Expires() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            await market.AddWorker("too dear", price: 1_000_000);
            var submitted = market.Time.GetUtcNow();
            var job = (await market.Submit(caller, TestMarket.Item("one", program)))[0].Job;

            JobView view;
            do
            {
                view = await market.Job(job).WaitEnded(caller, TimeSpan.FromHours(1), default);
            } while (!view.Status.HasEnded());
            await market.Settle();

            Assert.Equal((JobStatus.Expired, JobFault.NoWorker, ErrorCode.NoWorker), (view.Status, view.Fault, view.Code));
            Assert.InRange(
                view.EndedAt!.Value - submitted,
                TimeSpan.FromMinutes(10),
                TimeSpan.FromMinutes(10) + TimeSpan.FromMilliseconds(20)
            );
            Assert.Equal(new TokenAmount(TestMarket.Credit), (await market.Account("client").Get()).Available);
        });

    [Fact]
    public void WorkerThatDoesNotReport_LosesTheLeaseAndIsChargedWithTheFailure() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            var silent = await market.AddWorker("silent", price: 1);
            var job = (await market.Submit(caller, TestMarket.Item("one", program)))[0].Job;
            var lease = await silent.TakeOne();
            var whole = MarketPolicy.SetUpMax + TimeSpan.FromSeconds(10) + MarketPolicy.ReportGrace;
            Assert.InRange(lease.Deadline - market.Time.GetUtcNow(), whole - TimeSpan.FromMilliseconds(10), whole);

            await Task.Delay(lease.Deadline - market.Time.GetUtcNow() + TimeSpan.FromMilliseconds(1), market.Time);
            var stops = (await silent.Poll()).Stops;
            var other = await market.AddWorker("other");
            var second = await other.TakeOne();
            await silent.Report(silent.Completed(lease, "late"));
            await other.Report(other.Completed(second, "in time"));
            await market.Settle();

            Assert.Equal(lease.Id, Assert.Single(stops));
            var view = await market.Job(job).Get(caller);
            Assert.Equal((JobStatus.Completed, other.Id), (view.Status, view.Worker));
            Assert.Contains(view.History, step => step.Worker == silent.Id && step.Note is not null);
            Assert.Equal(ErrorCode.AccountNotFound, (await Assert.ThrowsAsync<MarketException>(() => market.Account("silent").Get())).Code);
        });

    [Fact]
    public void SilentWorker_LosesItsOffer() =>
        TestMarket.Run(async market =>
        {
            var worker = await market.AddWorker("worker");
            Assert.Equal(1, (await market.Market.GetView()).Workers);

            await Task.Delay(MarketPolicy.WorkerSilentMax + MarketPolicy.MaintenancePeriod + TimeSpan.FromSeconds(1), market.Time);

            Assert.Equal(0, (await market.Market.GetView()).Workers);
            Assert.False((await worker.Poll()).Known);
        });
}
