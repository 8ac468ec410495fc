using Marketplace.GrainHost.Reminders;
using Marketplace.GrainInterfaces;
using Marketplace.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Marketplace.Grains.Tests;

/// <summary>Money that owners send to each other, and what the operator brings in.</summary>
public sealed class TransferTests
{
    [Fact]
    public void Transfer_ArrivesOnce_HoweverOftenItIsSent() =>
        Run(async market =>
        {
            var (payer, payee, caller) = await Two(market, credit: 100);
            var order = Order(30);
            await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => payer.Transfer(caller, order)));
            await market.Settle();
            var view = await payer.Transfer(caller, order with { At = market.Time.GetUtcNow() });
            await market.Restart();
            await market.Account("payer").Transfer(caller, order);

            Assert.Equal((Of(70), Of(30)), (view.Available, view.Spent));
            var received = await market.Account("payee").Get();
            Assert.Equal((Of(31), Of(30)), (received.Available, received.Earned));
        });

    [Fact]
    public void RequestIdOfAnotherTransfer_IsRefused() =>
        Run(async market =>
        {
            var (payer, _, caller) = await Two(market, credit: 100);
            await market.OpenAccount("third", credit: 1);
            await payer.Transfer(caller, Order(30));
            await Refused(ErrorCode.RequestIdReused, () => payer.Transfer(caller, Order(31)));
            await Refused(ErrorCode.RequestIdReused, () => payer.Transfer(caller, Order(30) with { To = TestMarket.Id("third") }));

            Assert.Equal(Of(70), (await payer.Get()).Available);
        });

    [Fact]
    public void TransferThatMakesNoSense_IsRefused_AndMovesNothing() =>
        Run(async market =>
        {
            var (payer, _, caller) = await Two(market, credit: 100);
            var longest = new string('r', MarketLimits.RequestIdBytesMax);
            (ErrorCode Code, TransferOrder Order)[] wrong =
            [
                (ErrorCode.LimitExceeded, Order(0)),
                (ErrorCode.LimitExceeded, Order(1) with { To = TestMarket.Id("payer") }),
                (ErrorCode.LimitExceeded, Order(1) with { RequestId = "" }),
                (ErrorCode.LimitExceeded, Order(1) with { RequestId = longest + "r" }),
                (
                    ErrorCode.LimitExceeded,
                    Order(1) with
                    {
                        At = market.Time.GetUtcNow() - AccountPolicy.OperationMemory - TimeSpan.FromTicks(1),
                    }
                ),
                (ErrorCode.AccountNotFound, Order(1) with { To = TestMarket.Id("nobody") }),
                (ErrorCode.InsufficientFunds, Order(101)),
            ];
            foreach (var (code, order) in wrong)
            {
                await Refused(code, () => payer.Transfer(caller, order));
            }
            await Refused(ErrorCode.Forbidden, () => payer.Transfer(caller with { Scopes = Scopes.Submit | Scopes.Admin }, Order(1)));
            await Refused(ErrorCode.Unauthenticated, () => payer.Transfer(caller with { KeyId = "mk1111111111111111" }, Order(1)));
            await Refused(ErrorCode.Unauthenticated, () => payer.Transfer(caller with { Account = TestMarket.Id("payee") }, Order(1)));
            Assert.Equal(Of(100), (await payer.Get()).Available);

            Assert.Equal(Of(0), (await payer.Transfer(caller, Order(100) with { RequestId = longest })).Available);
        });

    [Fact]
    public void TransfersHoldsAndJobs_ShareTheKeysSpendLimit() =>
        Run(async market =>
        {
            await market.OpenAccount("payee", credit: 1);
            var caller = await market.OpenAccount("payer", credit: 1000, spendLimit: 100);
            var payer = market.Account("payer");
            var stake = new HoldId(HoldPurpose.Stake, TestMarket.Id("stake").Value);
            await Refused(ErrorCode.SpendLimitReached, () => payer.Transfer(caller, Order(101)));
            await payer.Transfer(caller, Order(60));
            Assert.Equal(HoldOutcome.SpendLimitReached, await payer.SetAside(caller, stake, new TokenAmount(41), market.Time.GetUtcNow()));
            Assert.Equal(HoldOutcome.Held, await payer.SetAside(caller, stake, new TokenAmount(40), market.Time.GetUtcNow()));
            await Refused(ErrorCode.SpendLimitReached, () => payer.Transfer(caller, Order(1) with { RequestId = "more" }));
        });

    [Fact]
    public void TransfersAtOnce_NeverSendMoreThanThereIs() =>
        Run(async market =>
        {
            var (payer, _, caller) = await Two(market, credit: 100);
            var answers = await Task.WhenAll(
                Enumerable.Range(0, 5).Select(number => Try(() => payer.Transfer(caller, Order(30) with { RequestId = $"{number}" })))
            );
            await market.Settle();

            Assert.Equal(3, answers.Count(code => code is null));
            Assert.Equal(2, answers.Count(code => code == ErrorCode.InsufficientFunds));
            Assert.Equal(Of(91), (await market.Account("payee").Get()).Available);
        });

    [Theory]
    [InlineData(false), InlineData(true)]
    public void TransferThatDoesNotArrive_IsSentAgain_AlsoAfterACrash(bool crashes)
    {
        // They outlive the crash, as on a real silo: nothing else wakes the account.
        var reminders = new MemoryReminderStore();
        Run(Scenario, services => services.AddSingleton<IReminderStore>(reminders));

        async Task Scenario(TestMarket market)
        {
            var (payer, _, caller) = await Two(market, credit: 100);
            var log = $"account/{TestMarket.Id("payee")}";
            market.Store.OnWrite = name => name == log ? WriteFate.Lost : WriteFate.Done;
            await payer.Transfer(caller, Order(30));
            await market.Settle();
            if (crashes)
            {
                await market.CrashAndStart();
            }
            market.Store.OnWrite = _ => WriteFate.Done;
            await Task.Delay(TimeSpan.FromMinutes(3), market.Time);

            Assert.Equal(Of(31), (await market.Account("payee").Get()).Available);
            Assert.Equal(Of(0), (await market.Account("payer").Get()).UnderWay);
        }
    }

    [Fact]
    public void AccountInDebt_SendsNothing() =>
        Run(async market =>
        {
            var (payer, _, caller) = await Two(market, credit: 0);
            var at = market.Time.GetUtcNow();
            await payer.Credit("deposit", new TokenAmount(50), at, Authority.Treasury);
            await payer.Transfer(caller, Order(50));
            await payer.ReverseCredit("deposit", new TokenAmount(50), at, Authority.Treasury);
            await payer.Credit("later", new TokenAmount(20), at, Authority.Treasury);

            await Refused(ErrorCode.InsufficientFunds, () => payer.Transfer(caller, Order(1) with { RequestId = "more" }));
        });

    [Fact]
    public void RequestId_IsKnownForAMonth_AlsoInASnapshot() =>
        Run(async market =>
        {
            var (payer, _, caller) = await Two(market, credit: 100);
            var order = Order(30) with { At = market.Time.GetUtcNow() };
            await payer.Transfer(caller, order);
            await Task.Delay(AccountPolicy.OperationMemory - TimeSpan.FromHours(1), market.Time);
            await payer.Transfer(caller, order with { At = null });
            Assert.Equal(Of(70), (await payer.Get()).Available);

            await Task.Delay(TimeSpan.FromHours(2), market.Time);
            // What is forgotten is not done again where its moment is told.
            await market.Account("payer").Transfer(caller, Order(1) with { RequestId = "other" });
            await Refused(ErrorCode.LimitExceeded, () => payer.Transfer(caller, order));
        });

    [Fact]
    [TestsBound(typeof(AccountPolicy), nameof(AccountPolicy.TransferPayeesMax))]
    public void AccountThatPaidAsManyAsAllowed_PaysOnlyThose()
    {
        var account = new AccountState { Available = new TokenAmount(10) };
        for (var number = 0; number < AccountPolicy.TransferPayeesMax - 1; number++)
        {
            account.Outgoings.Add(TestMarket.Id($"{number}"), new Outgoing());
        }
        Assert.True(AccountRules.MayPay(account, TestMarket.Id("new")));
        account.Outgoings.Add(TestMarket.Id("last"), new Outgoing());
        Assert.False(AccountRules.MayPay(account, TestMarket.Id("new")));
        Assert.True(AccountRules.MayPay(account, TestMarket.Id("last")));
    }

    [Fact]
    [TestsBound(typeof(MarketLimits), nameof(MarketLimits.CreditIdBytesMax))]
    public void Grant_BringsMoneyInOnce_AndItsIdsAreApartFromDeposits() =>
        Run(async market =>
        {
            var account = market.Account("client");
            var admin = await market.AddOperator();
            await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => account.Grant(admin, "gift", new TokenAmount(7), null)));
            await account.Credit("gift", new TokenAmount(5), market.Time.GetUtcNow(), Authority.Treasury);
            await Refused(ErrorCode.RequestIdReused, () => account.Grant(admin, "gift", new TokenAmount(8), null));
            await Refused(ErrorCode.LimitExceeded, () => account.Grant(admin, "none", TokenAmount.Zero, null));
            await Refused(ErrorCode.LimitExceeded, () => account.Grant(admin, "", new TokenAmount(1), null));
            var longest = new string('o', MarketLimits.CreditIdBytesMax);
            await Refused(ErrorCode.LimitExceeded, () => account.Grant(admin, longest + "o", new TokenAmount(1), null));

            Assert.Equal(Of(13), (await account.Grant(admin, longest, new TokenAmount(1), null)).Available);
        });

    [Fact]
    public void Grant_TakesAValidKeyOfAnOperator_WithoutASpendLimit() =>
        Run(async market =>
        {
            var account = market.Account("client");
            var (admin, limited) = (await market.AddOperator(), await market.AddOperator(spendLimit: 5));
            var client = await market.OpenAccount("client", credit: 1);
            await Refused(ErrorCode.Forbidden, () => account.Grant(admin with { Scopes = Scopes.Submit }, "x", Of(1), null));
            await Refused(ErrorCode.Forbidden, () => account.Grant(limited, "x", Of(1), null));
            await Refused(ErrorCode.Forbidden, () => account.Grant(client with { Scopes = Scopes.Admin }, "x", Of(1), null));
            await Refused(ErrorCode.Unauthenticated, () => account.Grant(admin with { Account = client.Account }, "x", Of(1), null));
            await market.Account("operator").RevokeKey(admin.KeyId, null, Authority.Silo);
            await Refused(ErrorCode.Unauthenticated, () => account.Grant(admin, "x", Of(1), null));

            Assert.Equal(Of(1), (await account.Get()).Available);
        });

    private static TokenAmount Of(int amount) => new((UInt128)amount);

    private static TransferOrder Order(int amount) => new("rent", TestMarket.Id("payee"), Of(amount), At: null);

    private static async Task<(IAccountGrain Payer, IAccountGrain Payee, Caller Caller)> Two(TestMarket market, long credit)
    {
        await market.OpenAccount("payee", credit: 1);
        var caller = await market.OpenAccount("payer", credit);
        return (market.Account("payer"), market.Account("payee"), caller);
    }

    private static async Task<ErrorCode?> Try(Func<Task> call)
    {
        try
        {
            await call();
            return null;
        }
        catch (MarketException refusal)
        {
            return refusal.Code;
        }
    }

    private static async Task Refused(ErrorCode code, Func<Task> call) =>
        Assert.Equal(code, (await Assert.ThrowsAsync<MarketException>(call)).Code);

    private static void Run(Func<TestMarket, Task> scenario, Action<IServiceCollection>? register = null) =>
        TestMarket.Run(
            async market =>
            {
                await scenario(market);
                Assert.Empty(AccountInvariants.Violations(DiskInvariants.Accounts(market.Disk)));
                market.IsMadeUp = true;
            },
            register: register
        );
}
