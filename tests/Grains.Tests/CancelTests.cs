using Marketplace.GrainInterfaces;

namespace Marketplace.Grains.Tests;

/// <summary>A cancellation wins over a later completion, and stops the run.</summary>
public sealed class CancelTests
{
    [Fact]
    public void PendingJob_IsCancelledAndCostsNothing() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            var job = (await market.Submit(caller, TestMarket.Item("one", program)))[0].Job;

            var cancelled = await market.Job(job).Cancel(caller);
            await market.Settle();

            Assert.Equal((JobStatus.Cancelled, JobFault.Client), (cancelled.Status, cancelled.Fault));
            Assert.Equal(0, (await market.Market.GetView()).QueuedJobs);
            Assert.Equal(new TokenAmount(TestMarket.Credit), (await market.Account("client").Get()).Available);
            Assert.Equal(JobStatus.Cancelled, (await market.Job(job).Cancel(caller)).Status);
            Assert.Equal(JobStatus.Cancelled, Assert.Single(market.Feed.Ended).Status);
        });

    [Fact]
    public void RunningJob_IsStoppedAtOnce() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            var worker = await market.AddWorker("worker");
            var job = (await market.Submit(caller, TestMarket.Item("one", program)))[0].Job;
            var lease = await worker.TakeOne();
            var polling = worker.Poll();

            var before = market.Time.GetUtcNow();
            await market.Job(job).Cancel(caller);
            var orders = await polling;

            Assert.Equal(lease.Id, Assert.Single(orders.Stops));
            Assert.InRange(market.Time.GetUtcNow() - before, TimeSpan.Zero, TimeSpan.FromMilliseconds(50));
            await worker.Report(worker.Completed(lease));
            await market.Settle();
            Assert.Equal(JobStatus.Cancelled, (await market.Job(job).Get(caller)).Status);
        });

    [Fact]
    public void CancellationAndCompletionAtOnce_HaveOneWinnerThatEverybodySees() =>
        TestMarket.RunSeeds(
            30,
            async market =>
            {
                var caller = await market.OpenAccount("client");
                var program = await market.Deploy(caller);
                var worker = await market.AddWorker("worker");
                var job = (await market.Submit(caller, TestMarket.Item("one", program)))[0].Job;
                var lease = await worker.TakeOne();

                var reporting = worker.Report(worker.Completed(lease));
                JobStatus answered;
                try
                {
                    answered = (await market.Job(job).Cancel(caller)).Status;
                }
                catch (MarketException ended) when (ended.Code == ErrorCode.JobEnded)
                {
                    answered = JobStatus.Completed;
                }

                await reporting;
                await market.Settle();
                var seen = await market.Job(job).Get(caller);
                Assert.Equal(answered, seen.Status);
                Assert.All(market.Feed.Ended, ended => Assert.Equal(answered, ended.Status));
                var account = await market.Account("client").Get();
                Assert.True(answered == JobStatus.Completed ? seen.Charge == new TokenAmount(5) : seen.Charge <= new TokenAmount(5));
                Assert.Equal(new TokenAmount(TestMarket.Credit) - seen.Charge, account.Available);
            }
        );

    [Fact]
    public void EndedForeignAndUnknownJobs_AreRefused() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var other = await market.OpenAccount("other");
            var program = await market.Deploy(caller);
            var worker = await market.AddWorker("worker");
            var job = (await market.Submit(caller, TestMarket.Item("one", program)))[0].Job;

            var foreign = await Assert.ThrowsAsync<MarketException>(() => market.Job(job).Cancel(other));
            var unknown = await Assert.ThrowsAsync<MarketException>(() => market.Job(default).Cancel(other));
            Assert.Equal((ErrorCode.JobNotFound, ErrorCode.JobNotFound), (foreign.Code, unknown.Code));
            Assert.Equal(
                foreign.Message.Replace(job.ToString(), "", StringComparison.Ordinal),
                unknown.Message.Replace(default(JobId).ToString(), "", StringComparison.Ordinal)
            );
            await worker.Report(worker.Completed(await worker.TakeOne()));
            Assert.Equal(ErrorCode.JobEnded, (await Assert.ThrowsAsync<MarketException>(() => market.Job(job).Cancel(caller))).Code);
            await market.Settle();
        });
}
