using Marketplace.GrainInterfaces;
using Orleans.Storage;

namespace Marketplace.Grains.Tests;

/// <summary>
/// Two activations of the same grain, which a cluster may briefly have: the loser's write is refused, and no effect happens twice.
/// </summary>
public sealed class TwinTests
{
    [Fact]
    public void TwoActivationsOfOneAccount_HoldAndSettleOnce() =>
        TestMarket.RunSeeds(
            20,
            async market =>
            {
                var caller = await market.OpenAccount("client");
                var program = await market.Deploy(caller);
                var twin = await market.StartTwin();
                var left = market.Account("client");
                var right = twin.GetGrain<IAccountGrain>(caller.Account.ToString());
                await left.Get();
                await right.Get();

                var submitting = new[] { market.Grains, twin }.Select(grains =>
                    Repeat(async () =>
                    {
                        var result = (await grains.GetGrain<ISubmissionGrain>(0).Submit(caller, [TestMarket.Item("one", program)]))[0];
                        if (result.Code is { } code)
                        {
                            throw new MarketException(code, result.Message!);
                        }
                    })
                );
                await Task.WhenAll(submitting);

                var (id, job) = Assert.Single(DiskInvariants.Jobs(market.Disk));
                var end = new JobEnd(
                    Status: JobStatus.Completed,
                    Fault: JobFault.None,
                    Code: null,
                    Reason: null,
                    Worker: default(WorkerId),
                    Payee: TestMarket.Id("worker"),
                    PricePerMillionFuel: new TokenAmount(10),
                    FuelUsed: 500_000,
                    Output: default,
                    Log: default,
                    RootBefore: null,
                    RootAfter: null,
                    History: [],
                    Explanation: new JobExplanation("", [])
                );
                var completing = new[] { market.Grains, twin }.Select(grains =>
                    Repeat(async () =>
                    {
                        var settlement = await grains.GetGrain<IJobGrain>(id.ToString()).Complete(end, Authority.Market);
                        Assert.Equal(new TokenAmount(5), settlement!.Charge);
                        await grains.GetGrain<IAccountGrain>(caller.Account.ToString()).Settle([settlement], Authority.Market);
                    })
                );
                await Task.WhenAll(completing);
                await Task.Delay(TimeSpan.FromMinutes(2), market.Time);

                var account = DiskInvariants.Accounts(market.Disk);
                Assert.Equal(new TokenAmount(5), account[caller.Account].Spent);
                Assert.Equal(new TokenAmount(5), account[TestMarket.Id("worker")].Available);
                Assert.Equal(job.Spec.PriceMax, new TokenAmount(100));
            }
        );

    [Fact]
    public void TwoActivationsOfOneJob_EndItOnce() =>
        TestMarket.RunSeeds(
            20,
            async market =>
            {
                var caller = await market.OpenAccount("client");
                var program = await market.Deploy(caller);
                var worker = await market.AddWorker("worker");
                var job = (await market.Submit(caller, TestMarket.Item("one", program)))[0].Job;
                var twin = (await market.StartTwin()).GetGrain<IJobGrain>(job.ToString());
                await twin.Get(caller);
                var lease = await worker.TakeOne();

                JobStatus? cancelled = null;
                await Task.WhenAll(
                    Repeat(() => worker.Report(worker.Completed(lease))),
                    Repeat(async () =>
                    {
                        try
                        {
                            cancelled = (await twin.Cancel(caller)).Status;
                        }
                        catch (MarketException ended) when (ended.Code == ErrorCode.JobEnded)
                        {
                            cancelled = null;
                        }
                    })
                );
                await market.Settle();

                var status = DiskInvariants.Jobs(market.Disk)[job].Status;
                Assert.Equal(cancelled ?? JobStatus.Completed, status);
                Assert.Equal(status, (await market.Job(job).Get(caller)).Status);
            }
        );

    /// <summary>What a client does with a refusal that says so: sends it again.</summary>
    private static async Task Repeat(Func<Task> call)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                await call();
                return;
            }
            catch (Exception failure)
                when (failure is InconsistentStateException or MarketException { Code: ErrorCode.Unavailable or ErrorCode.OutcomeUnknown }
                    && attempt < 10
                )
            {
                continue;
            }
        }
    }
}
