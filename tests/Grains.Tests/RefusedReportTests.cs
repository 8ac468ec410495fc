using Marketplace.GrainInterfaces;
using Marketplace.Testing;

namespace Marketplace.Grains.Tests;

/// <summary>A worker whose result counts for nothing hears why.</summary>
public sealed class RefusedReportTests
{
    [Fact]
    public void ResultThatComesAfterItsLease_IsRefusedWithTheReason_AndUnpaid() =>
        Run(
            async (market, worker, job, lease) =>
            {
                await Task.Delay(MarketPolicy.LeaseSilenceMax + TimeSpan.FromSeconds(1), market.Time);

                var refused = Assert.Single(await worker.Report(worker.Completed(lease)));
                Assert.Equal(lease.Id, refused.Lease);
                Assert.StartsWith("its worker", refused.Reason);
                Assert.NotEqual(JobStatus.Completed, (await market.Market.FindJob(job))!.Status);
            }
        );

    [Fact]
    public void ResultOfACancelledJob_IsRefused() =>
        Run(
            async (market, worker, job, lease) =>
            {
                await market.Job(job).Cancel(await market.AddKey("client"));

                Assert.Equal("the job was cancelled", Assert.Single(await worker.Report(worker.Completed(lease))).Reason);
            }
        );

    [Fact]
    public void ResultThatTookEffect_IsNotRefusedWhenItComesAgain() =>
        Run(
            async (market, worker, job, lease) =>
            {
                Assert.Empty(await worker.Report(worker.Completed(lease)));
                Assert.Empty(await worker.Report(worker.Completed(lease)));
            }
        );

    [Fact]
    public void ResultThatBreaksARule_IsRefusedWithTheRule() =>
        Run(
            async (market, worker, job, lease) =>
            {
                var refused = Assert.Single(await worker.Report(worker.Completed(lease) with { FuelUsed = -1 }));
                Assert.Equal("the report has -1 fuel", refused.Reason);
                Assert.Equal(refused, Assert.Single(await worker.Report(worker.Completed(lease))));
            }
        );

    [Fact]
    public void ResultForALeaseOfAnother_OrOfNoOne_OrOfAnEarlierStart_IsRefused() =>
        Run(
            async (market, worker, job, lease) =>
            {
                var other = await market.AddWorker("other", price: 9);
                var never = new LeaseId(lease.Id.Start, lease.Id.Sequence + 1);
                var early = new LeaseId(lease.Id.Start - 1, 1);

                Assert.Contains("no such lease", Assert.Single(await other.Report(other.Completed(lease))).Reason);
                Assert.Contains("no such lease", Assert.Single(await worker.Report(worker.Completed(lease) with { Lease = never })).Reason);
                Assert.Contains("begun anew", Assert.Single(await worker.Report(worker.Completed(lease) with { Lease = early })).Reason);
                Assert.Contains(
                    $"for job {job}",
                    Assert.Single(await worker.Report(worker.Completed(lease) with { Job = default })).Reason
                );
                Assert.Empty(await worker.Report(worker.Completed(lease)));
            }
        );

    [Fact]
    [TestsBound(typeof(MarketPolicy), nameof(MarketPolicy.OverLeasesMax))]
    [TestsBound(typeof(MarketLimits), nameof(MarketLimits.RefusalCharsMax))]
    public void ReasonsAreKeptOfTheLastLeases_AndAreShort()
    {
        var over = new OverLeases();
        var worker = new WorkerId(TestMarket.Id("worker").Value);
        for (var lease = 1; lease <= MarketPolicy.OverLeasesMax; lease++)
        {
            over.Add(lease, worker, new string('x', MarketLimits.RefusalCharsMax + (lease % 2)));
        }
        Assert.Equal(MarketLimits.RefusalCharsMax, over.ReasonOf(1, worker)!.Length);
        Assert.Equal(MarketLimits.RefusalCharsMax, over.ReasonOf(2, worker)!.Length);
        Assert.Null(over.ReasonOf(1, new WorkerId(TestMarket.Id("other").Value)));

        over.Add(MarketPolicy.OverLeasesMax + 1, worker, "late");
        Assert.Null(over.ReasonOf(1, worker));
        Assert.NotNull(over.ReasonOf(2, worker));
    }

    private static void Run(Func<TestMarket, TestWorker, JobId, Lease, Task> scenario) =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            var worker = await market.AddWorker("worker", price: 1);
            worker.Heartbeats = true;
            var job = (await market.Submit(caller, TestMarket.Item("one", program)))[0].Job;
            await scenario(market, worker, job, await worker.TakeOne());
        });
}
