using Marketplace.GrainInterfaces;

namespace Marketplace.Grains.Tests;

/// <summary>A request that is sent again reaches the same job.</summary>
public sealed class IdempotencyTests
{
    [Fact]
    public void SameRequestTenTimesAtOnce_GivesOneJobAndOneHold() =>
        TestMarket.RunSeeds(
            10,
            async market =>
            {
                var caller = await market.OpenAccount("client");
                var program = await market.Deploy(caller);

                var answers = await Task.WhenAll(
                    Enumerable.Range(0, 10).Select(_ => market.Submit(caller, TestMarket.Item("one", program)))
                );
                await market.Settle();

                Assert.All(answers, answer => Assert.Null(answer[0].Code));
                Assert.Single(answers.Select(answer => answer[0].Job).Distinct());
                Assert.Single(answers, answer => !answer[0].Existed);
                Assert.Single(DiskInvariants.Jobs(market.Disk));
                var account = await market.Account("client").Get();
                Assert.Equal((new TokenAmount(100), 1), (account.Held, account.OpenJobs));
            }
        );

    [Theory, InlineData(100, "other"), InlineData(200, "in")]
    public void SameRequestWithAnotherSpec_IsRefused(long price, string input) =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            await market.Submit(caller, TestMarket.Item("one", program));

            var second = Assert.Single(await market.Submit(caller, TestMarket.Item("one", program, price, input)));
            await market.Settle();

            Assert.Equal(ErrorCode.RequestIdReused, second.Code);
            Assert.Equal(new TokenAmount(100), (await market.Account("client").Get()).Held);
        });

    [Fact]
    public void TwoSpecsUnderOneRequestAtOnce_GiveOneJobWithItsOwnHold() =>
        TestMarket.RunSeeds(
            20,
            async market =>
            {
                var caller = await market.OpenAccount("client");
                var program = await market.Deploy(caller);

                var answers = await Task.WhenAll(
                    market.Submit(caller, TestMarket.Item("one", program, input: "a")),
                    market.Submit(caller, TestMarket.Item("one", program, input: "b")),
                    market.Submit(caller, TestMarket.Item("one", program, price: 300)),
                    market.Submit(caller, TestMarket.Item("one", program, input: "a"))
                );
                await market.Settle();

                Assert.Contains(answers, answer => answer[0].Code is null);
                Assert.Contains(answers, answer => answer[0].Code == ErrorCode.RequestIdReused);
                var job = Assert.Single(DiskInvariants.Jobs(market.Disk)).Value;
                Assert.Equal(job.Spec.PriceMax, (await market.Account("client").Get()).Held);
            }
        );

    [Fact]
    public void RequestRepeatedAfterTheEnd_FindsTheJobAndPaysNothing() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            var worker = await market.AddWorker("worker");
            await market.Submit(caller, TestMarket.Item("one", program));
            await worker.Report(worker.Completed(await worker.TakeOne()));
            await market.Settle();
            var before = await market.Account("client").Get();

            var again = Assert.Single(await market.Submit(caller, TestMarket.Item("one", program)));
            await market.Settle();

            Assert.True(again is { Existed: true, Code: null });
            Assert.Equal(before, await market.Account("client").Get());
        });

    [Fact]
    public void RequestRepeatedWithoutMoneyLeft_StillFindsTheJob() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client", credit: 100);
            var program = await market.Deploy(caller);
            var worker = await market.AddWorker("worker", price: 100);
            await market.Submit(caller, TestMarket.Item("one", program));
            await worker.Report(worker.Completed(await worker.TakeOne(), fuel: 1_000_000));
            await market.Settle();

            var results = await market.Submit(caller, TestMarket.Item("one", program), TestMarket.Item("two", program));

            Assert.True(results[0] is { Existed: true, Code: null });
            Assert.Equal(ErrorCode.InsufficientFunds, results[1].Code);
            Assert.Equal(TokenAmount.Zero, (await market.Account("client").Get()).Available);
        });

    [Fact]
    public void CrashAfterARepeatedHold_PaysNothingTwice() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            var worker = await market.AddWorker("worker");
            await market.Submit(caller, TestMarket.Item("one", program));
            await worker.Report(worker.Completed(await worker.TakeOne()));
            await market.Settle();
            var before = await market.Account("client").Get();

            // The repeated request holds again, and the process ends before the hold is released.
            market.Store.OnWrite = name => name.StartsWith("account/", StringComparison.Ordinal) ? WriteFate.CrashAfter : WriteFate.Done;
            _ = market.Submit(caller, TestMarket.Item("one", program));
            await market.Settle();
            await market.CrashAndStart();
            Assert.Equal(1, (await market.Account("client").Get()).OpenJobs);
            await Task.Delay(TimeSpan.FromMinutes(15), market.Time);

            Assert.Equal(before, await market.Account("client").Get());
        });
}
