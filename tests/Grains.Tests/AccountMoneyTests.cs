using System.Collections.Immutable;
using Marketplace.GrainHost.Reminders;
using Marketplace.GrainInterfaces;
using Marketplace.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Marketplace.Grains.Tests;

/// <summary>Money that comes in, goes out and is taken back; holds that no job stands on; operations that are forgotten.</summary>
public sealed class AccountMoneyTests
{
    private static readonly HoldId Stake = new(HoldPurpose.Stake, new Bytes32(Enumerable.Repeat((byte)9, Bytes32.Size).ToArray()));

    [Fact]
    public void ReversedCreditThatIsSpent_BecomesADebtThatIncomePaysFirst() =>
        Run(async market =>
        {
            var account = market.Account("client");
            var caller = await market.OpenAccount("client", credit: 0);
            var at = market.Time.GetUtcNow();
            await account.Credit("deposit", new TokenAmount(100), at, Authority.Treasury);
            await account.SetAside(caller, Stake, new TokenAmount(70), at);

            await Task.WhenAll(
                Enumerable.Range(0, 3).Select(_ => account.ReverseCredit("deposit", new TokenAmount(100), at, Authority.Treasury))
            );
            Assert.Equal((Zero, new TokenAmount(70), new TokenAmount(70)), await Books(account));

            await account.Credit("more", new TokenAmount(30), at, Authority.Treasury);
            Assert.Equal((Zero, new TokenAmount(70), new TokenAmount(40)), await Books(account));

            await account.SettleShared(new SharedSettlement(Stake, at, Zero, [], caller.Account), Authority.Treasury);
            Assert.Equal((new TokenAmount(30), Zero, Zero), await Books(account));
        });

    [Fact]
    public void ReversalBeforeItsCredit_LeavesTheCreditWithoutEffect() =>
        Run(async market =>
        {
            var account = market.Account("client");
            await market.OpenAccount("client", credit: 10);
            var at = market.Time.GetUtcNow();
            await account.ReverseCredit("deposit", new TokenAmount(100), at, Authority.Treasury);
            await account.Credit("deposit", new TokenAmount(100), at, Authority.Treasury);
            await Refused(ErrorCode.RequestIdReused, () => account.Credit("deposit", new TokenAmount(99), at, Authority.Treasury));

            Assert.Equal((new TokenAmount(10), Zero, Zero), await Books(account));
        });

    [Fact]
    public void Debit_TakesOutOnce_AndNeverMoreThanIsAvailable() =>
        Run(async market =>
        {
            var account = market.Account("client");
            await market.OpenAccount("client", credit: 10);
            var at = market.Time.GetUtcNow();
            await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => account.Debit("payout", new TokenAmount(7), at, Authority.Treasury)));
            await Refused(ErrorCode.InsufficientFunds, () => account.Debit("second", new TokenAmount(4), at, Authority.Treasury));
            await Refused(ErrorCode.RequestIdReused, () => account.Debit("payout", new TokenAmount(1), at, Authority.Treasury));
            await Refused(ErrorCode.Forbidden, () => account.Debit("third", new TokenAmount(1), at, Authority.Silo));

            Assert.Equal((new TokenAmount(3), Zero, Zero), await Books(account));
        });

    [Fact]
    public void SharedSettlement_PaysEachShareRoundedDown_AndTheRemainderToTheOneNamed() =>
        Run(async market =>
        {
            var account = market.Account("client");
            var caller = await market.OpenAccount("client", credit: 1000);
            var at = market.Time.GetUtcNow();
            Assert.Equal(HoldOutcome.Held, await account.SetAside(caller, Stake, new TokenAmount(200), at));
            Assert.Equal(HoldOutcome.AlreadyHeld, await account.SetAside(caller, Stake, new TokenAmount(200), at));
            Assert.Equal(HoldOutcome.HeldDifferently, await account.SetAside(caller, Stake, new TokenAmount(100), at));

            var settlement = new SharedSettlement(
                Stake,
                at,
                new TokenAmount(101),
                [new PayeeShare(TestMarket.Id("one"), 1), new PayeeShare(TestMarket.Id("two"), 1), new PayeeShare(null, 1)],
                TestMarket.Id("two")
            );
            await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => account.SettleShared(settlement, Authority.Treasury)));
            await market.Settle();

            // 101 in three: 33 each, one of them out of the marketplace, and 2 that remain.
            Assert.Equal(new TokenAmount(33), (await market.Account("one").Get()).Available);
            Assert.Equal(new TokenAmount(35), (await market.Account("two").Get()).Available);
            Assert.Equal((new TokenAmount(899), Zero, Zero), await Books(account));
            Assert.Equal(HoldOutcome.Ended, await account.SetAside(caller, Stake, new TokenAmount(200), at));
        });

    [Fact]
    public void PartsOfAHold_ArePaidOnceEach_InTheirOrder_AndTheRestStays() =>
        Run(async market =>
        {
            var account = market.Account("client");
            var caller = await market.OpenAccount("client", credit: 1000);
            var at = market.Time.GetUtcNow();
            await account.SetAside(caller, Stake, new TokenAmount(200), at);
            var first = new HoldCharge(Stake, at, 1, [To("one", 30), To("two", 20), To("client", 5)]);
            await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => account.ChargeHold(first, Authority.Reputation)));
            await market.Settle();
            Assert.Equal((new TokenAmount(805), new TokenAmount(145), Zero), await Books(account));
            Assert.Equal(new TokenAmount(55), (await account.Get()).Spent);
            Assert.Equal(HoldOutcome.AlreadyHeld, await account.SetAside(caller, Stake, new TokenAmount(200), at));
            Assert.Equal(HoldOutcome.HeldDifferently, await account.SetAside(caller, Stake, new TokenAmount(145), at));

            // Another moment's hold, and one that is not there, pay nothing; the number that is due comes before later ones.
            await account.ChargeHold(first with { HeldAt = at.AddTicks(1), Number = 2 }, Authority.Reputation);
            await account.ChargeHold(first with { Hold = Stake with { Value = default } }, Authority.Reputation);
            await Assert.ThrowsAsync<InvalidOperationException>(() => account.ChargeHold(first with { Number = 3 }, Authority.Reputation));
            await Refused(ErrorCode.LimitExceeded, () => account.ChargeHold(first with { Number = 0 }, Authority.Reputation));
            await Refused(ErrorCode.LimitExceeded, () => account.ChargeHold(first with { Amounts = [] }, Authority.Reputation));
            await Refused(ErrorCode.LimitExceeded, () => account.ChargeHold(first with { Amounts = Many() }, Authority.Reputation));
            var deal = new HoldId(HoldPurpose.Deal, Stake.Value);
            await Refused(ErrorCode.MalformedRequest, () => account.ChargeHold(first with { Hold = deal }, Authority.Reputation));
            foreach (var by in Enum.GetValues<Authority>().Where(by => by != Authority.Reputation))
            {
                await Refused(ErrorCode.Forbidden, () => account.ChargeHold(first with { Number = 2 }, by));
            }

            // No more than there is; then the hold ends with what is left.
            await market.CrashAndStart();
            account = market.Account("client");
            await account.ChargeHold(first, Authority.Reputation);
            await account.ChargeHold(new HoldCharge(Stake, at, 2, [To("one", 145), To("two", 1)]), Authority.Reputation);
            await market.Settle();
            Assert.Equal((new TokenAmount(805), Zero, Zero), await Books(account));
            await account.SettleShared(new SharedSettlement(Stake, at, Zero, [], caller.Account), Authority.Treasury);
            Assert.Equal((new TokenAmount(805), Zero, Zero), await Books(account));
            Assert.Equal(HoldOutcome.Ended, await account.SetAside(caller, Stake, new TokenAmount(200), at));
            await account.ChargeHold(first with { Number = 3 }, Authority.Reputation);
            await market.Settle();
            Assert.Equal(new TokenAmount(175), (await market.Account("one").Get()).Available);
            Assert.Equal(new TokenAmount(20), (await market.Account("two").Get()).Available);

            static PayeeAmount To(string name, int amount) => new(TestMarket.Id(name), new TokenAmount((UInt128)amount));

            static ImmutableArray<PayeeAmount> Many() => [.. Enumerable.Range(0, AccountPolicy.PayeesMax + 1).Select(_ => To("one", 1))];
        });

    [Theory]
    [InlineData(false), InlineData(true)]
    public void ShareThatDoesNotArrive_IsSentAgainByAnAccountWithoutJobs(bool crashes)
    {
        // They outlive the crash, as on a real silo: nothing else wakes the account.
        var reminders = new MemoryReminderStore();
        Run(Scenario, services => services.AddSingleton<IReminderStore>(reminders));

        async Task Scenario(TestMarket market)
        {
            var account = market.Account("client");
            var caller = await market.OpenAccount("client", credit: 1000);
            var at = market.Time.GetUtcNow();
            await account.SetAside(caller, Stake, new TokenAmount(200), at);
            var payee = $"account/{TestMarket.Id("one")}";
            market.Store.OnWrite = name => name == payee ? WriteFate.Lost : WriteFate.Done;
            var share = new PayeeShare(TestMarket.Id("one"), 1);
            await account.SettleShared(new SharedSettlement(Stake, at, new TokenAmount(50), [share], caller.Account), Authority.Treasury);
            await market.Settle();
            if (crashes)
            {
                await market.CrashAndStart();
            }
            market.Store.OnWrite = _ => WriteFate.Done;
            await Task.Delay(TimeSpan.FromMinutes(3), market.Time);

            Assert.Equal(new TokenAmount(50), (await market.Account("one").Get()).Available);
        }
    }

    [Fact]
    public void HoldForAnotherPurpose_CountsAgainstTheSpendLimit() =>
        Run(async market =>
        {
            var caller = await market.OpenAccount("client", credit: 1000, spendLimit: 100);
            var at = market.Time.GetUtcNow();
            var account = market.Account("client");
            Assert.Equal(HoldOutcome.SpendLimitReached, await account.SetAside(caller, Stake, new TokenAmount(101), at));
            Assert.Equal(HoldOutcome.Held, await account.SetAside(caller, Stake, new TokenAmount(100), at));
        });

    [Fact]
    [TestsBound(typeof(AccountPolicy), nameof(AccountPolicy.OperationMemory))]
    [TestsBound(typeof(AccountPolicy), nameof(AccountPolicy.OperationEarlyMax))]
    public void OperationAtTheEdgeOfTheMemory_IsTaken_AndOneOlderOrTooEarlyIsRefused() =>
        Run(async market =>
        {
            var account = market.Account("client");
            await market.OpenAccount("client", credit: 1);
            var now = market.Time.GetUtcNow();
            var (oldest, newest) = (now - AccountPolicy.OperationMemory, now + AccountPolicy.OperationEarlyMax);
            await account.Credit("newest", new TokenAmount(1), newest, Authority.Treasury);
            await Refused(
                ErrorCode.LimitExceeded,
                () => account.Credit("early", new TokenAmount(1), newest.AddSeconds(1), Authority.Treasury)
            );
            await Refused(
                ErrorCode.LimitExceeded,
                () => account.Credit("late", new TokenAmount(1), oldest.AddTicks(-1), Authority.Treasury)
            );
            await account.Credit("recent", new TokenAmount(1), oldest.AddSeconds(5), Authority.Treasury);

            Assert.Equal((new TokenAmount(3), Zero, Zero), await Books(account));
        });

    [Fact]
    public void ForgottenOperation_IsRefusedAndNotDoneAgain() =>
        Run(async market =>
        {
            var account = market.Account("client");
            await market.OpenAccount("client", credit: 1);
            var first = market.Time.GetUtcNow();
            await account.Credit("deposit", new TokenAmount(5), first, Authority.Treasury);
            await Task.Delay(AccountPolicy.OperationMemory + TimeSpan.FromDays(1), market.Time);
            await account.Credit("other", new TokenAmount(2), market.Time.GetUtcNow(), Authority.Treasury);

            var state = DiskInvariants.Accounts(market.Disk)[TestMarket.Id("client")];
            Assert.Equal(1, state.Operations.Count);
            await Refused(ErrorCode.LimitExceeded, () => account.Credit("deposit", new TokenAmount(5), first, Authority.Treasury));
            await market.Restart();
            await Refused(
                ErrorCode.LimitExceeded,
                () => market.Account("client").Credit("deposit", new TokenAmount(5), first, Authority.Treasury)
            );
            Assert.Equal((new TokenAmount(8), Zero, Zero), await Books(market.Account("client")));
        });

    private static TokenAmount Zero => TokenAmount.Zero;

    private static async Task<(TokenAmount Available, TokenAmount Held, TokenAmount Debt)> Books(IAccountGrain account)
    {
        var view = await account.Get();
        return (view.Available, view.Held, view.Debt);
    }

    private static async Task Refused(ErrorCode code, Func<Task> call) =>
        Assert.Equal(code, (await Assert.ThrowsAsync<MarketException>(call)).Code);

    private static void Run(Func<TestMarket, Task> scenario, Action<IServiceCollection>? register = null) =>
        TestMarket.Run(
            async market =>
            {
                await scenario(market);
                // There are no jobs: the accounts are checked alone.
                Assert.Empty(AccountInvariants.Violations(DiskInvariants.Accounts(market.Disk)));
                market.IsMadeUp = true;
            },
            register: register
        );
}
