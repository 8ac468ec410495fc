using System.Collections.Immutable;
using Marketplace.GrainHost.Reminders;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;
using Marketplace.Storage;
using Marketplace.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Marketplace.Grains.Tests;

/// <summary>
/// One worker with several disputes at a time: none takes, frees or ends what another one has frozen, and payees wait for none. Every
/// scenario ends with a look at the disk: what disputes took is what accounts paid.
/// </summary>
public sealed class ManyDisputesTests
{
    private static readonly WorkerId Worker = new(TestMarket.Id("worker").Value);
    private static readonly TimeSpan Unbonding = new StakeTerms().Unbonding;

    [Theory]
    [InlineData(1, 100, 1, 99), InlineData(100, 1, 100, 0), InlineData(60, 60, 60, 40), InlineData(40, 60, 40, 60)]
    public void TwoDisputes_TakeWhatThereIs_InEitherOrder(int first, int second, int taken, int takenThen) =>
        Run(async market =>
        {
            await Staked(market, 100);
            await Freeze(market, "A");
            await Freeze(market, "B");
            Assert.Equal(taken, await Slash(market, "A", first));
            Assert.Equal(100 - taken, await AtStake(market));
            Assert.Equal(new TokenAmount((UInt128)(100 - taken)), (await Of(market).Get(null)).Standing.Stake);
            await market.Settle();
            // The payee does not wait for the other dispute.
            Assert.Equal((taken, 0), (await Got(market, "payee A"), await Got(market, "payee B")));
            Assert.Equal((900, 100 - taken), await Books(market, "staker"));

            for (var time = 0; time < 2; time++)
            {
                Assert.Equal(takenThen, await Slash(market, "B", second));
                Assert.Equal(taken, await Slash(market, "A", first));
            }
            await market.Settle();
            Assert.Equal((taken, takenThen), (await Got(market, "payee A"), await Got(market, "payee B")));
            Assert.Equal((900, 100 - taken - takenThen), await Books(market, "staker"));
            // Nothing is left of it, or it stays.
            Assert.Equal(taken + takenThen < 100 ? 1 : 0, Stakes(market).Length);
        });

    [Theory]
    [InlineData(false), InlineData(true)]
    public void WhatOneDisputeSays_DoesNotThawAnother(bool isSlashed) =>
        Run(async market =>
        {
            var caller = await Staked(market, 100);
            await Freeze(market, "A");
            await Freeze(market, "B");
            await Of(market).Unstake(caller, ["0"]);
            await (isSlashed ? Slash(market, "A", 1) : Of(market).Clear(Job("A"), market.Time.GetUtcNow(), Authority.Dispute));
            var left = isSlashed ? 99 : 100;
            await Task.Delay(3 * Unbonding, market.Time);
            Assert.Equal(left, await AtStake(market));
            Assert.Equal(left, await Slash(market, "B", 100));
            await market.Settle();
            Assert.Equal((900, 0), await Books(market, "staker"));
            Assert.Equal((100 - left, left), (await Got(market, "payee A"), await Got(market, "payee B")));
        });

    [Theory]
    [InlineData("slash"), InlineData("clear"), InlineData("thaw")]
    public void LastDispute_ThatIsOver_LetsTheMoneyGoBackAtOnce(string how) =>
        Run(async market =>
        {
            var caller = await Staked(market, 100);
            await Freeze(market, "A");
            await Freeze(market, "B");
            await Of(market).Unstake(caller, ["0"]);
            await Task.Delay(2 * Unbonding, market.Time);
            await Of(market).Clear(Job("A"), market.Time.GetUtcNow(), Authority.Dispute);
            await Task.Delay(2 * StakePolicy.CheckPeriod, market.Time);
            Assert.Equal(100, await AtStake(market));
            for (var time = 0; time < 2; time++)
            {
                await (
                    how switch
                    {
                        "slash" => Slash(market, "B", 30),
                        "clear" => Of(market).Clear(Job("B"), market.Time.GetUtcNow(), Authority.Dispute),
                        _ => Of(market).Thaw(Job("B"), Authority.Dispute),
                    }
                );
            }
            await Task.Delay(2 * StakePolicy.CheckPeriod, market.Time);
            Assert.Equal((how == "slash" ? 970 : 1000, 0), await Books(market, "staker"));
            Assert.Equal(how == "slash" ? 30 : 0, await Got(market, "payee B"));
            Assert.Empty(Stakes(market));
        });

    [Fact]
    public void WorkerThatUnstakesBetweenTwoDisputes_KeepsNothingFromThem() =>
        Run(async market =>
        {
            var caller = await Staked(market, 60, 40);
            await Freeze(market, "A");
            await Of(market).Unstake(caller, ["0"]);
            Assert.Equal(10, await Slash(market, "A", 10));
            await Of(market).Unstake(caller, ["1"]);
            await Freeze(market, "B");
            await Task.Delay(2 * Unbonding, market.Time);
            Assert.Equal(90, await Slash(market, "B", 200));
            await market.Settle();
            Assert.Equal((900, 0), await Books(market, "staker"));
            Assert.Equal((10, 90), (await Got(market, "payee A"), await Got(market, "payee B")));
        });

    /// <summary>Frozen, decided, paid, known to be paid; the second loss ends the hold.</summary>
    [Fact]
    public void Crash_AfterEachWrite_EndsInTheSameBooks()
    {
        foreach (var isRepeated in new[] { true, false })
        {
            var wasWhole = false;
            for (var write = 1; !wasWhole; write++)
            {
                Run(async market =>
                {
                    var caller = await Staked(market, 70, 30);
                    await Of(market).Unstake(caller, ["0"]);
                    var orders = new[] { Order(market, "A", 30), Order(market, "B", 20), Order(market, "C", 40) };
                    var seen = 0;
                    market.Store.OnWrite = name => ++seen == write ? WriteFate.CrashAfter : WriteFate.Done;
                    // What it waits for never comes.
                    var run = SlashAll(market, orders);
                    for (var second = 0; second < 30 && !market.Store.IsCrashed; second++)
                    {
                        await Task.Delay(TimeSpan.FromSeconds(1), market.Time);
                    }
                    wasWhole = !market.Store.IsCrashed;
                    market.Store.OnWrite = _ => WriteFate.Done;
                    await (wasWhole ? run : market.CrashAndStart());
                    if (isRepeated)
                    {
                        await SlashAll(market, orders);
                    }
                    await Task.Delay(3 * StakePolicy.CheckPeriod, market.Time);
                    if (!isRepeated)
                    {
                        // What was not decided the disputes decide now; what was decided the reminder has paid.
                        var decided = Judged(market);
                        Assert.Equal(decided >= 1 ? 30 : 0, await Got(market, "payee A"));
                        Assert.Equal(decided >= 2 ? 20 : 0, await Got(market, "payee B"));
                        await SlashAll(market, orders);
                        await Task.Delay(3 * StakePolicy.CheckPeriod, market.Time);
                    }
                    Assert.Equal((900, 10), await Books(market, "staker"));
                    Assert.Equal((30, 20, 40), (await Got(market, "payee A"), await Got(market, "payee B"), await Got(market, "payee C")));
                    Assert.All(Stakes(market), stake => Assert.Empty(stake.Losses));
                });
                Assert.True(write < 100 && (!wasWhole || write > 12), $"{write - 1} writes");
            }
        }
    }

    [Fact]
    public void TwoActivations_SlashAndUnstake_AndNothingIsPaidTwice()
    {
        for (var seed = 1UL; seed <= 20; seed++)
        {
            Run(
                async market =>
                {
                    var caller = await Staked(market, 60, 40);
                    var there = (await market.StartTwin()).GetGrain<IReputationGrain>(ReputationKeys.OfWorker(Worker));
                    var (one, two, three) = (Order(market, "A", 10), Order(market, "B", 20), Order(market, "C", 15));
                    Task[] calls =
                    [
                        LostWrites.Resend(() => Of(market).Slash(one, Authority.Dispute)),
                        LostWrites.Resend(() => there.Slash(two, Authority.Dispute)),
                        LostWrites.Resend(() => there.Unstake(caller, ["0"])),
                        LostWrites.Resend(() => Of(market).Slash(three, Authority.Dispute)),
                        LostWrites.Resend(() => there.Slash(one, Authority.Dispute)),
                        LostWrites.Resend(() => there.FreezeFor(Job("D"), market.Time.GetUtcNow() + Unbonding, Authority.Dispute)),
                        LostWrites.Resend(() => Of(market).Clear(Job("E"), market.Time.GetUtcNow(), Authority.Dispute)),
                    ];
                    await Task.WhenAll(calls);
                    await Task.Delay(3 * StakePolicy.CheckPeriod, market.Time);
                    Assert.Equal((900, 55), await Books(market, "staker"));
                    Assert.Equal((10, 20, 15), (await Got(market, "payee A"), await Got(market, "payee B"), await Got(market, "payee C")));
                },
                seed
            );
        }
    }

    [Fact]
    public void AccountThatDoesNotAnswer_PaysAllLossesLater_EachOnce() =>
        Run(async market =>
        {
            var caller = await Staked(market, 100);
            market.Store.OnWrite = name => name == $"account/{caller.Account}" ? WriteFate.Lost : WriteFate.Done;
            Assert.Equal((10, 20), (await Slash(market, "A", 10), await Slash(market, "B", 20)));
            Assert.Equal(2, Assert.Single(Stakes(market)).Losses.Length);
            Assert.Equal(new TokenAmount(30), Assert.Single((await Of(market).Get(caller)).Stakes).Taken);
            market.Store.OnWrite = _ => WriteFate.Done;
            await Task.Delay(2 * StakePolicy.CheckPeriod, market.Time);
            Assert.Equal((900, 70), await Books(market, "staker"));
            Assert.Equal((10, 20), (await Got(market, "payee A"), await Got(market, "payee B")));
            Assert.Empty(Assert.Single(Stakes(market)).Losses);
            Assert.Equal(new TokenAmount(30), Assert.Single((await Of(market).Get(caller)).Stakes).Taken);
        });

    [Fact]
    [TestsBound(typeof(SlashPolicy), nameof(SlashPolicy.FreezesMax))]
    public void Freezes_AreBounded_AndThoseThatAreOverMakeRoom() =>
        Run(async market =>
        {
            await Staked(market, 100);
            var until = market.Time.GetUtcNow() + TimeSpan.FromHours(1);
            for (var number = 0; number < SlashPolicy.FreezesMax; number++)
            {
                await Of(market).FreezeFor(Job($"{number}"), until, Authority.Dispute);
            }
            await Of(market).FreezeFor(Job("0"), until + TimeSpan.FromHours(1), Authority.Dispute);
            var refused = await Assert.ThrowsAsync<MarketException>(() => Freeze(market, "more"));
            Assert.Equal(ErrorCode.LimitExceeded, refused.Code);
            await Task.Delay(TimeSpan.FromHours(1), market.Time);
            await Freeze(market, "more");
            Assert.Equal([Job("0"), Job("more")], Stored(market).Freezes.Select(freeze => freeze.Dispute));
        });

    [Fact]
    public void DisputeThatIsDecided_FreezesNoMore() =>
        Run(async market =>
        {
            await Staked(market, 100);
            await Slash(market, "A", 10);
            await Freeze(market, "A");
            Assert.Empty(Stored(market).Freezes);
        });

    [Fact]
    public void StakeThatAnEarlierBuildSlashed_EndsAsItWasDecided() =>
        Run(async market =>
        {
            await Staked(market, 100);
            var key = new DocumentKey(ReputationState.Kind, ReputationKeys.OfWorker(Worker));
            var (state, at) = (Stored(market), market.Time.GetUtcNow());
            var loss = new StakeLoss(Job("A"), new TokenAmount(30), [], TestMarket.Id("payee A"));
            var earlier = state with
            {
                Stakes = [state.Stakes[0] with { Phase = StakePhase.Slashed, EndsAt = at, Loss = loss }],
                Judgments = [new Judgment(Job("A"), at, IsWrong: true, new TokenAmount(30))],
                FrozenUntil = at.AddHours(1),
            };
            var bytes = ReputationState.Write(earlier);
            Assert.Equal(3, bytes.Span[0]);
            market.Disk.Write(key, market.Disk.Documents[key].Version, bytes);
            await market.CrashAndStart();
            Assert.Equal(30, await Slash(market, "A", 30));
            await market.Settle();
            Assert.Equal((970, 0), await Books(market, "staker"));
            Assert.Equal(30, await Got(market, "payee A"));
            Assert.Empty(Stakes(market));
        });

    private static async Task SlashAll(TestMarket market, SlashOrder[] orders)
    {
        foreach (var order in orders)
        {
            await Of(market).FreezeFor(order.Dispute, market.Time.GetUtcNow() + (3 * Unbonding), Authority.Dispute);
            Assert.Equal(order.Amount, (await LostWrites.Resend(() => Of(market).Slash(order, Authority.Dispute))).Taken);
        }
    }

    private static async Task<Caller> Staked(TestMarket market, params int[] amounts)
    {
        var caller = await market.OpenAccount("staker", credit: 1000);
        for (var index = 0; index < amounts.Length; index++)
        {
            await Of(market).Stake(caller, new StakeRequest($"{index}", new TokenAmount((UInt128)amounts[index])));
        }
        return caller;
    }

    private static Task Freeze(TestMarket market, string dispute) =>
        Of(market).FreezeFor(Job(dispute), market.Time.GetUtcNow() + TimeSpan.FromDays(30), Authority.Dispute);

    /// <returns>What was taken.</returns>
    private static async Task<int> Slash(TestMarket market, string dispute, int amount) =>
        (int)(await Of(market).Slash(Order(market, dispute, amount), Authority.Dispute)).Taken.BaseUnits;

    private static SlashOrder Order(TestMarket market, string dispute, int amount) =>
        new(
            Dispute: Job(dispute),
            At: market.Time.GetUtcNow(),
            Amount: new TokenAmount((UInt128)amount),
            Payees: [],
            Rest: TestMarket.Id($"payee {dispute}"),
            Price: new TokenAmount(10)
        );

    private static JobId Job(string name) => new(TestMarket.Id($"job {name}").Value);

    private static IReputationGrain Of(TestMarket market) => market.Grains.GetGrain<IReputationGrain>(ReputationKeys.OfWorker(Worker));

    private static async Task<int> AtStake(TestMarket market) => (int)(await Of(market).FindAtStake()).BaseUnits;

    private static async Task<(int Available, int Held)> Books(TestMarket market, string name)
    {
        var view = await market.Account(name).Get();
        return ((int)view.Available.BaseUnits, (int)view.Held.BaseUnits);
    }

    /// <summary>Nothing where the account was never paid.</summary>
    private static async Task<int> Got(TestMarket market, string name)
    {
        try
        {
            return (await Books(market, name)).Available;
        }
        catch (MarketException none) when (none.Code == ErrorCode.AccountNotFound)
        {
            return 0;
        }
    }

    private static ReputationState Stored(TestMarket market) =>
        ReputationState.Read(market.Disk.Documents[new DocumentKey(ReputationState.Kind, ReputationKeys.OfWorker(Worker))].Content.Span);

    private static ImmutableArray<Stake> Stakes(TestMarket market) => Stored(market).Stakes;

    private static int Judged(TestMarket market) => Stored(market).Judgments.Length;

    /// <summary>Reminders outlive a crash, as on a real silo.</summary>
    private static void Run(Func<TestMarket, Task> scenario, ulong seed = 1)
    {
        var reminders = new MemoryReminderStore();
        TestMarket.Run(scenario, seed, services => services.AddSingleton<IReminderStore>(reminders));
    }
}
