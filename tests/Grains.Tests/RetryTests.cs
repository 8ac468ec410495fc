using Marketplace.GrainInterfaces;
using Marketplace.Testing;

namespace Marketplace.Grains.Tests;

/// <summary>A worker's failure is followed by attempts of others, with growing waits, as often as the job allows.</summary>
public sealed class RetryTests
{
    [Fact]
    public void WorkersFailure_IsRetriedByAnotherWorkerAfterAWhile() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            var cheap = await market.AddWorker("cheap", price: 1);
            var dear = await market.AddWorker("dear", price: 50);
            var job = (await market.Submit(caller, TestMarket.Item("one", program)))[0].Job;
            var lease = await cheap.TakeOne();

            var failedAt = market.Time.GetUtcNow();
            await cheap.Report(cheap.Ended(lease, RunOutcome.WorkerFault, "disk full"));
            var polling = cheap.Poll();
            var second = await dear.TakeOne();

            Assert.InRange(
                market.Time.GetUtcNow() - failedAt,
                MarketPolicy.RetryDelayMin / 2,
                MarketPolicy.RetryDelayMin + TimeSpan.FromMilliseconds(20)
            );
            Assert.Equal(2, second.Attempt);
            Assert.Empty((await polling).Leases);
            await dear.Report(dear.Completed(second));
            var view = await market.Job(job).Get(caller);
            Assert.Equal(JobStatus.Completed, view.Status);
            Assert.Contains(view.History, step => step.Note == "disk full" && step.Worker == cheap.Id);
            await market.Settle();
            Assert.Equal(new TokenAmount(25), (await market.Account("dear").Get()).Available);
        });

    [Fact]
    public void FailureOnEveryWorker_FailsTheJobAndCostsNothing() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            var workers = new[]
            {
                await market.AddWorker("a"),
                await market.AddWorker("b"),
                await market.AddWorker("c"),
                await market.AddWorker("d"),
            };
            using var stop = new CancellationTokenSource();
            var serving = workers
                .Select(worker => worker.Serve(lease => worker.Ended(lease, RunOutcome.WorkerFault, "broken"), stop.Token))
                .ToArray();
            var job = (await market.Submit(caller, TestMarket.Item("one", program)))[0].Job;

            var view = await market.Job(job).WaitEnded(caller, TimeSpan.FromSeconds(20), default);
            stop.Cancel();
            await Task.WhenAll(serving);
            await market.Settle();

            Assert.Equal((JobStatus.Failed, JobFault.Worker, ErrorCode.WorkerFailed), (view.Status, view.Fault, view.Code));
            var failed = view.History.Where(step => step.Note == "broken").Select(step => step.Worker).ToArray();
            Assert.Equal(TestMarket.Spec(program).RetriesMax + 1, failed.Length);
            Assert.Equal(failed.Length, failed.Distinct().Count());
            Assert.Equal(new TokenAmount(TestMarket.Credit), (await market.Account("client").Get()).Available);
        });

    [Fact]
    public void InputThatOneWorkerCannotFetch_IsItsFailure_AndAnotherCompletesTheJob() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            var blind = await market.AddWorker("blind", price: 1);
            var sound = await market.AddWorker("sound", price: 50);
            var job = (await market.Submit(caller, TestMarket.Item("one", program)))[0].Job;

            await blind.Report(blind.Ended(await blind.TakeOne(), RunOutcome.InputUnavailable, "no such blob"));
            await sound.Report(sound.Completed(await sound.TakeOne()));

            var view = await market.Job(job).Get(caller);
            Assert.Equal(JobStatus.Completed, view.Status);
            Assert.Contains(view.History, step => step.Note == "no such blob" && step.Worker == blind.Id);
            await market.Settle();
        });

    [Fact]
    public void InputThatTwoWorkersCannotFetch_EndsTheJob_AndCostsNothing() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            var first = await market.AddWorker("first", price: 1);
            var second = await market.AddWorker("second", price: 50);
            var job = (await market.Submit(caller, TestMarket.Item("one", program)))[0].Job;

            await first.Report(first.Ended(await first.TakeOne(), RunOutcome.InputUnavailable, "no such blob"));
            await second.Report(second.Ended(await second.TakeOne(), RunOutcome.InputUnavailable, "no such blob"));

            var view = await market.Job(job).Get(caller);
            await market.Settle();
            Assert.Equal((JobStatus.Failed, JobFault.Input, ErrorCode.InputUnavailable), (view.Status, view.Fault, view.Code));
            Assert.Equal(new TokenAmount(TestMarket.Credit), (await market.Account("client").Get()).Available);
        });

    [Fact]
    public void InputThatTheLastAttemptCannotFetch_EndsTheJobAsTheWorkerSays() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            var worker = await market.AddWorker("worker");
            var item = TestMarket.Item("one", program);
            var job = (await market.Submit(caller, item with { Spec = item.Spec with { RetriesMax = 0 } }))[0].Job;

            await worker.Report(worker.Ended(await worker.TakeOne(), RunOutcome.InputUnavailable, "no such blob"));

            var view = await market.Job(job).Get(caller);
            await market.Settle();
            Assert.Equal((JobFault.Input, ErrorCode.InputUnavailable), (view.Fault, view.Code));
        });

    [Fact]
    [TestsBound(typeof(MarketPolicy), nameof(MarketPolicy.RetryDelayMin))]
    [TestsBound(typeof(MarketPolicy), nameof(MarketPolicy.RetryDelayMax))]
    public void Delay_DoublesUpToItsLimit()
    {
        var chance = new SeededJitter(1);
        for (var failures = 1; failures <= 40; failures++)
        {
            var full = MarketPolicy.RetryDelayMin.TotalMilliseconds * Math.Pow(2, failures - 1);
            var limit = Math.Min(full, MarketPolicy.RetryDelayMax.TotalMilliseconds);
            Assert.InRange(MarketPolicy.RetryDelay(failures, chance).TotalMilliseconds, limit / 2, limit);
        }
    }

    [Fact]
    [TestsBound(typeof(MarketPolicy), nameof(MarketPolicy.InterruptionsMax))]
    public void RunThatIsGivenUpAgainAndAgain_FailsTheJob() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            var worker = await market.AddWorker("worker");
            var job = (await market.Submit(caller, TestMarket.Item("one", program)))[0].Job;
            for (var run = 0; run <= MarketPolicy.InterruptionsMax; run++)
            {
                await worker.Report(worker.Ended(await worker.TakeOne(), RunOutcome.Cancelled, "shutting down"));
            }

            var view = await market.Job(job).WaitEnded(caller, TimeSpan.FromSeconds(20), default);

            Assert.Equal((JobStatus.Failed, JobFault.Worker), (view.Status, view.Fault));
            await market.Settle();
        });

    [Fact]
    public void RunThatWasNotBegun_IsNeitherFailureNorRetry_AndEndsTheWaitingPoll() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            var worker = await market.AddWorker("worker");
            var job = (await market.Submit(caller, TestMarket.Item("one", program)))[0].Job;
            for (var run = 0; run <= MarketPolicy.InterruptionsMax + TestMarket.Spec(program).RetriesMax; run++)
            {
                var lease = await worker.TakeOne();
                var waiting = worker.Poll();
                await worker.Report(worker.Ended(lease, RunOutcome.Returned, "all slots were busy"));
                Assert.Empty((await waiting).Leases);
            }

            await worker.Report(worker.Completed(await worker.TakeOne()));

            Assert.Equal(JobStatus.Completed, (await market.Job(job).Get(caller)).Status);
            await market.Settle();
        });

    [Fact]
    public void ReportThatBreaksTheRules_IsTheWorkersFailure() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            var worker = await market.AddWorker("worker");
            var job = (
                await market.Submit(
                    caller,
                    TestMarket.Item("one", program) with
                    {
                        Spec = TestMarket.Spec(program) with { RetriesMax = 0 },
                    }
                )
            )[0].Job;

            var report = worker.Completed(await worker.TakeOne());
            await worker.Report(
                report with
                {
                    Output = new JobOutput(new byte[MarketLimits.InlineBytesMax + 1], null, MarketLimits.InlineBytesMax + 1),
                }
            );
            var view = await market.Job(job).WaitEnded(caller, TimeSpan.FromSeconds(20), default);

            Assert.Equal((JobStatus.Failed, JobFault.Worker), (view.Status, view.Fault));
            await market.Settle();
        });
}
