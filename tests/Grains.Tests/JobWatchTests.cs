using Marketplace.GrainInterfaces;
using Microsoft.Extensions.DependencyInjection;

namespace Marketplace.Grains.Tests;

/// <summary>Metrics and traces count each job once, however often it is submitted, reported and cancelled.</summary>
public sealed class JobWatchTests
{
    [Fact]
    public void Job_IsToldOnce_WhenItIsWritten_HasEnded_AndIsPaid()
    {
        var watch = new Told();
        TestMarket.Run(
            async market =>
            {
                var caller = await market.OpenAccount("client");
                var program = await market.Deploy(caller);
                var worker = await market.AddWorker("worker", price: 10);
                var one = (await market.Submit(caller, TestMarket.Item("one", program)))[0].Job;
                await market.Submit(caller, TestMarket.Item("one", program));
                var lease = await worker.TakeOne();
                await worker.Report(worker.Sign(lease, worker.Completed(lease, "HELLO")));
                await worker.Report(worker.Sign(lease, worker.Completed(lease, "HELLO")));
                await market.Settle();
                var two = (await market.Submit(caller, TestMarket.Item("two", program)))[0].Job;
                await market.Job(two).Cancel(caller);
                await market.Job(two).Cancel(caller);
                await market.Settle();

                Assert.Equal(
                    [
                        $"created {one}",
                        $"ended {one} Completed",
                        $"settled {one}",
                        $"created {two}",
                        $"ended {two} Cancelled",
                        $"settled {two}",
                    ],
                    watch.Lines
                );
            },
            register: services => services.AddSingleton<IJobWatch>(watch)
        );
    }

    private sealed class Told : IJobWatch
    {
        public List<string> Lines { get; } = [];

        public void Created(JobId job) => Lines.Add($"created {job}");

        public void Ended(JobView job, DateTimeOffset heldAt, bool isSigned)
        {
            Assert.InRange(heldAt, DateTimeOffset.UnixEpoch, job.SubmittedAt);
            Assert.Equal(job.Status == JobStatus.Completed, isSigned);
            Lines.Add($"ended {job.Id} {job.Status}");
        }

        public void Dropped(JobId job) => Lines.Add($"dropped {job}");

        public void Settled(JobId job, DateTimeOffset from, DateTimeOffset to)
        {
            Assert.True(from <= to);
            Lines.Add($"settled {job}");
        }
    }
}
