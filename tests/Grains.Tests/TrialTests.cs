using Marketplace.GrainInterfaces;

namespace Marketplace.Grains.Tests;

/// <summary>Results that differ, from the panel that finds it to the stake of the one that was wrong.</summary>
public sealed class TrialTests
{
    private const long Stake = 100_000;

    [Fact]
    public void LiarAmongStakedWorkers_IsTried_AndPaysTheJuryAndTheBuyer() =>
        TestMarket.Run(async market =>
        {
            var (client, program) = await Begin(market);
            var workers = await Serve(market, 24, liars: 1);
            var job = await SubmitUntilTold(market, client, program, "0");
            await Task.Delay(TimeSpan.FromMinutes(2), market.Time);

            var liar = (await Reputation(market, "0")).Standing;
            Assert.True(liar.Stake < new TokenAmount(Stake));
            Assert.Equal(StandingLevel.Excluded, liar.Level);
            for (var number = 1; number < 24; number++)
            {
                Assert.Equal(new TokenAmount(Stake), (await Reputation(market, $"{number}")).Standing.Stake);
            }
            var file = Receipts.DisputeFile.Parse((await market.Grains.GetGrain<IDisputeGrain>(job.ToString()).GetFile(client)).Span);
            Assert.DoesNotContain(Receipts.DisputeChecks.Of(file), check => check.Result == Receipts.CheckResult.Broken);
            await Stop(workers);
        });

    [Fact]
    public void LiarWithNothingAtStake_IsNotTried_AndTheEvidenceIsKept() =>
        TestMarket.Run(async market =>
        {
            var (client, program) = await Begin(market);
            var workers = await Serve(market, 4, liars: 1, stake: 0);
            var job = await SubmitUntilTold(market, client, program, "0");
            var file = Receipts.DisputeFile.Parse((await market.Grains.GetGrain<IDisputeGrain>(job.ToString()).GetFile(client)).Span);
            Assert.DoesNotContain(Receipts.DisputeChecks.Of(file), check => check.Result == Receipts.CheckResult.Broken);
            await Stop(workers);
        });

    private static async Task<(Caller, ProgramId)> Begin(TestMarket market)
    {
        var client = await market.OpenAccount("client");
        return (client, await market.Deploy(client));
    }

    private static async Task<(CancellationTokenSource Stop, List<Task> Serving)> Serve(
        TestMarket market,
        int count,
        int liars,
        long stake = Stake
    )
    {
        var (stop, serving) = (new CancellationTokenSource(), new List<Task>());
        for (var number = 0; number < count; number++)
        {
            var (name, isLiar) = ($"{number}", number < liars);
            var caller = await market.OpenAccount(name);
            var worker = new TestWorker(market, name, price: 10, slots: 4);
            if (stake > 0)
            {
                await market
                    .Grains.GetGrain<IReputationGrain>(ReputationKeys.OfWorker(worker.Id))
                    .Stake(caller, new StakeRequest("stake", new TokenAmount((UInt128)stake)));
            }
            await worker.Offer();
            serving.Add(
                worker.ServeSealed(lease => worker.Completed(lease, isLiar ? "lie" : "out", fuel: 1_000_000), tells: true, stop.Token)
            );
        }
        return (stop, serving);
    }

    /// <summary>Who has seats is drawn: jobs are ordered until the liar has told one of its own.</summary>
    private static async Task<JobId> SubmitUntilTold(TestMarket market, Caller client, ProgramId program, string liar)
    {
        for (var number = 0; number < 100; number++)
        {
            var item = TestMarket.Item($"job {number}", program, price: 60);
            var spec = item.Spec with { Assurance = Assurance.Quorum(2, 3) };
            var job = Assert.Single(await market.Submit(client, item with { Spec = spec })).Job;
            var view = await market.Job(job).WaitEnded(client, TimeSpan.FromSeconds(30), default);
            await market.Settle();
            Assert.Equal(JobStatus.Completed, view.Status);
            Assert.Equal("out", System.Text.Encoding.UTF8.GetString(view.Output.Inline.Span));
            if ((await market.Job(job).Explain(client)).Summary.EndsWith("1 gave another one.", StringComparison.Ordinal))
            {
                return job;
            }
        }
        throw new Xunit.Sdk.XunitException($"Worker {liar} had no seat in 100 jobs.");
    }

    private static Task<ReputationView> Reputation(TestMarket market, string name) =>
        market.Grains.GetGrain<IReputationGrain>(ReputationKeys.OfWorker(new WorkerId(TestMarket.Id(name).Value))).Get(caller: null);

    private static async Task Stop((CancellationTokenSource Stop, List<Task> Serving) workers)
    {
        workers.Stop.Cancel();
        await Task.WhenAll(workers.Serving);
        workers.Stop.Dispose();
    }
}
