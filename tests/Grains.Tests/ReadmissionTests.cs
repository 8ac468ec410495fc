using Marketplace.GrainInterfaces;

namespace Marketplace.Grains.Tests;

/// <summary>
/// A worker that failed on a job does not see it while another may take it; a worker that is alone may try again after a while.
/// </summary>
public sealed class ReadmissionTests
{
    [Fact]
    public void OnlyWorker_MayTryAgainAfterAWhile() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            var worker = await market.AddWorker("worker");
            var job = (await market.Submit(caller, TestMarket.Item("one", program)))[0].Job;
            var lease = await worker.TakeOne();

            var failedAt = market.Time.GetTimestamp();
            await worker.Report(worker.Ended(lease, RunOutcome.WorkerFault, "disk full"));
            var second = await worker.TakeOne();
            Assert.InRange(
                market.Time.GetElapsedTime(failedAt),
                MarketPolicy.ReadmitDelayMin,
                MarketPolicy.ReadmitDelayMin + TimeSpan.FromMilliseconds(20)
            );
            await worker.Report(worker.Completed(second));
            await market.Settle();

            Assert.Equal(2, second.Attempt);
            Assert.Equal(JobStatus.Completed, (await market.Job(job).Get(caller)).Status);
        });

    [Fact]
    public void OnlyWorkerThatMissedALease_MayTryAgain() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            var worker = await market.AddWorker("worker");
            await market.Submit(caller, TestMarket.Item("one", program));
            var lease = await worker.TakeOne();

            await Task.Delay(lease.Deadline - market.Time.GetUtcNow() + TimeSpan.FromMilliseconds(1), market.Time);
            Assert.Equal(lease.Id, Assert.Single((await worker.Poll()).Stops));
            await worker.Report(worker.Completed(await worker.TakeOne()));

            await market.Settle();
        });

    [Fact]
    public void WorkerThatFailed_IsNotAskedWhileAnotherOfferFits() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            var failing = await market.AddWorker("failing", price: 1);
            var busy = await market.AddWorker("busy", price: 50);
            await market.Submit(caller, TestMarket.Item("one", program));
            await failing.Report(failing.Ended(await failing.TakeOne(), RunOutcome.WorkerFault, "disk full"));

            for (var round = 0; round < 5; round++)
            {
                Assert.Empty((await failing.Poll()).Leases);
            }
            await market.Market.Dismiss(busy.Id, Authority.Silo);
            await failing.Report(failing.Completed(await failing.TakeOne()));

            await market.Settle();
        });

    [Fact]
    public void OnlyWorkerThatFailsAgainAndAgain_EndsTheJobWithItsRetries() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            var worker = await market.AddWorker("worker");
            var job = (await market.Submit(caller, TestMarket.Item("one", program)))[0].Job;
            for (var attempt = 0; attempt <= TestMarket.Spec(program).RetriesMax; attempt++)
            {
                await worker.Report(worker.Ended(await worker.TakeOne(), RunOutcome.WorkerFault, "broken"));
            }

            var view = await market.Job(job).WaitEnded(caller, TimeSpan.FromSeconds(20), default);
            await market.Settle();

            Assert.Equal((JobStatus.Failed, ErrorCode.WorkerFailed), (view.Status, view.Code));
            Assert.Equal(new TokenAmount(TestMarket.Credit), (await market.Account("client").Get()).Available);
        });

    [Fact]
    public void LeaseThatIsReturnedAgainAndAgain_KeepsTheFirstExpiry() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            var worker = await market.AddWorker("worker");
            var wait = TimeSpan.FromSeconds(30);
            var item = new SubmitItem("one", TestMarket.Spec(program) with { ExpiresAfter = wait });
            var submitted = market.Time.GetUtcNow();
            var job = (await market.Submit(caller, item))[0].Job;
            using var stop = new CancellationTokenSource();
            var serving = Serve();

            var view = await market.Job(job).WaitEnded(caller, TimeSpan.FromSeconds(20), default);
            while (!view.Status.HasEnded())
            {
                view = await market.Job(job).WaitEnded(caller, TimeSpan.FromSeconds(20), default);
            }
            stop.Cancel();
            await serving;
            await market.Settle();

            Assert.Equal(JobStatus.Expired, view.Status);
            Assert.InRange(view.EndedAt!.Value - submitted, wait, wait + TimeSpan.FromSeconds(2));

            async Task Serve()
            {
                while (!stop.IsCancellationRequested)
                {
                    foreach (var lease in (await worker.Poll()).Leases)
                    {
                        await Task.Delay(TimeSpan.FromSeconds(1), market.Time);
                        await worker.Report(worker.Ended(lease, RunOutcome.Returned, "all slots were busy"));
                    }
                }
            }
        });
}
