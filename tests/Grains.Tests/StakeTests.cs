using Marketplace.GrainHost.Reminders;
using Marketplace.GrainInterfaces;
using Marketplace.Storage;
using Marketplace.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Marketplace.Grains.Tests;

/// <summary>
/// Money at stake for a worker: whose it is, what counts, and that the account's hold and the worker's sum agree whatever happens between
/// two steps. Every scenario ends with a look at the disk: each stake that counts has its hold, each hold has what ends it.
/// </summary>
public sealed class StakeTests
{
    private static readonly WorkerId Worker = new(TestMarket.Id("worker").Value);
    private static readonly TimeSpan Unbonding = new StakeTerms().Unbonding;
    private static readonly StakeRequest Hundred = new("one", new TokenAmount(100));

    /// <summary>The steps of a stake, each a durable write.</summary>
    private const string Reputation = "reputation";
    private const string Account = "account";

    [Fact]
    public void Stake_IsOnHoldAndCountsForThisWorkerAlone_OncePerRequest() =>
        Run(async market =>
        {
            var caller = await market.OpenAccount("client", credit: 1000);
            for (var time = 0; time < 3; time++)
            {
                var view = await Of(market).Stake(caller, Hundred);
                Assert.Equal(new TokenAmount(100), view.Standing.Stake);
            }
            await Of(market).Stake(caller, Hundred with { RequestId = "two", Amount = new TokenAmount(5) });
            await Refused(ErrorCode.RequestIdReused, () => Of(market).Stake(caller, Hundred with { Amount = new TokenAmount(101) }));

            Assert.Equal(new TokenAmount(105), await Sum(market));
            Assert.Equal((895, 105), await Books(market));
            var other = new WorkerId(TestMarket.Id("other worker").Value);
            Assert.Equal(TokenAmount.Zero, (await Of(market, other).Get(null)).Standing.Stake);
            // The same request id for another worker is another stake, of other money.
            await Of(market, other).Stake(caller, Hundred);
            Assert.Equal((795, 205), await Books(market));
        });

    [Fact]
    public void StakeTakenBack_CountsNoMoreAtOnce_AndIsAvailableWhenItIsUnbonded() =>
        Run(async market =>
        {
            var caller = await market.OpenAccount("client", credit: 1000);
            await Of(market).Stake(caller, Hundred);
            await Of(market).Stake(caller, Hundred with { RequestId = "two", Amount = new TokenAmount(5) });
            var view = await Of(market).Unstake(caller, ["one"]);
            Assert.Equal(new TokenAmount(5), view.Standing.Stake);
            var unbonding = view.Stakes.Single(stake => stake.RequestId == "one");
            Assert.Equal((StakePhase.Unbonding, market.Time.GetUtcNow() + Unbonding), (unbonding.Phase, Rounded(unbonding.EndsAt!.Value)));

            await Task.Delay(Unbonding - TimeSpan.FromMinutes(1), market.Time);
            // A repetition does not begin the time again, and no stake is made of money that is on its way back.
            await Of(market).Unstake(caller, ["one"]);
            Assert.Equal(new TokenAmount(5), (await Of(market).Stake(caller, Hundred)).Standing.Stake);
            Assert.Equal((895, 105), await Books(market));
            await Task.Delay(TimeSpan.FromMinutes(2), market.Time);

            Assert.Equal((995, 5), await Books(market));
            Assert.Equal("two", Assert.Single((await Of(market).Get(caller)).Stakes).RequestId);
            await Refused(ErrorCode.StakeNotFound, () => Of(market).Unstake(caller, ["one"]));
            await Refused(ErrorCode.RequestIdReused, () => Of(market).Stake(caller, Hundred));
            Assert.Equal((995, 5), await Books(market));

            DateTimeOffset Rounded(DateTimeOffset endsAt) =>
                (market.Time.GetUtcNow() + Unbonding - endsAt).Duration() < TimeSpan.FromSeconds(1)
                    ? market.Time.GetUtcNow() + Unbonding
                    : endsAt;
        });

    [Theory]
    [InlineData(1, Reputation, 0), InlineData(1, Account, 100), InlineData(2, Reputation, 100)]
    public void CrashWhileStaking_IsMendedByARepetition(int write, string of, int heldAfter) =>
        Run(async market =>
        {
            var caller = await market.OpenAccount("client", credit: 1000);
            await CrashAfter(market, write, of, () => Of(market).Stake(caller, Hundred));
            Assert.Equal((1000 - heldAfter, heldAfter), await Books(market));

            Assert.Equal(new TokenAmount(100), (await Of(market).Stake(caller, Hundred)).Standing.Stake);
            Assert.Equal((900, 100), await Books(market));
            await Task.Delay(3 * StakePolicy.AskedMax, market.Time);
            Assert.Equal(new TokenAmount(100), await Sum(market));
            Assert.Equal((900, 100), await Books(market));
        });

    [Theory]
    [TestsBound(typeof(StakePolicy), nameof(StakePolicy.AskedMax))]
    [InlineData(1, Reputation, 0), InlineData(1, Account, 0), InlineData(2, Reputation, 100)]
    public void CrashWhileStaking_WithoutARepetition_LeavesAStakeThatCounts_OrGivesTheMoneyBack(int write, string of, int heldInTheEnd) =>
        Run(async market =>
        {
            var caller = await market.OpenAccount("client", credit: 1000);
            await CrashAfter(market, write, of, () => Of(market).Stake(caller, Hundred));
            await Task.Delay(2 * StakePolicy.AskedMax - TimeSpan.FromMinutes(1), market.Time);
            Assert.Equal(heldInTheEnd > 0 ? 0 : 1, Stakes(market).Count(stake => stake.Phase is StakePhase.Refused));
            await Task.Delay(2 * StakePolicy.CheckPeriod, market.Time);

            Assert.Equal((1000 - heldInTheEnd, heldInTheEnd), await Books(market));
            Assert.Equal(new TokenAmount((UInt128)heldInTheEnd), await Sum(market));
            Assert.Equal(heldInTheEnd > 0 ? 1 : 0, Stakes(market).Count);
        });

    [Fact]
    public void StakeThatWasGivenUp_IsNotTakenUpAgain_AndItsMoneyComesBack() =>
        Run(async market =>
        {
            var caller = await market.OpenAccount("client", credit: 1000);
            await CrashAfter(market, 1, Account, () => Of(market).Stake(caller, Hundred));
            await Task.Delay(2 * StakePolicy.AskedMax - TimeSpan.FromMinutes(1), market.Time);
            Assert.Equal(StakePhase.Refused, Assert.Single(Stakes(market)).Phase);
            // The release of its hold may be on its way.
            await Refused(ErrorCode.RequestIdReused, () => Of(market).Stake(caller, Hundred));
            Assert.Equal(TokenAmount.Zero, await Sum(market));
            await Task.Delay(2 * StakePolicy.CheckPeriod, market.Time);
            Assert.Equal((1000, 0), await Books(market));
            await Refused(ErrorCode.RequestIdReused, () => Of(market).Stake(caller, Hundred));
            Assert.Equal((1000, 0), await Books(market));
        });

    [Fact]
    public void CallThatComesAfterItsStakeWasGivenUp_SetsNothingAside() =>
        Run(async market =>
        {
            var caller = await market.OpenAccount("client", credit: 1000);
            var hold = new HoldId(HoldPurpose.Stake, Crypto.IdDerivation.Stake(Worker, caller.Account, "late"));
            var at = market.Time.GetUtcNow();
            await Task.Delay(StakePolicy.AskedMax + TimeSpan.FromSeconds(1), market.Time);
            await Refused(ErrorCode.LimitExceeded, () => market.Account("client").SetAside(caller, hold, new TokenAmount(100), at));
            Assert.Equal((1000, 0), await Books(market));
        });

    [Fact]
    public void CrashWhileTakingBack_LeavesTheStakeUnbonding_AndItEnds() =>
        Run(async market =>
        {
            var caller = await market.OpenAccount("client", credit: 1000);
            await Of(market).Stake(caller, Hundred);
            // The reminder of the stake has come and gone.
            await Task.Delay(TimeSpan.FromHours(1), market.Time);
            await CrashAfter(market, 1, Reputation, () => Of(market).Unstake(caller, ["one"]));
            // Nothing wakes the reputation but its reminder.
            Assert.Equal(StakePhase.Unbonding, Assert.Single(Stakes(market)).Phase);
            Assert.Equal((900, 100), await Books(market));
            await Task.Delay(Unbonding + TimeSpan.FromMinutes(1), market.Time);
            Assert.Equal((1000, 0), await Books(market));
            Assert.Empty(Stakes(market));
        });

    [Theory]
    [InlineData(1, Reputation, 1), InlineData(1, Account, 1), InlineData(2, Reputation, 0)]
    public void CrashWhileGivingBack_GivesBackOnce(int write, string of, int stakesAfter) =>
        Run(async market =>
        {
            var caller = await market.OpenAccount("client", credit: 1000);
            await Of(market).Stake(caller, Hundred);
            await Of(market).Unstake(caller, ["one"]);
            await CrashAfter(market, write, of, () => Task.Delay(Unbonding, market.Time));
            Assert.Equal(stakesAfter, Stakes(market).Count);
            await Task.Delay(2 * StakePolicy.CheckPeriod, market.Time);

            Assert.Equal((1000, 0), await Books(market));
            Assert.Empty(Stakes(market));
        });

    [Fact]
    public void AccountThatDoesNotAnswer_IsAskedAgain_AndKeepsOnlyItsOwnStakeWaiting() =>
        Run(async market =>
        {
            var caller = await market.OpenAccount("client", credit: 1000);
            var other = await market.OpenAccount("other", credit: 1000);
            await Of(market).Stake(caller, Hundred);
            await Of(market).Stake(other, Hundred);
            await Of(market).Unstake(caller, ["one"]);
            await Of(market).Unstake(other, ["one"]);
            var tries = 0;
            market.Store.OnWrite = name =>
            {
                var isLost = name == $"account/{caller.Account}";
                tries += isLost ? 1 : 0;
                return isLost ? WriteFate.Lost : WriteFate.Done;
            };
            await Task.Delay(Unbonding + (3 * StakePolicy.CheckPeriod), market.Time);
            Assert.InRange(tries, 2, 4);
            Assert.Equal(caller.Account, Assert.Single(Stakes(market)).Account);
            Assert.Equal(new TokenAmount(100), DiskInvariants.Accounts(market.Disk)[caller.Account].Held);
            market.Store.OnWrite = _ => WriteFate.Done;
            await Task.Delay(StakePolicy.CheckPeriod + TimeSpan.FromMinutes(1), market.Time);
            Assert.Equal((1000, 0), await Books(market));
        });

    [Fact]
    public void StakeBeyondTheMoney_OrTheSpendLimit_IsRefused() =>
        Run(async market =>
        {
            var caller = await market.OpenAccount("client", credit: 50);
            await Refused(ErrorCode.InsufficientFunds, () => Of(market).Stake(caller, Hundred));
            Assert.Empty(Stakes(market));
            await market.Account("client").Credit("more", new TokenAmount(1000), null, Authority.Silo);
            var limited = await market.AddKey("client", spendLimit: 99);
            await Refused(ErrorCode.SpendLimitReached, () => Of(market).Stake(limited, Hundred));
            Assert.Equal(StakePhase.Refused, Assert.Single(Stakes(market)).Phase);

            await Refused(ErrorCode.RequestIdReused, () => Of(market).Stake(caller, Hundred));
            Assert.Equal(new TokenAmount(100), (await Of(market).Stake(caller, Hundred with { RequestId = "two" })).Standing.Stake);
            await Task.Delay(3 * StakePolicy.AskedMax, market.Time);
            Assert.Equal((950, 100), await Books(market));
            Assert.Equal("two", Assert.Single(Stakes(market)).RequestId);
            await Refused(ErrorCode.AccountNotFound, () => Of(market).Stake(caller with { Account = TestMarket.Id("none") }, Hundred));
            await Refused(ErrorCode.LimitExceeded, () => Of(market).Stake(caller, new StakeRequest("x", TokenAmount.Zero)));
            await Refused(ErrorCode.LimitExceeded, () => Of(market).Stake(caller, Hundred with { RequestId = "" }));
            await Refused(ErrorCode.MalformedRequest, () => Of(market).Stake(caller, Hundred with { RequestId = "\ud800" }));
        });

    [Fact]
    public void OnlyTheAccountThatStaked_TakesItBack_AndStrangersDoNotSeeIt() =>
        Run(async market =>
        {
            var caller = await market.OpenAccount("client", credit: 1000);
            var stranger = await market.OpenAccount("stranger", credit: 1000);
            var owner = await market.OpenAccount("worker", credit: 1000);
            await Of(market).Stake(caller, Hundred);

            await Refused(ErrorCode.StakeNotFound, () => Of(market).Unstake(stranger, ["one"]));
            await Refused(ErrorCode.StakeNotFound, () => Of(market).Unstake(owner, ["one"]));
            await Refused(ErrorCode.Forbidden, () => Of(market).Unstake(caller with { Scopes = Scopes.Read }, ["one"]));
            await Refused(ErrorCode.Forbidden, () => Of(market).Stake(caller with { Scopes = Scopes.Read }, Hundred));
            var bought = market.Grains.GetGrain<IReputationGrain>(ReputationKeys.OfBuyer(caller.Account));
            await Refused(ErrorCode.Forbidden, () => bought.Stake(caller, Hundred));
            var foreign = new SharedSettlement(
                Assert.Single(Stakes(market)).HoldOf(Worker),
                market.Time.GetUtcNow(),
                TokenAmount.Zero,
                [],
                stranger.Account
            );
            await Refused(ErrorCode.Forbidden, () => market.Account("client").SettleShared(foreign, Authority.Market));
            await Refused(
                ErrorCode.Forbidden,
                () =>
                    market
                        .Account("client")
                        .SettleShared(foreign with { Hold = foreign.Hold with { Purpose = HoldPurpose.Deal } }, Authority.Reputation)
            );
            foreach (var (who, seen) in new[] { (caller, 1), (stranger, 0), (owner, 1), ((Caller?)null, 0) })
            {
                var view = await Of(market).Get(who);
                Assert.Equal((new TokenAmount(100), seen), (view.Standing.Stake, view.Stakes.Length));
            }
        });

    [Fact]
    [TestsBound(typeof(MarketLimits), nameof(MarketLimits.StakesOfAccountMax))]
    [TestsBound(typeof(MarketLimits), nameof(MarketLimits.StakesMax))]
    public void Stakes_AreBounded_AndTheWorkersOwnAccountAlwaysHasRoom() =>
        Run(async market =>
        {
            var one = new TokenAmount(1);
            var accounts = (MarketLimits.StakesMax / MarketLimits.StakesOfAccountMax) - 1;
            for (var number = 0; number < accounts; number++)
            {
                var caller = await market.OpenAccount($"client {number}", credit: 1000);
                for (var stake = 0; stake < MarketLimits.StakesOfAccountMax; stake++)
                {
                    await Of(market).Stake(caller, new StakeRequest($"{stake}", one));
                }
                await Refused(ErrorCode.LimitExceeded, () => Of(market).Stake(caller, new StakeRequest("one more", one)));
                string[] all = [.. Enumerable.Range(0, MarketLimits.StakesOfAccountMax).Select(stake => $"{stake}")];
                await Refused(ErrorCode.LimitExceeded, () => Of(market).Unstake(caller, [.. all, "one more"]));
                await Refused(ErrorCode.LimitExceeded, () => Of(market).Unstake(caller, []));
            }
            var stranger = await market.OpenAccount("stranger", credit: 1000);
            await Refused(ErrorCode.LimitExceeded, () => Of(market).Stake(stranger, Hundred));
            var owner = await market.OpenAccount("worker", credit: 1000);
            for (var stake = 0; stake < MarketLimits.StakesOfAccountMax; stake++)
            {
                await Of(market).Stake(owner, new StakeRequest($"{stake}", one));
            }
            await Refused(ErrorCode.LimitExceeded, () => Of(market).Stake(owner, new StakeRequest("one more", one)));
            Assert.Equal(new TokenAmount(MarketLimits.StakesMax), await Sum(market));
        });

    [Fact]
    [TestsBound(typeof(MarketLimits), nameof(MarketLimits.UnbondingMin))]
    [TestsBound(typeof(MarketLimits), nameof(MarketLimits.UnbondingMax))]
    public void TimeOfUnbonding_HasBounds()
    {
        var tick = TimeSpan.FromTicks(1);
        foreach (var allowed in new[] { MarketLimits.UnbondingMin, MarketLimits.UnbondingMax })
        {
            Assert.Equal(allowed, new StakeTerms { Unbonding = allowed }.Unbonding);
        }
        foreach (var refused in new[] { MarketLimits.UnbondingMin - tick, MarketLimits.UnbondingMax + tick })
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => new StakeTerms { Unbonding = refused });
        }
    }

    [Fact]
    public void TwoActivations_MakeOneStakeOfOneRequest() =>
        Run(async market =>
        {
            var caller = await market.OpenAccount("client", credit: 1000);
            var twin = await market.StartTwin();
            var key = ReputationKeys.OfWorker(Worker);
            await Task.WhenAll(
                LostWrites.Resend(() => Of(market).Stake(caller, Hundred)),
                LostWrites.Resend(() => twin.GetGrain<IReputationGrain>(key).Stake(caller, Hundred))
            );
            Assert.Equal((900, 100), await Books(market));
            Assert.Equal(new TokenAmount(100), await Sum(market));
            await Task.WhenAll(
                LostWrites.Resend(() => Of(market).Unstake(caller, ["one"])),
                LostWrites.Resend(() => twin.GetGrain<IReputationGrain>(key).Unstake(caller, ["one"]))
            );
            await Task.Delay(Unbonding + (2 * StakePolicy.CheckPeriod), market.Time);
            Assert.Equal((1000, 0), await Books(market));
            Assert.Empty(Stakes(market));
        });

    private static IReputationGrain Of(TestMarket market, WorkerId? worker = null) =>
        market.Grains.GetGrain<IReputationGrain>(ReputationKeys.OfWorker(worker ?? Worker));

    private static async Task<TokenAmount> Sum(TestMarket market) => (await Of(market).Get(null)).Standing.Stake;

    private static async Task<(int Available, int Held)> Books(TestMarket market)
    {
        var view = await market.Account("client").Get();
        return ((int)view.Available.BaseUnits, (int)view.Held.BaseUnits);
    }

    /// <summary>As they are stored.</summary>
    private static IReadOnlyList<Stake> Stakes(TestMarket market) =>
        market.Disk.Documents.TryGetValue(new DocumentKey(ReputationState.Kind, ReputationKeys.OfWorker(Worker)), out var document)
            ? [.. ReputationState.Read(document.Content.Span).Stakes]
            : [];

    /// <summary>The process ends right after the first, or second, write of the reputation or the account.</summary>
    private static async Task CrashAfter(TestMarket market, int write, string of, Func<Task> call)
    {
        var seen = 0;
        market.Store.OnWrite = name =>
            name.StartsWith(of, StringComparison.Ordinal) && ++seen == write ? WriteFate.CrashAfter : WriteFate.Done;
        // What it waits for never comes.
        _ = call();
        for (var until = market.Time.GetUtcNow() + (2 * Unbonding); !market.Store.IsCrashed; )
        {
            Assert.True(market.Time.GetUtcNow() < until);
            await Task.Delay(TimeSpan.FromSeconds(1), market.Time);
        }
        await market.CrashAndStart();
    }

    private static async Task Refused(ErrorCode code, Func<Task> call) =>
        Assert.Equal(code, (await Assert.ThrowsAsync<MarketException>(call)).Code);

    /// <summary>Reminders outlive a crash, as on a real silo.</summary>
    private static void Run(Func<TestMarket, Task> scenario)
    {
        var reminders = new MemoryReminderStore();
        TestMarket.Run(scenario, register: services => services.AddSingleton<IReminderStore>(reminders));
    }
}
