using Marketplace.GrainInterfaces;
using Marketplace.Testing;

namespace Marketplace.Grains.Tests;

/// <summary>
/// A matched job whose state cannot be read is tried again for a while, not for ever; it keeps its expiry and its owner's money.
/// </summary>
public sealed class PreparationTests
{
    [Fact]
    public void StateThatCannotBeRead_KeepsTheFirstExpiry() =>
        Run(
            TimeSpan.FromSeconds(30),
            async (market, caller, job) =>
            {
                var begin = market.Time.GetUtcNow();

                var view = await WaitEnded(market, caller, job);
                await market.Settle();

                Assert.Equal((JobStatus.Expired, JobFault.NoWorker), (view.Status, view.Fault));
                Assert.InRange(view.EndedAt!.Value - begin, TimeSpan.FromSeconds(29), TimeSpan.FromSeconds(31));
                Assert.Equal(new TokenAmount(TestMarket.Credit), (await market.Account("client").Get()).Available);
            }
        );

    [Fact]
    [TestsBound(typeof(MarketPolicy), nameof(MarketPolicy.PreparationsMax))]
    public void StateThatCannotBeRead_EndsTheJobAfterItsTriesAtNoCost_AndExplainSaysWhy() =>
        Run(
            MarketLimits.ExpiresAfterMax,
            async (market, caller, job) =>
            {
                var begin = market.Time.GetUtcNow();

                await Task.Delay(TimeSpan.FromMinutes(1), market.Time);
                Assert.Contains("could not be read", (await market.Job(job).Explain(caller)).Summary);
                var view = await WaitEnded(market, caller, job);
                await market.Settle();

                Assert.Equal((JobStatus.Failed, JobFault.Input, ErrorCode.StateUnavailable), (view.Status, view.Fault, view.Code));
                Assert.Contains($"{MarketPolicy.PreparationsMax} times", view.Reason);
                Assert.InRange(view.EndedAt!.Value - begin, TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(20));
                Assert.Equal(new TokenAmount(TestMarket.Credit), (await market.Account("client").Get()).Available);
            }
        );

    [Fact]
    public void StateThatCanBeReadAgain_IsUsed() =>
        Run(
            MarketLimits.ExpiresAfterMax,
            async (market, caller, job) =>
            {
                await Task.Delay(TimeSpan.FromMinutes(1), market.Time);
                market.Store.OnRead = _ => null;

                var view = await WaitEnded(market, caller, job);
                await market.Settle();

                Assert.Equal(JobStatus.Completed, view.Status);
            }
        );

    /// <summary>A job of a program whose state cannot be read, and a worker that would run it.</summary>
    private static void Run(TimeSpan expiresAfter, Func<TestMarket, Caller, JobId, Task> scenario) =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller, "command writes");
            market.Store.OnRead = name =>
                name.StartsWith("state/", StringComparison.Ordinal) ? new IOException("The disk does not answer.") : null;
            var worker = await market.AddWorker("worker");
            using var stop = new CancellationTokenSource();
            var serving = worker.Serve(lease => worker.Completed(lease), stop.Token);
            var job = (await market.Submit(caller, new SubmitItem("one", TestMarket.Spec(program) with { ExpiresAfter = expiresAfter })))[
                0
            ].Job;
            await scenario(market, caller, job);
            stop.Cancel();
            await serving;
        });

    private static async Task<JobView> WaitEnded(TestMarket market, Caller caller, JobId job)
    {
        JobView view;
        do
        {
            view = await market.Job(job).WaitEnded(caller, TimeSpan.FromSeconds(20), default);
        } while (!view.Status.HasEnded());
        return view;
    }
}
