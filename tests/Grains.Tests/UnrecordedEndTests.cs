using Marketplace.GrainInterfaces;

namespace Marketplace.Grains.Tests;

/// <summary>A report whose effects cannot be recorded at the moment is no failure of the worker that sent it.</summary>
public sealed class UnrecordedEndTests
{
    [Fact]
    public void OutputThatCannotBeKeptForAWhile_IsPaidWhenTheReportIsRepeated_AndHoldsUpNoOtherResult() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            var worker = await market.AddWorker("worker");
            var large = (await market.Submit(caller, TestMarket.Item("large", program)))[0].Job;
            var report = await Large(market, worker, await worker.TakeOne());
            var small = (await market.Submit(caller, TestMarket.Item("small", program)))[0].Job;
            var other = worker.Completed(await worker.TakeOne());
            var output = report.Output.Blob!.Value;
            market.Blobs.OnFind = blob => blob == output ? new IOException("The folder is not mounted.") : null;

            var refused = await Assert.ThrowsAsync<MarketException>(() => worker.Report(report, other));
            Assert.Equal(ErrorCode.Unavailable, refused.Code);
            Assert.Equal(JobStatus.Completed, (await market.Job(small).Get(caller)).Status);
            for (var passed = TimeSpan.Zero; passed < LeaseTime + MarketPolicy.ReportGrace; passed += MarketPolicy.ReportGrace / 2)
            {
                await Assert.ThrowsAsync<MarketException>(() => worker.Report(report));
                await Task.Delay(MarketPolicy.ReportGrace / 2, market.Time);
            }
            market.Blobs.OnFind = _ => null;
            await worker.Report(report);
            await market.Settle();

            var view = await market.Job(large).Get(caller);
            Assert.Equal((JobStatus.Completed, output), (view.Status, view.Output.Blob));
            Assert.Equal(new TokenAmount(10), (await market.Account("worker").Get()).Available);
        });

    [Fact]
    public void OutputThatCannotBeKeptForLong_IsMadeAgain_AndChargesNoWorker() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            var worker = await market.AddWorker("worker");
            var item = TestMarket.Item("large", program);
            var job = (await market.Submit(caller, item with { Spec = item.Spec with { RetriesMax = 0 } }))[0].Job;
            var report = await Large(market, worker, await worker.TakeOne());
            market.Blobs.OnFind = _ => new IOException("The folder is not mounted.");

            for (var passed = TimeSpan.Zero; passed <= MarketPolicy.RecordMax; passed += MarketPolicy.ReportGrace / 2)
            {
                await Record.ExceptionAsync(() => worker.Report(report));
                await Task.Delay(MarketPolicy.ReportGrace / 2, market.Time);
            }
            market.Blobs.OnFind = _ => null;
            Assert.NotEqual(JobStatus.Failed, (await market.Job(job).Get(caller)).Status);
            await worker.Offer();
            var second = await worker.TakeOne();
            await worker.Report(await Large(market, worker, second));

            Assert.NotEqual(report.Lease, second.Id);
            var view = await market.Job(job).Get(caller);
            Assert.Equal(JobStatus.Completed, view.Status);
            Assert.Contains(view.History, step => step.Note == "its end could not be recorded");
            await market.Settle();
        });

    private static TimeSpan LeaseTime => MarketPolicy.SetUpMax + TestMarket.Spec(default).TimeMax + MarketPolicy.ReportGrace;

    private static Task<LeaseReport> Large(TestMarket market, TestWorker worker, Lease lease) =>
        worker.CompletedWith(lease, market.Blobs.Put(new byte[100_000]), 100_000);
}
