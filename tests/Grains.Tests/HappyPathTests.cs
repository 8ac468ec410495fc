using System.Text;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains.Tests;

/// <summary>One job from submission to payment.</summary>
public sealed class HappyPathTests
{
    [Fact]
    public void Job_IsSubmittedLeasedCompletedAndPaid() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            var worker = await market.AddWorker("worker", price: 10);
            var polling = worker.TakeOne();

            var result = Assert.Single(await market.Submit(caller, TestMarket.Item("one", program)));
            Assert.Null(result.Code);
            var waiting = market.Job(result.Job).WaitEnded(caller, TimeSpan.FromSeconds(10), default);
            var lease = await polling;
            await worker.Report(worker.Completed(lease, "HELLO", fuel: 500_000));
            var job = await waiting;
            await market.Settle();

            Assert.Equal(JobStatus.Completed, job.Status);
            Assert.Equal("HELLO", Encoding.UTF8.GetString(job.Output.Inline.Span));
            Assert.Equal(
                [JobStatus.Pending, JobStatus.Matched, JobStatus.Running, JobStatus.Completed],
                job.History.Select(step => step.Status)
            );
            Assert.Equal(new TokenAmount(5), job.Charge);
            var client = await market.Account("client").Get();
            Assert.Equal(new TokenAmount(TestMarket.Credit - 5), client.Available);
            Assert.Equal((TokenAmount.Zero, TokenAmount.Zero), (client.Held, client.UnderWay));
            Assert.Equal(new TokenAmount(5), (await market.Account("worker").Get()).Available);
            Assert.Equal(result.Job, Assert.Single(market.Feed.Ended).Job);
        });
}
