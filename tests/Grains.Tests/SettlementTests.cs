using System.Collections.Immutable;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains.Tests;

/// <summary>Every charge moves once, whatever is repeated.</summary>
public sealed class SettlementTests
{
    [Fact]
    public void SettlementRepeatedTenTimes_PaysOnce() =>
        TestMarket.RunSeeds(
            5,
            async market =>
            {
                var caller = await market.OpenAccount("client");
                var job = new JobId(new Bytes32(new byte[32]));
                var hold = await market.Account("client").Hold(caller, [new HoldItem(job, new TokenAmount(100))]);
                var settlement = new JobSettlement(
                    Job: job,
                    Payer: caller.Account,
                    Payee: TestMarket.Id("worker"),
                    Charge: new TokenAmount(40),
                    HeldAt: hold.HeldAt,
                    Status: JobStatus.Completed
                );

                await Task.WhenAll(
                    Enumerable.Range(0, 10).Select(_ => market.Account("client").Settle([settlement, settlement], Authority.Market))
                );
                await market.Settle();

                Assert.Equal(new TokenAmount(40), (await market.Account("worker").Get()).Available);
                var client = await market.Account("client").Get();
                Assert.Equal(
                    (new TokenAmount(TestMarket.Credit - 40), TokenAmount.Zero, new TokenAmount(40)),
                    (client.Available, client.UnderWay, client.Spent)
                );
                // The job is not a real one: its account is checked alone.
                Assert.Empty(AccountInvariants.Violations(DiskInvariants.Accounts(market.Disk)));
                market.IsMadeUp = true;
            }
        );

    [Fact]
    public void TransferThatIsRepeated_ArrivesOnce_AndOneOutOfOrderIsRefused() =>
        TestMarket.Run(async market =>
        {
            var payee = market.Account("payee");
            await Task.WhenAll(
                Enumerable.Range(0, 10).Select(_ => payee.Receive(TestMarket.Id("payer"), 1, new TokenAmount(7), Authority.Account))
            );
            await payee.Receive(TestMarket.Id("payer"), 2, new TokenAmount(3), Authority.Account);
            await Assert.ThrowsAsync<InvalidOperationException>(() =>
                payee.Receive(TestMarket.Id("payer"), 4, new TokenAmount(3), Authority.Account)
            );

            Assert.Equal(new TokenAmount(10), (await payee.Get()).Available);
            market.IsMadeUp = true;
        });

    [Fact]
    public void TransferThatIsNotAnswered_IsSentAgainAfterARestart() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            var worker = await market.AddWorker("worker");
            await market.Submit(caller, TestMarket.Item("one", program));
            var payee = $"account/{TestMarket.Id("worker")}";
            market.Store.OnWrite = name => name == payee ? WriteFate.Lost : WriteFate.Done;
            await worker.Report(worker.Completed(await worker.TakeOne()));
            await market.Settle();
            Assert.Equal(new TokenAmount(5), (await market.Account("client").Get()).UnderWay);

            await market.CrashAndStart();
            await market.Account("client").Get();
            await Task.Delay(TimeSpan.FromMinutes(2), market.Time);

            Assert.Equal(new TokenAmount(5), (await market.Account("worker").Get()).Available);
            Assert.Equal(TokenAmount.Zero, (await market.Account("client").Get()).UnderWay);
        });

    [Fact]
    public void AccountThatPaysItself_KeepsItsMoney() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("worker");
            var program = await market.Deploy(caller);
            var worker = await market.AddWorker("worker");
            await market.Submit(caller, TestMarket.Item("one", program));
            await worker.Report(worker.Completed(await worker.TakeOne()));
            await market.Settle();

            var account = await market.Account("worker").Get();
            Assert.Equal(
                (new TokenAmount(TestMarket.Credit), new TokenAmount(5), new TokenAmount(5)),
                (account.Available, account.Spent, account.Earned)
            );
        });

    [Fact]
    public void ManyHoldsAndSettlements_AreReadBackFromTheSnapshot() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client", credit: 100_000_000);
            var program = await market.Deploy(caller);
            var worker = await market.AddWorker("worker", slots: 1000);
            var ended = 0;
            for (var batch = 0; batch < 12; batch++)
            {
                await market.Submit(caller, [.. Enumerable.Range(0, 1000).Select(number => TestMarket.Item($"{batch}/{number}", program))]);
                if (batch % 2 == 0)
                {
                    for (var goal = ended + 1000; ended < goal; )
                    {
                        var leases = (await worker.Poll()).Leases;
                        ended += leases.Length;
                        await worker.Report([.. leases.Select(lease => worker.Completed(lease))]);
                    }
                }
            }

            await market.Settle();
            var before = await market.Account("client").Get();
            Assert.Contains(market.Disk.Documents.Keys, key => key.Kind == "account");

            await market.Restart();

            Assert.Equal(before, await market.Account("client").Get());
            Assert.Equal(12_000 - ended, before.OpenJobs);
        });

    [Fact]
    public void CreditIsOncePerOperation_AndAccountsBeginWithIt() =>
        TestMarket.Run(async market =>
        {
            Assert.Equal(ErrorCode.AccountNotFound, (await Assert.ThrowsAsync<MarketException>(() => market.Account("new").Get())).Code);
            await Task.WhenAll(
                Enumerable
                    .Range(0, 10)
                    .Select(_ => market.Account("new").Credit("deposit 1", new TokenAmount(10), at: null, Authority.Silo))
            );
            await market.Account("new").Credit("deposit 2", new TokenAmount(5), at: null, Authority.Silo);

            Assert.Equal(new TokenAmount(15), (await market.Account("new").Get()).Available);
            await Assert.ThrowsAsync<MarketException>(() =>
                market.Account("new").Credit(new string('x', 129), new TokenAmount(1), at: null, Authority.Silo)
            );
        });

    [Fact]
    public void HoldWithAForeignOrRevokedKey_IsRefused() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var other = await market.OpenAccount("other");
            ImmutableArray<HoldItem> items = [new HoldItem(default, new TokenAmount(1))];
            await market.Account("client").RevokeKey(caller.KeyId, null, Authority.Silo);

            Assert.Equal(
                ErrorCode.Unauthenticated,
                (await Assert.ThrowsAsync<MarketException>(() => market.Account("client").Hold(other, items))).Code
            );
            Assert.Equal(
                ErrorCode.Unauthenticated,
                (await Assert.ThrowsAsync<MarketException>(() => market.Account("client").Hold(caller, items))).Code
            );
        });
}
