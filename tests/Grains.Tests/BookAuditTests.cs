using Marketplace.GrainHost.Simulation;
using Marketplace.GrainInterfaces;
using Marketplace.Storage;

namespace Marketplace.Grains.Tests;

/// <summary>The books are checked while money moves: what is broken is found, and nothing else.</summary>
public sealed class BookAuditTests
{
    private const int Accounts = 8;

    [Fact]
    public void BooksInOrder_AddUp() =>
        TestMarket.Run(async market =>
        {
            market.IsMadeUp = true;
            var caller = await market.OpenAccount("payer");
            await Pay(market, caller, "one", TestMarket.Id("payee"), 10);
            await market.Account("payer").Credit("deposit", new TokenAmount(500), market.Time.GetUtcNow(), Authority.Treasury);
            await market.Account("payer").Debit("payout", new TokenAmount(70), market.Time.GetUtcNow(), Authority.Treasury);
            await market.Account("payee").ReverseCredit("none", new TokenAmount(3), market.Time.GetUtcNow(), Authority.Treasury);
            await market.Settle();

            var report = await Check(market);
            Assert.True(report.Violations.IsEmpty, string.Join("; ", report.Violations));
            Assert.Equal(
                (2, new TokenAmount(TestMarket.Credit + 500), new TokenAmount(70)),
                (report.Accounts, report.Credited, report.Withdrawn)
            );
            Assert.Equal(new TokenAmount(TestMarket.Credit + 430), report.Available);
        });

    [Fact]
    public void PairsThatPaidOneAnother_AreBounded() =>
        TestMarket.Run(async market =>
        {
            market.IsMadeUp = true;
            var caller = await market.OpenAccount("payer");
            await Pay(market, caller, "one", TestMarket.Id("payee"), 10);
            await market.Settle();
            var audit = new BookAudit(market.Store, market.Store, pairsMax: 1);
            Assert.True((await audit.Check(() => default, CancellationToken.None)).Violations.IsEmpty);

            await Pay(market, caller, "two", TestMarket.Id("other"), 10);
            await market.Settle();
            var refusal = await Assert.ThrowsAsync<InvalidOperationException>(() => audit.Check(() => default, CancellationToken.None));
            Assert.Contains("2 pairs", refusal.Message, StringComparison.Ordinal);
        });

    [Fact]
    public void MoneyThatCameFromNowhere_IsToldWithBothSums() =>
        TestMarket.Run(async market =>
        {
            market.IsMadeUp = true;
            var caller = await market.OpenAccount("payer");
            await Pay(market, caller, "one", TestMarket.Id("payee"), 10);
            await market.Settle();
            Append(market, "payee", new Received(TestMarket.Id("payer"), 2, new TokenAmount(7)));

            var report = await Check(market);
            Assert.Equal(2, report.ViolationCount);
            Assert.Contains("has received transfer 2", report.Violations[0], StringComparison.Ordinal);
            Assert.Contains($"{TestMarket.Credit} came in", report.Violations[1], StringComparison.Ordinal);
            Assert.Contains($"but {TestMarket.Credit + 7} is there", report.Violations[1], StringComparison.Ordinal);
        });

    [Fact]
    public void TransferThatVanished_IsFound() =>
        TestMarket.Run(async market =>
        {
            market.IsMadeUp = true;
            var caller = await market.OpenAccount("payer");
            await Pay(market, caller, "one", TestMarket.Id("payee"), 10);
            await market.Settle();
            // With this one it is stored that the one before was delivered.
            await Pay(market, caller, "two", TestMarket.Id("payee"), 1);
            await market.Settle();
            market.Disk.Streams[$"account/{TestMarket.Id("payee")}"].Clear();

            var report = await Check(market);
            Assert.Contains(report.Violations, violation => violation.Contains("was delivered", StringComparison.Ordinal));
            Assert.Contains(
                report.Violations,
                violation => violation.Contains($"but {TestMarket.Credit - 10} is", StringComparison.Ordinal)
            );
        });

    /// <summary>All pay one another all the time; accounts that have never been seen come to money as well.</summary>
    [Fact]
    public void ChecksWhileMoneyMoves_FindNothing()
    {
        var again = 0;
        TestMarket.RunSeeds(
            10,
            async market =>
            {
                market.IsMadeUp = true;
                var chance = market.Simulation.Chance.Fork();
                var callers = new List<Caller>();
                var (stake, at) = (new HoldId(HoldPurpose.Stake, TestMarket.Id("stake").Value), market.Time.GetUtcNow());
                for (var number = 0; number < Accounts; number++)
                {
                    callers.Add(await market.OpenAccount($"{number}"));
                    await market.Account($"{number}").SetAside(callers[^1], stake, new TokenAmount(1000), at);
                }
                var (names, left) = (0, 150);
                var paying = callers.Select(async caller =>
                {
                    for (var part = 1; left-- > 0; part++)
                    {
                        var name = $"{++names}";
                        var payee = chance.Below(10) == 0 ? TestMarket.Id($"new {name}") : callers[chance.Below(Accounts)].Account;
                        await Pay(market, caller, name, payee, 1 + chance.Below(50));
                        var charge = new HoldCharge(stake, at, part, [new PayeeAmount(payee, new TokenAmount(1))]);
                        await market.Grains.GetGrain<IAccountGrain>($"{caller.Account}").ChargeHold(charge, Authority.Reputation);
                        await Task.Delay(TimeSpan.FromMilliseconds(chance.Below(4)), market.Time);
                    }
                });
                var isOver = false;
                var checking = Enumerable
                    .Range(0, 2)
                    .Select(async _ =>
                    {
                        while (!isOver)
                        {
                            var report = await Check(market, () => Slow(market, chance));
                            Assert.True(report.Violations.IsEmpty, string.Join("; ", report.Violations));
                            Assert.Equal(new TokenAmount(Accounts * TestMarket.Credit), report.Credited);
                            again += report.ReadAgain;
                        }
                    });
                var checks = Task.WhenAll(checking);
                await Task.WhenAll(paying);
                isOver = true;
                await checks;
                await market.Settle();
            }
        );
        Assert.True(again > 0, "No account was read too early: the check was not tried.");
    }

    private static async ValueTask Slow(TestMarket market, SeededChance chance) =>
        await Task.Delay(TimeSpan.FromMilliseconds(chance.Below(5)), market.Time);

    private static Task<BookReport> Check(TestMarket market, Func<ValueTask>? pause = null) =>
        new BookAudit(market.Store, market.Store).Check(pause ?? (() => default), CancellationToken.None);

    private static async Task Pay(TestMarket market, Caller caller, string name, AccountId payee, int amount)
    {
        var job = Marketplace.Crypto.IdDerivation.Job(caller.Account, name);
        var account = market.Grains.GetGrain<IAccountGrain>(caller.Account.ToString());
        var charge = new TokenAmount((UInt128)amount);
        var held = await account.Hold(caller, [new HoldItem(job, charge)]);
        var settlement = new JobSettlement(
            Job: job,
            Payer: caller.Account,
            Payee: payee,
            Charge: charge,
            HeldAt: held.HeldAt,
            Status: JobStatus.Completed
        );
        await account.Settle([settlement], Authority.Market);
    }

    private static void Append(TestMarket market, string account, AccountEvent happened)
    {
        var stream = $"account/{TestMarket.Id(account)}";
        market.Disk.Append(stream, market.Disk.Streams[stream].Count, [AccountEventCodec.Write(happened)]);
    }
}
