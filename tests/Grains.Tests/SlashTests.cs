using Marketplace.GrainHost.Reminders;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;
using Marketplace.Storage;
using Marketplace.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Marketplace.Grains.Tests;

/// <summary>
/// What a dispute takes of what is at stake for a worker: from whom, for whom, and once, whatever happens between two steps. Every scenario
/// ends with a look at the disk: what disputes took is what accounts paid.
/// </summary>
public sealed class SlashTests
{
    private static readonly WorkerId Worker = new(TestMarket.Id("worker").Value);
    private static readonly TimeSpan Unbonding = new StakeTerms().Unbonding;
    private static readonly JobId Disputed = new(TestMarket.Id("disputed job").Value);

    /// <summary>The steps of a slash, each a durable write.</summary>
    private const string Reputation = "reputation";
    private const string Account = "account";

    [Fact]
    public void Slash_TakesTheOldestStakes_PaysInOrder_AndTheRestGoesBack() =>
        Run(async market =>
        {
            await Staked(market, 60, 50, 40);
            for (var time = 0; time < 3; time++)
            {
                Assert.Equal(new SlashOutcome(new TokenAmount(80)), await Of(market).Slash(Order(market, 80, 15, 50), Authority.Dispute));
            }
            await market.Settle();

            // Of the second stake 30 are left, the third was not touched.
            Assert.Equal((850, 70), await Books(market, "staker"));
            Assert.Equal((15, 50, 15), (await Got(market, "juror 0"), await Got(market, "juror 1"), await Got(market, "buyer")));
            Assert.Equal(new TokenAmount(70), (await Of(market).Get(null)).Standing.Stake);
            Assert.Equal([("1", 30), ("2", 40)], Stakes(market).Select(stake => (stake.RequestId, (int)stake.Left.BaseUnits)));
        });

    [Theory]
    [InlineData(150, 150, 0), InlineData(151, 150, 0), InlineData(149, 149, 1), InlineData(60, 60, 90), InlineData(0, 0, 150)]
    public void Slash_TakesAtMostWhatIsAtStake(int amount, int taken, int left) =>
        Run(async market =>
        {
            await Staked(market, 60, 50, 40);
            var outcome = await Of(market).Slash(Order(market, amount), Authority.Dispute);
            await market.Settle();
            Assert.Equal(new TokenAmount((UInt128)taken), outcome.Taken);
            Assert.Equal(taken, await Got(market, "buyer"));
            var (available, held) = await Books(market, "staker");
            Assert.Equal(850 + left, available + held);
        });

    [Fact]
    public void WorkerWithNothingAtStake_LosesNothing_AlsoIfItStakesBeforeARepetition() =>
        Run(async market =>
        {
            var caller = await Staked(market);
            var order = Order(market, 80, 15);
            Assert.Equal(TokenAmount.Zero, (await Of(market).Slash(order, Authority.Dispute)).Taken);
            await Of(market).Stake(caller, new StakeRequest("late", new TokenAmount(100)));
            Assert.Equal(TokenAmount.Zero, (await Of(market).Slash(order, Authority.Dispute)).Taken);
            Assert.Equal((900, 100), await Books(market, "staker"));
        });

    [Theory]
    [InlineData(1, Reputation), InlineData(1, Account), InlineData(2, Reputation), InlineData(2, Account), InlineData(3, Reputation)]
    public void CrashWhileSlashing_IsMendedByARepetition_OrTheReminder(int write, string of)
    {
        foreach (var isRepeated in new[] { true, false })
        {
            Run(async market =>
            {
                await Staked(market, 60, 50);
                await market.OpenAccount("juror 0", credit: 1);
                await market.OpenAccount("buyer", credit: 1);
                var order = Order(market, 80, 70);
                await CrashAfter(market, write, of, () => Of(market).Slash(order, Authority.Dispute));
                if (isRepeated)
                {
                    Assert.Equal(new TokenAmount(80), (await Of(market).Slash(order, Authority.Dispute)).Taken);
                }
                await Task.Delay(2 * StakePolicy.CheckPeriod, market.Time);
                Assert.Equal((890, 30), await Books(market, "staker"));
                Assert.Equal((71, 11), (await Got(market, "juror 0"), await Got(market, "buyer")));
                var stake = Assert.Single(Stakes(market));
                Assert.Equal(("1", new TokenAmount(30), 0), (stake.RequestId, stake.Left, stake.Losses.Length));
            });
        }
    }

    [Fact]
    public void UnbondingStake_IsSlashed_AndOneThatIsReleasedIsNot() =>
        Run(async market =>
        {
            var caller = await Staked(market, 60, 50);
            await Of(market).Unstake(caller, ["0"]);
            await Task.Delay(Unbonding / 2, market.Time);
            await Of(market).Unstake(caller, ["1"]);
            await Task.Delay((Unbonding / 2) + TimeSpan.FromMinutes(20), market.Time);
            Assert.Equal(new TokenAmount(50), await Of(market).FindAtStake());
            Assert.Equal(new TokenAmount(50), (await Of(market).Slash(Order(market, 80), Authority.Dispute)).Taken);
            await market.Settle();
            Assert.Equal((950, 0), await Books(market, "staker"));
        });

    [Fact]
    public void FrozenStake_IsNotGivenBack_BeforeTheMoment_AndComesBackAfterIt() =>
        Run(async market =>
        {
            var caller = await Staked(market, 60);
            await Of(market).Unstake(caller, ["0"]);
            var until = market.Time.GetUtcNow() + Unbonding + TimeSpan.FromHours(5);
            for (var time = 0; time < 2; time++)
            {
                Assert.Equal(
                    new TokenAmount(60),
                    await Of(market).FreezeFor(Disputed, until - (time * TimeSpan.FromHours(1)), Authority.Dispute)
                );
            }
            await Task.Delay(until - market.Time.GetUtcNow() - TimeSpan.FromMinutes(1), market.Time);
            Assert.Equal((940, 60), await Books(market, "staker"));
            Assert.Equal(new TokenAmount(60), await Of(market).FindAtStake());
            await Task.Delay(TimeSpan.FromMinutes(1) + (2 * StakePolicy.CheckPeriod), market.Time);
            Assert.Equal((1000, 0), await Books(market, "staker"));
            Assert.Equal(TokenAmount.Zero, await Of(market).FindAtStake());
        });

    [Fact]
    public void StakeThatWasSlashed_IsNotTakenBack_AndItsRequestIsNoNewStake() =>
        Run(async market =>
        {
            var caller = await Staked(market, 60);
            // The hold of the staker cannot end for now.
            market.Store.OnWrite = name => name == $"account/{caller.Account}" ? WriteFate.Lost : WriteFate.Done;
            await Of(market).Slash(Order(market, 60), Authority.Dispute);
            var view = await Of(market).Unstake(caller, ["0"]);
            Assert.Equal(StakePhase.Slashed, Assert.Single(view.Stakes).Phase);
            await Refused(ErrorCode.RequestIdReused, () => Of(market).Stake(caller, new StakeRequest("0", new TokenAmount(60))));
            Assert.Equal(0, await Got(market, "buyer"));
            market.Store.OnWrite = _ => WriteFate.Done;
            await Task.Delay(2 * StakePolicy.CheckPeriod, market.Time);
            Assert.Equal((940, 0), await Books(market, "staker"));
            Assert.Equal(60, await Got(market, "buyer"));
        });

    [Fact]
    public void SlashesBesideEachOther_AndBesideAnUnstake_TakeNoUnitTwice()
    {
        for (var seed = 1UL; seed <= 20; seed++)
        {
            Run(
                async market =>
                {
                    var caller = await Staked(market, 60, 50, 40);
                    var twin = await market.StartTwin();
                    var there = twin.GetGrain<IReputationGrain>(ReputationKeys.OfWorker(Worker));
                    var (one, two) = (Order(market, 70, 5), Order(market, 100) with { Dispute = new JobId(Worker.Value) });
                    var slashes = new List<Task<SlashOutcome>>
                    {
                        LostWrites.Resend(() => Of(market).Slash(one, Authority.Dispute)),
                        LostWrites.Resend(() => there.Slash(one, Authority.Dispute)),
                        LostWrites.Resend(() => there.Slash(two, Authority.Dispute)),
                        LostWrites.Resend(() => Of(market).Slash(two, Authority.Dispute)),
                    };
                    await Task.WhenAll([.. slashes, .. new[] { "0", "1", "2" }.Select(TakeBack)]);
                    Assert.Equal(await slashes[0], await slashes[1]);
                    Assert.Equal(await slashes[2], await slashes[3]);
                    await Task.Delay(Unbonding + (3 * StakePolicy.CheckPeriod), market.Time);
                    var taken = (int)((await slashes[0]).Taken + (await slashes[2]).Taken).BaseUnits;
                    Assert.Equal((1000 - taken, 0), await Books(market, "staker"));
                    Assert.Equal(taken, await Got(market, "juror 0") + await Got(market, "buyer"));

                    async Task TakeBack(string stake)
                    {
                        try
                        {
                            await LostWrites.Resend(() => there.Unstake(caller, [stake]));
                        }
                        catch (MarketException gone) when (gone.Code == ErrorCode.StakeNotFound)
                        {
                            // It was slashed, and its hold has ended.
                        }
                    }
                },
                seed
            );
        }
    }

    [Fact]
    public void SlashBesideTheEndOfUnbonding_TakesWhatItSays()
    {
        var seen = new HashSet<int>();
        for (var before = 0; before < 12; before++)
        {
            Run(async market =>
            {
                var caller = await Staked(market, 60, 50);
                await Of(market).Unstake(caller, ["0", "1"]);
                var twin = await market.StartTwin();
                var there = twin.GetGrain<IReputationGrain>(ReputationKeys.OfWorker(Worker));
                var endsAt = Stakes(market)[0].EndsAt!.Value;
                await Task.Delay(endsAt - market.Time.GetUtcNow() + TimeSpan.FromMilliseconds(before - 4), market.Time);
                var outcome = await LostWrites.Resend(() => there.Slash(Order(market, 80), Authority.Dispute));
                await Task.Delay(3 * StakePolicy.CheckPeriod, market.Time);
                var taken = (int)outcome.Taken.BaseUnits;
                seen.Add(taken);
                Assert.Equal((1000 - taken, 0), await Books(market, "staker"));
                Assert.Equal(taken, await Got(market, "buyer"));
            });
        }
        Assert.Equal([0, 80], seen.Order());
    }

    [Fact]
    public void Lie_ExcludesTheWorker_InsteadOfWhatTheMarketCounts_AndAnAppealLiftsIt() =>
        Run(async market =>
        {
            await Staked(market);
            var fault = new Fault(Disputed, market.Time.GetUtcNow(), new TokenAmount(10), "as the market saw it");
            var kept = new OutcomeBatch("market", 1, 1, Kept: 1000, new TokenAmount(10_000), [fault]);
            await Of(market).Record(kept, Authority.Market);
            await Of(market).Slash(Order(market, 80), Authority.Dispute);
            await Of(market).Record(kept with { Sequence = 2, Kept = 0, KeptPrice = TokenAmount.Zero }, Authority.Market);
            var owner = await market.OpenAccount("worker");
            var view = await Of(market).Get(owner);
            Assert.Equal((StandingLevel.Excluded, 1), (view.Standing.Level, view.Faulted));

            await Of(market).Appeal(owner, new AppealRequest("appeal", [Disputed], "the machine was broken"));
            await Of(market).Decide(await market.AddOperator(), new AppealDecision("appeal", Granted: true, "so it was"));
            view = await Of(market).Get(owner);
            Assert.Equal((StandingLevel.Good, 0), (view.Standing.Level, view.Faulted));
        });

    [Fact]
    public void Slash_StandsInTheWorkersLedger_Once_AlsoAfterACrash() =>
        Run(async market =>
        {
            var caller = await Staked(market, 60, 50);
            await Of(market).Unstake(caller, ["0"]);
            await CrashAfter(market, 1, Reputation, () => Of(market).Slash(Order(market, 80), Authority.Dispute));
            await Task.Delay(TimeSpan.FromHours(1), market.Time);
            await Of(market).Slash(Order(market, 80), Authority.Dispute);
            var ledger = market.Grains.GetGrain<ILedgerGrain>(LedgerName.Of(Worker).ToString());
            var records = await ledger.List(caller, 0, 100);
            var told = records.Select(line => LedgerLines.ParseRecord(line.Span).Operation).ToArray();
            var slashing = Assert.Single(told, operation => operation.Kind == LedgerKinds.Slashing);
            Assert.Null(LedgerKinds.Refusal(slashing));
            Assert.Equal(
                ["80", $"{Disputed}"],
                new[] { "amount", "evidence" }.Select(name => slashing.Subject.Single(word => word.Name == name).Value)
            );
            Assert.Equal(
                (2, 1),
                (told.Count(one => one.Kind == LedgerKinds.StakeHeld), told.Count(one => one.Kind == LedgerKinds.StakeTakenBack))
            );
        });

    [Fact]
    public void WorkerThatWasRight_IsCleared_WheneverTheMarketCounts() =>
        Run(async market =>
        {
            await Staked(market, 50);
            var fault = new Fault(Disputed, market.Time.GetUtcNow(), new TokenAmount(10), "as the market saw it");
            var batch = new OutcomeBatch("market", 1, 1, Kept: 0, TokenAmount.Zero, [fault]);
            await Of(market).Record(batch, Authority.Market);
            Assert.Equal(1, (await Of(market).Get(null)).Faulted);
            for (var time = 0; time < 2; time++)
            {
                await Of(market).Clear(Disputed, market.Time.GetUtcNow(), Authority.Dispute);
                await Of(market).Record(batch with { Sequence = 2 + time }, Authority.Market);
                Assert.Equal(0, (await Of(market).Get(null)).Faulted);
            }
            await Refused(ErrorCode.MalformedRequest, () => Of(market).Slash(Order(market, 80), Authority.Dispute));
            Assert.Equal(new TokenAmount(50), await Of(market).FindAtStake());
        });

    [Fact]
    public void OnlyADispute_TakesWhatIsAtStake() =>
        Run(async market =>
        {
            await Staked(market, 60);
            foreach (var by in Enum.GetValues<Authority>().Where(by => by != Authority.Dispute))
            {
                await Refused(ErrorCode.Forbidden, () => Of(market).Slash(Order(market, 10), by));
                await Refused(ErrorCode.Forbidden, () => Of(market).Clear(Disputed, market.Time.GetUtcNow(), by));
                await Refused(ErrorCode.Forbidden, () => Of(market).FreezeFor(Disputed, market.Time.GetUtcNow(), by));
                await Refused(ErrorCode.Forbidden, () => Of(market).Thaw(Disputed, by));
            }
            var buyer = market.Grains.GetGrain<IReputationGrain>(ReputationKeys.OfBuyer(TestMarket.Id("staker")));
            await Refused(ErrorCode.Forbidden, () => buyer.Slash(Order(market, 10), Authority.Dispute));
            Assert.Equal((940, 60), await Books(market, "staker"));
        });

    [Fact]
    [TestsBound(typeof(SlashPolicy), nameof(SlashPolicy.JudgmentsMax))]
    [TestsBound(typeof(SlashPolicy), nameof(SlashPolicy.JudgmentMemory))]
    public void Judgments_AreBounded_AndWhatIsForgottenIsNotDoneAgain() =>
        Run(async market =>
        {
            var caller = await Staked(market, 60);
            var first = Order(market, 10);
            Assert.Equal(new TokenAmount(10), (await Of(market).Slash(first, Authority.Dispute)).Taken);
            await Task.Delay(TimeSpan.FromMinutes(1), market.Time);
            for (var number = 1; number < SlashPolicy.JudgmentsMax; number++)
            {
                await Of(market).Slash(Another(number), Authority.Dispute);
            }
            await Refused(ErrorCode.LimitExceeded, () => Of(market).Slash(Another(SlashPolicy.JudgmentsMax), Authority.Dispute));
            await Refused(ErrorCode.LimitExceeded, () => Of(market).Clear(Another(1000).Dispute, first.At, Authority.Dispute));
            await Task.Delay(SlashPolicy.JudgmentMemory, market.Time);
            await Of(market).Stake(caller, new StakeRequest("new", new TokenAmount(100)));
            Assert.Equal(new TokenAmount(10), (await Of(market).Slash(Another(SlashPolicy.JudgmentsMax), Authority.Dispute)).Taken);
            Assert.Equal(new SlashOutcome(TokenAmount.Zero, IsForgotten: true), await Of(market).Slash(first, Authority.Dispute));
            await market.Settle();
            // All of the first stake, by those that came before, and of the new one.
            Assert.Equal(70, await Got(market, "buyer"));

            SlashOrder Another(int number) =>
                first with
                {
                    Dispute = new JobId(TestMarket.Id($"job {number}").Value),
                    At = first.At + TimeSpan.FromSeconds(number),
                };
        });

    [Fact]
    [TestsBound(typeof(SlashPolicy), nameof(SlashPolicy.LieTimes))]
    public void Lie_Excludes_HoweverMuchWasKept()
    {
        var now = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
        foreach (var kept in new[] { 0, 1, 10, 1000, 1_000_000 })
        {
            var state = ReputationState.Unknown;
            if (kept > 0)
            {
                var batch = new OutcomeBatch("market", 1, 1, kept, new TokenAmount((UInt128)kept), []);
                state = ReputationRules.Record(state, batch, now);
            }
            var order = new SlashOrder(Disputed, now, TokenAmount.Zero, [], TestMarket.Id("buyer"), new TokenAmount(1));
            var standing = ReputationRules.StandingOf(SlashRules.Slash(state, order, now));
            Assert.Equal(StandingLevel.Excluded, standing.Level);
        }
    }

    [Fact]
    public void SettlementWithAmounts_PaysThemFirst_AndTheRestToOne() =>
        Run(async market =>
        {
            var caller = await market.OpenAccount("client", credit: 1000);
            var hold = new HoldId(HoldPurpose.Withdrawal, Worker.Value);
            var at = market.Time.GetUtcNow();
            await market.Account("client").SetAside(caller, hold, new TokenAmount(100), at);
            var settlement = new SharedSettlement(
                hold,
                at,
                new TokenAmount(90),
                [new PayeeShare(TestMarket.Id("c"), 2), new PayeeShare(TestMarket.Id("d"), 1)],
                TestMarket.Id("e")
            )
            {
                Amounts =
                [
                    new PayeeAmount(TestMarket.Id("a"), new TokenAmount(30)),
                    new PayeeAmount(TestMarket.Id("b"), new TokenAmount(40)),
                ],
            };
            await market.Account("client").SettleShared(settlement, Authority.Treasury);
            await market.Settle();
            int[] got = [.. await Task.WhenAll("abcde".Select(name => Got(market, $"{name}")))];
            Assert.Equal([30, 40, 13, 6, 1], got);
            market.IsMadeUp = true;
        });

    private static async Task<Caller> Staked(TestMarket market, params int[] amounts)
    {
        var caller = await market.OpenAccount("staker", credit: 1000);
        for (var index = 0; index < amounts.Length; index++)
        {
            await Of(market).Stake(caller, new StakeRequest($"{index}", new TokenAmount((UInt128)amounts[index])));
        }
        return caller;
    }

    /// <summary>The n-th fee goes to the n-th juror.</summary>
    private static SlashOrder Order(TestMarket market, int amount, params int[] fees) =>
        new(
            Dispute: Disputed,
            At: market.Time.GetUtcNow(),
            Amount: new TokenAmount((UInt128)amount),
            Payees: [.. fees.Select((fee, index) => new PayeeAmount(TestMarket.Id($"juror {index}"), new TokenAmount((UInt128)fee)))],
            Rest: TestMarket.Id("buyer"),
            Price: new TokenAmount(10)
        );

    private static IReputationGrain Of(TestMarket market) => market.Grains.GetGrain<IReputationGrain>(ReputationKeys.OfWorker(Worker));

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

    /// <summary>As they are stored.</summary>
    private static IReadOnlyList<Stake> Stakes(TestMarket market) =>
        [
            .. ReputationState
                .Read(market.Disk.Documents[new DocumentKey(ReputationState.Kind, ReputationKeys.OfWorker(Worker))].Content.Span)
                .Stakes,
        ];

    /// <summary>The process ends right after the n-th write of the reputation, or of the staker's account.</summary>
    private static async Task CrashAfter(TestMarket market, int write, string of, Func<Task> call)
    {
        var seen = 0;
        var watched = of == Account ? $"{Account}/{TestMarket.Id("staker")}" : Reputation;
        market.Store.OnWrite = name =>
            name.StartsWith(watched, StringComparison.Ordinal) && ++seen == write ? WriteFate.CrashAfter : WriteFate.Done;
        // What it waits for never comes.
        _ = call();
        for (var until = market.Time.GetUtcNow() + Unbonding; !market.Store.IsCrashed; )
        {
            Assert.True(market.Time.GetUtcNow() < until);
            await Task.Delay(TimeSpan.FromSeconds(1), market.Time);
        }
        await market.CrashAndStart();
    }

    private static async Task Refused(ErrorCode code, Func<Task> call) =>
        Assert.Equal(code, (await Assert.ThrowsAsync<MarketException>(call)).Code);

    /// <summary>Reminders outlive a crash, as on a real silo.</summary>
    private static void Run(Func<TestMarket, Task> scenario, ulong seed = 1)
    {
        var reminders = new MemoryReminderStore();
        TestMarket.Run(scenario, seed, services => services.AddSingleton<IReminderStore>(reminders));
    }
}
