using System.Collections.Immutable;
using System.Numerics;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;
using Marketplace.Testing;
using static Marketplace.Grains.Tests.Support.DisputeScene;

namespace Marketplace.Grains.Tests;

/// <summary>
/// Disputes: when a jury is asked, what it decides, who loses what to whom, and that each happens once. What is told of one is checked as a
/// stranger would.
/// </summary>
public sealed class DisputeTests
{
    [Fact]
    public void DisputeWithEnoughAtStake_AsksForAJury_OnceAndAgainUntilThereIsAVerdict() =>
        Run(async scene =>
        {
            await scene.StakeForAll();
            await scene.Dispute.Open(scene.Case(), Authority.Market);
            var trial = Assert.Single(scene.Jury.Trials);
            Assert.Equal((DisputePolicy.Lead, DisputePolicy.SeatsMax), (trial.Lead, trial.SeatsMax));
            Assert.Equal(new TokenAmount(PriceMax / 3), trial.SeatPriceMax);
            Assert.Equal(2, trial.Results.Length);
            // Neither those that voted, nor the client's own.
            Assert.Equal(4, trial.Voters.Length);
            Assert.Contains(TestMarket.Id("buyer"), trial.Owners);
            Assert.Equal("in"u8, trial.Ticket.Spec.Input.Span);
            var open = await scene.Checked();
            Assert.Equal((DisputeStates.Open, 3, true), (open.State, open.Votes.Count, open.Verdict.IsZero));

            // The same, and another market's case, change nothing.
            await scene.Dispute.Open(scene.Case(), Authority.Market);
            await scene.Dispute.Open(scene.Case(null, scene.Cast("x", "lie"), scene.Cast("y", "truth")), Authority.Market);
            Assert.Equal(open.Hash(), (await scene.Checked()).Hash());

            await scene.Market.CrashAndStart();
            await Task.Delay(2 * DisputePolicy.CheckPeriod, scene.Market.Time);
            Assert.InRange(scene.Jury.Trials.Count, 2, 4);
        });

    [Theory]
    [InlineData("nothing at stake", false), InlineData("nothing at stake", true)]
    public void DisputeWithTooLittleAtStake_IsKeptAsEvidence(string reason, bool isOneBacked) =>
        Run(async scene =>
        {
            if (isOneBacked)
            {
                await scene.Stake("seat", JuryCostMax);
                await scene.Stake("liar 0", JuryCostMax - 1);
                await scene.Stake("liar 1", 1);
            }
            await scene.Dispute.Open(scene.Case(), Authority.Market);
            await ExpectKept(scene, reason);
            await Refused(ErrorCode.MalformedRequest, () => scene.Dispute.Decide(scene.Truth(), Authority.Market));
        });

    [Fact]
    public void DisputeWithoutAJury_OrOfARemovedProgram_IsKeptAsEvidence()
    {
        Run(
            async scene =>
            {
                await scene.StakeForAll();
                await scene.Dispute.Open(scene.Case(), Authority.Market);
                await ExpectKept(scene, "this market has no juries");
            },
            hasJury: false
        );
        Run(async scene =>
        {
            await scene.StakeForAll();
            await scene.Market.Grains.GetGrain<IProgramGrain>(scene.Ticket.Spec.Program.ToString()).Remove(scene.Staker);
            await scene.Dispute.Open(scene.Case(), Authority.Market);
            await ExpectKept(scene, "the program was removed");
        });
    }

    [Fact]
    public void Verdict_SlashesTheLosers_PaysTheJuryAndTheBuyer_AndClearsWhoWasRight() =>
        Run(async scene =>
        {
            await scene.StakeForAll();
            var fault = new GrainInterfaces.Fault(scene.Ticket.Job, scene.Market.Time.GetUtcNow(), new TokenAmount(10), "another result");
            var batch = new OutcomeBatch("market", 1, 1, 0, TokenAmount.Zero, [fault]);
            await scene.Reputation("seat").Record(batch, Authority.Market);
            Assert.Equal(TokenAmount.Zero, await scene.Dispute.GetRepaid());
            await scene.Dispute.Open(scene.Case(), Authority.Market);
            Assert.Null(await scene.Dispute.GetRepaid());
            for (var time = 0; time < 3; time++)
            {
                await scene.Dispute.Decide(scene.Truth(), Authority.Market);
            }
            await scene.Market.Settle();
            Assert.Equal(new TokenAmount(2 * PriceMax), await scene.Dispute.GetRepaid());

            var settled = await scene.Checked();
            Assert.Equal((DisputeStates.Settled, scene.Cast("any", "truth").Execution), (settled.State, settled.Verdict));
            Assert.Equal([PriceMax + 42, PriceMax + 43], settled.Slashings.Select(lost => (int)lost.Amount.BaseUnits).Order());
            Assert.Equal(DisputePolicy.Lead * Fee, await scene.JurorsHave());
            Assert.Equal(2 * PriceMax, await scene.Has("buyer"));
            Assert.Equal(100_000 - (2 * PriceMax) - (DisputePolicy.Lead * Fee), await scene.Has("staker"));
            Assert.Equal(0, (await scene.Reputation("seat").Get(null)).Faulted);
            foreach (var liar in new[] { "liar 0", "liar 1" })
            {
                var view = await scene.Reputation(liar).Get(null);
                Assert.Equal(StandingLevel.Excluded, view.Standing.Level);
                // What was not taken stays at stake.
                Assert.InRange((int)view.Standing.Stake.BaseUnits, JuryCostMax - PriceMax - 43, JuryCostMax - PriceMax - 42);
            }
            Assert.Equal(new TokenAmount(JuryCostMax), (await scene.Reputation("seat").Get(null)).Standing.Stake);
            // The evidence has the input's hash only.
            Assert.True(scene.Stored()!.Ticket.Spec.Input.IsEmpty);
        });

    [Fact]
    public void DecisionAfterADecision_WithOtherVotes_IsRefused() =>
        Run(async scene =>
        {
            await scene.StakeForAll();
            await scene.Dispute.Open(scene.Case(), Authority.Market);
            await scene.Dispute.Decide(scene.Truth(), Authority.Market);
            var settled = await scene.Checked();
            JuryVerdict[] others =
            [
                scene.Truth(DisputePolicy.Lead + 1),
                new([.. scene.Jurors(DisputePolicy.Lead, "lie")], null),
                new([], "too few jurors"),
            ];
            foreach (var other in others)
            {
                await Refused(ErrorCode.MalformedRequest, () => scene.Dispute.Decide(other, Authority.Market));
            }
            Assert.Equal(settled.Hash(), (await scene.Checked()).Hash());
            Assert.Equal(2 * PriceMax, await scene.Has("buyer"));
        });

    [Fact]
    public void LoserThatCannotPay_LeavesTheJuryToTheOthers_AndJurorsThatLiedLoseToo() =>
        Run(async scene =>
        {
            await scene.Stake("seat", JuryCostMax);
            await scene.Stake("liar 0", 20);
            await scene.Stake("liar 1", JuryCostMax);
            await scene.Stake("juror 40", 7);
            await scene.Dispute.Open(scene.Case(), Authority.Market);
            // Jurors ask different prices; none gets more than a seat may cost. One was too slow, and one lied.
            ImmutableArray<CastVote> jurors =
            [
                .. scene.Jurors(DisputePolicy.Lead, "truth"),
                scene.Cast("juror 30", "truth", price: 1000),
                scene.Cast("juror 40", "lie"),
                scene.Cast("juror 50", null),
            ];
            await scene.Dispute.Decide(new JuryVerdict(jurors, null), Authority.Market);
            await scene.Market.Settle();

            var settled = await scene.Checked();
            const int Cost = (DisputePolicy.Lead * Fee) + 100;
            Assert.Equal((Cost, 0, 100), (await scene.JurorsHave(), await scene.Has("juror 50"), await scene.Has("juror 30")));
            Assert.Equal(PriceMax, await scene.Has("buyer"));
            Assert.Equal([7, 20, Cost - 27 + PriceMax], settled.Slashings.Select(lost => (int)lost.Amount.BaseUnits).Order());
        });

    [Fact]
    public void JuryWithoutAVerdict_ChangesNothing() =>
        Run(async scene =>
        {
            await scene.StakeForAll();
            await scene.Dispute.Open(scene.Case(), Authority.Market);
            JuryVerdict[] contradictions =
            [
                new([.. scene.Jurors(DisputePolicy.Lead - 1, "truth")], null),
                new([.. scene.Jurors(DisputePolicy.Lead, "truth")], "too few jurors"),
                new([.. scene.Jurors(DisputePolicy.Lead, "truth"), .. scene.Jurors(1, "lie", first: 40)], null),
            ];
            foreach (var contradiction in contradictions)
            {
                await Refused(ErrorCode.MalformedRequest, () => scene.Dispute.Decide(contradiction, Authority.Market));
            }
            var none = new JuryVerdict([.. scene.Jurors(DisputePolicy.Lead - 1, "truth")], "too few jurors");
            for (var time = 0; time < 2; time++)
            {
                await scene.Dispute.Decide(none, Authority.Market);
            }
            await scene.Market.Settle();
            var undecided = await scene.Checked();
            Assert.Equal((DisputeStates.Undecided, "too few jurors"), (undecided.State, undecided.Reason));
            Assert.Equal((0, 0, 100_000), (await scene.JurorsHave(), await scene.Has("buyer"), await scene.Has("staker")));
            Assert.Equal(0, (await scene.Reputation("liar 0").Get(null)).Faulted);
        });

    [Fact]
    [TestsBound(typeof(DisputePolicy), nameof(DisputePolicy.TrialMax))]
    public void JuryThatSaysNothing_EndsWithItsTime_AndALateVerdictIsRefused() =>
        Run(async scene =>
        {
            await scene.StakeForAll();
            scene.Jury.IsAway = true;
            await scene.Dispute.Open(scene.Case(), Authority.Market);
            await Task.Delay(DisputePolicy.TrialMax - TimeSpan.FromMinutes(1), scene.Market.Time);
            Assert.Equal(DisputeStates.Open, (await scene.Checked()).State);
            await Task.Delay(DisputePolicy.CheckPeriod + TimeSpan.FromMinutes(1), scene.Market.Time);
            Assert.Equal(DisputeStates.Undecided, (await scene.Checked()).State);
            await Refused(ErrorCode.MalformedRequest, () => scene.Dispute.Decide(scene.Truth(), Authority.Market));
            Assert.Equal(100_000, await scene.Has("staker"));
        });

    [Fact]
    public void StakeThatWasTakenBackBefore_StaysAtStakeUntilTheTrialIsOver() =>
        Run(async scene =>
        {
            await scene.StakeForAll();
            await scene.Reputation("liar 0").Unstake(scene.Staker, ["liar 0"]);
            await scene.Reputation("seat").Unstake(scene.Staker, ["seat"]);
            await Task.Delay(new StakeTerms().Unbonding - TimeSpan.FromHours(1), scene.Market.Time);
            await scene.Dispute.Open(scene.Case(), Authority.Market);
            await Task.Delay(DisputePolicy.TrialMax - TimeSpan.FromMinutes(5), scene.Market.Time);
            Assert.Equal(new TokenAmount(JuryCostMax), await scene.Reputation("seat").FindAtStake());
            await scene.Dispute.Decide(scene.Truth(), Authority.Market);
            Assert.Equal(2, (await scene.Checked()).Slashings.Count(lost => !lost.Amount.IsZero));
            await Task.Delay(2 * StakePolicy.CheckPeriod, scene.Market.Time);
            Assert.Equal(TokenAmount.Zero, await scene.Reputation("seat").FindAtStake());
        });

    /// <summary>Neither a trial that lasts as long as it may, nor a slash that cannot be done for days, lets a loser's money go.</summary>
    [Fact]
    public void Unbonding_DoesNotEndBeforeTheVerdictIsExecuted_HoweverLongThatTakes() =>
        Run(async scene =>
        {
            await scene.StakeForAll();
            foreach (var name in new[] { "liar 0", "liar 1", "seat" })
            {
                await scene.Reputation(name).Unstake(scene.Staker, [name]);
            }
            var market = scene.Market;
            await Task.Delay(new StakeTerms().Unbonding - TimeSpan.FromMinutes(1), market.Time);
            await scene.Dispute.Open(scene.Case(), Authority.Market);
            await Task.Delay(DisputePolicy.TrialMax - TimeSpan.FromMinutes(5), market.Time);
            Assert.Equal(new TokenAmount(JuryCostMax), await scene.Reputation("liar 0").FindAtStake());

            var liar = ReputationKeys.OfWorker(new WorkerId(TestMarket.Id("liar 0").Value));
            market.Store.OnWrite = name => name.EndsWith(liar, StringComparison.Ordinal) ? WriteFate.Lost : WriteFate.Done;
            await scene.Dispute.Decide(scene.Truth(), Authority.Market);
            await Task.Delay(3 * new StakeTerms().Unbonding, market.Time);
            Assert.Equal(DisputeStates.Decided, (await scene.Checked()).State);
            market.Store.OnWrite = _ => WriteFate.Done;
            await market.CrashAndStart();
            await Task.Delay(2 * DisputePolicy.CheckPeriod, market.Time);
            var settled = await scene.Checked();
            Assert.Equal((DisputeStates.Settled, 2), (settled.State, settled.Slashings.Count(lost => !lost.Amount.IsZero)));
            Assert.Equal((2 * PriceMax, DisputePolicy.Lead * Fee), (await scene.Has("buyer"), await scene.JurorsHave()));
            await Task.Delay(3 * StakePolicy.CheckPeriod, market.Time);
            Assert.Equal(TokenAmount.Zero, (await market.Account("staker").Get()).Held);
        });

    /// <summary>The verdict of one dispute leaves what the other one has frozen, though all of it was taken back before.</summary>
    [Fact]
    public void TwoDisputesOfTheSameWorkers_AreBothPaidInFull() =>
        Run(async scene =>
        {
            await scene.StakeForAll();
            await Task.WhenAll(Voters.Select(name => scene.Reputation(name).Unstake(scene.Staker, [name])));
            var market = scene.Market;
            await Task.Delay(new StakeTerms().Unbonding - TimeSpan.FromMinutes(1), market.Time);
            var ticket = scene.Ticket with { Job = new JobId(TestMarket.Id("other job").Value) };
            var other = market.Grains.GetGrain<IDisputeGrain>(ticket.Job.ToString());
            CastVote Cast(string worker, string output) => CastVotes.Cast(ticket, worker, output, price: 10, fuel: 500_000);
            await scene.Dispute.Open(scene.Case(), Authority.Market);
            await other.Open(
                new DisputeCase(ticket, null, [Cast("liar 0", "lie"), Cast("seat", "truth"), Cast("liar 1", "lie")], null),
                Authority.Market
            );
            Assert.Equal(2, scene.Jury.Trials.Count);
            await Task.Delay(TimeSpan.FromHours(1), market.Time);
            await scene.Dispute.Decide(scene.Truth(), Authority.Market);
            await Task.Delay(TimeSpan.FromHours(4), market.Time);
            Assert.True(await scene.Reputation("liar 0").FindAtStake() > new TokenAmount(JuryCostMax / 2));
            var jurors = Enumerable.Range(0, DisputePolicy.Lead).Select(number => Cast($"juror {number}", "truth"));
            await other.Decide(new JuryVerdict([.. jurors], null), Authority.Market);
            await market.Settle();
            Assert.Equal((4 * PriceMax, 2 * DisputePolicy.Lead * Fee), (await scene.Has("buyer"), await scene.JurorsHave()));
            await Task.Delay(2 * StakePolicy.CheckPeriod, market.Time);
            var left = await market.Account("staker").Get();
            Assert.Equal(
                (100_000 - (4 * PriceMax) - (2 * DisputePolicy.Lead * Fee), 0),
                ((int)left.Available.BaseUnits, (int)left.Held.BaseUnits)
            );
        });

    [Theory]
    [TestsBound(typeof(DisputePolicy), nameof(DisputePolicy.FrozenJuror))]
    [InlineData(-1, 7), InlineData(1, 0)]
    public void JurorThatLost_IsFrozenWithTheVerdict_ForAWhile(int hours, int taken) =>
        Run(async scene =>
        {
            await scene.StakeForAll();
            await scene.Stake("juror 40", 7);
            await scene.Reputation("juror 40").Unstake(scene.Staker, ["juror 40"]);
            await Task.Delay(new StakeTerms().Unbonding - TimeSpan.FromMinutes(1), scene.Market.Time);
            await scene.Dispute.Open(scene.Case(), Authority.Market);
            var (market, seen) = (scene.Market, 0);
            // There is a verdict, which gets no farther for a while.
            market.Store.OnWrite = name =>
                name.StartsWith("dispute", StringComparison.Ordinal) && ++seen > 1 ? WriteFate.Lost : WriteFate.Done;
            var jury = new JuryVerdict([.. scene.Jurors(DisputePolicy.Lead + 1, "truth"), scene.Cast("juror 40", "lie")], null);
            await scene.Dispute.Decide(jury, Authority.Market);
            var end = scene.Stored()!.DecidedAt!.Value + DisputePolicy.FrozenJuror;
            await Task.Delay(end - market.Time.GetUtcNow() + TimeSpan.FromHours(hours), market.Time);
            market.Store.OnWrite = _ => WriteFate.Done;
            await Task.Delay(2 * DisputePolicy.CheckPeriod, market.Time);
            var settled = await scene.Checked();
            Assert.Equal(DisputeStates.Settled, settled.State);
            var lost = settled.Slashings.Single(lost => lost.Worker == new WorkerId(TestMarket.Id("juror 40").Value));
            Assert.Equal(taken, (int)lost.Amount.BaseUnits);
        });

    [Theory]
    [InlineData(false), InlineData(true)]
    public void DisputeThatIsOver_ThawsAllThatItFroze(bool isVerdict) =>
        Run(async scene =>
        {
            await scene.StakeForAll();
            await scene.Dispute.Open(scene.Case(), Authority.Market);
            Assert.All(Voters, name => Assert.Equal(scene.Ticket.Job, Assert.Single(Freezes(scene, name)).Dispute));
            var none = new JuryVerdict([.. scene.Jurors(2, "truth")], "too few jurors");
            await scene.Dispute.Decide(isVerdict ? scene.Truth() : none, Authority.Market);
            await scene.Market.Settle();
            Assert.All(Voters, name => Assert.Empty(Freezes(scene, name)));
        });

    /// <summary>The process ends behind the dispute's first write, and what was at stake is gone before the next one looks.</summary>
    [Fact]
    public void DisputeWhoseStakesWentBeforeTheyWereFrozen_IsKept_AndThawsTheOthers() =>
        Run(async scene =>
        {
            await scene.StakeForAll();
            var market = scene.Market;
            market.Store.OnWrite = name => name.StartsWith("dispute", StringComparison.Ordinal) ? WriteFate.CrashAfter : WriteFate.Done;
            // What it waits for never comes.
            _ = scene.Dispute.Open(scene.Case(), Authority.Market);
            await market.Settle();
            Assert.True(market.Store.IsCrashed);
            await market.CrashAndStart();
            Assert.Equal((DisputeStates.Open, 0), ((await scene.Checked()).State, scene.Jury.Trials.Count));
            await Refused(ErrorCode.MalformedRequest, () => scene.Dispute.Decide(scene.Truth(), Authority.Market));
            var order = new SlashOrder(
                new JobId(TestMarket.Id("another").Value),
                market.Time.GetUtcNow(),
                new TokenAmount(1),
                [],
                TestMarket.Id("buyer"),
                new TokenAmount(1)
            );
            await scene.Reputation("seat").Slash(order, Authority.Dispute);
            await Task.Delay(2 * DisputePolicy.CheckPeriod, market.Time);
            await ExpectKept(scene, "nothing at stake");
            Assert.All(Voters, name => Assert.Empty(Freezes(scene, name)));
        });

    [Fact]
    public void SeatsThatTimedOut_AreNeverWrong_AndAloneDisputeNothing() =>
        Run(async scene =>
        {
            await scene.StakeForAll();
            await Refused(
                ErrorCode.MalformedRequest,
                () => scene.Dispute.Open(scene.Case("lie", scene.Cast("liar 0", "lie"), scene.Cast("slow", null)), Authority.Market)
            );
            var votes = scene.Case().Votes.Add(scene.Cast("slow", null, fuel: 7));
            await scene.Dispute.Open(scene.Case("lie", [.. votes]), Authority.Market);
            await scene.Dispute.Decide(scene.Truth(), Authority.Market);
            var settled = await scene.Checked();
            Assert.Equal((2, 4), (settled.Slashings.Count, settled.Votes.Count(vote => vote.Role == DisputeVote.Seat)));
        });

    [Fact]
    public void Crash_AfterEachWrite_EndsInTheSameBooks()
    {
        var wasWhole = false;
        for (var write = 1; !wasWhole; write++)
        {
            Run(async scene =>
            {
                await scene.StakeForAll();
                var (seen, market) = (0, scene.Market);
                market.Store.OnWrite = _ => ++seen == write ? WriteFate.CrashAfter : WriteFate.Done;
                // What it waits for never comes.
                var run = OpenAndDecide(scene);
                for (var second = 0; second < 30 && !market.Store.IsCrashed; second++)
                {
                    await Task.Delay(TimeSpan.FromSeconds(1), market.Time);
                }
                wasWhole = !market.Store.IsCrashed;
                market.Store.OnWrite = _ => WriteFate.Done;
                await (wasWhole ? run : market.CrashAndStart());
                if (scene.Stored() is not { Stage: DisputeStage.Decided or DisputeStage.Settled })
                {
                    // The market has not heard that it is durable, and repeats it. All after it the reminders do.
                    await OpenAndDecide(scene);
                }
                await Task.Delay(3 * DisputePolicy.CheckPeriod, market.Time);
                Assert.Equal(DisputeStates.Settled, (await scene.Checked()).State);
                Assert.Equal((2 * PriceMax, DisputePolicy.Lead * Fee), (await scene.Has("buyer"), await scene.JurorsHave()));
                Assert.Equal(100_000 - (2 * PriceMax) - (DisputePolicy.Lead * Fee), await scene.Has("staker"));
            });
            // Dispute, clearing, two reputations, two holds and what becomes of them: ten writes at least, and each juror's account.
            Assert.True(write < 200 && (!wasWhole || write > 20), $"{write - 1} writes");
        }
    }

    [Fact]
    public void TwoMarkets_OpenAndDecideOneDispute()
    {
        for (var seed = 1UL; seed <= 10; seed++)
        {
            Run(
                async scene =>
                {
                    await scene.StakeForAll();
                    var there = scene.On(await scene.Market.StartTwin());
                    var other = scene.Case(null, scene.Cast("liar 0", "lie"), scene.Cast("seat", "truth"));
                    await Task.WhenAll(
                        LostWrites.Resend(() => scene.Dispute.Open(scene.Case(), Authority.Market)),
                        LostWrites.Resend(() => there.Open(other, Authority.Market))
                    );
                    await Task.WhenAll(
                        LostWrites.Resend(() => scene.Dispute.Decide(scene.Truth(), Authority.Market)),
                        LostWrites.Resend(() => there.Decide(scene.Truth(), Authority.Market))
                    );
                    await Task.Delay(3 * DisputePolicy.CheckPeriod, scene.Market.Time);
                    var settled = await scene.Checked();
                    Assert.Equal(DisputeStates.Settled, settled.State);
                    Assert.Equal(settled.Slashings.Count * PriceMax, await scene.Has("buyer"));
                    Assert.Equal(DisputePolicy.Lead * Fee, await scene.JurorsHave());
                },
                seed
            );
        }
    }

    private static readonly string[] Voters = ["liar 0", "seat", "liar 1"];

    private static ImmutableArray<StakeFreeze> Freezes(DisputeScene scene, string name)
    {
        var key = ReputationKeys.OfWorker(new WorkerId(TestMarket.Id(name).Value));
        return ReputationState.Read(scene.Market.Disk.Documents[new Storage.DocumentKey(ReputationState.Kind, key)].Content.Span).Freezes;
    }

    private static async Task OpenAndDecide(DisputeScene scene)
    {
        await scene.Dispute.Open(scene.Case(), Authority.Market);
        await scene.Dispute.Decide(scene.Truth(), Authority.Market);
    }

    private static async Task ExpectKept(DisputeScene scene, string reason)
    {
        var kept = await scene.Checked();
        Assert.Equal(DisputeStates.Kept, kept.State);
        Assert.StartsWith(reason, kept.Reason, StringComparison.Ordinal);
        Assert.Empty(scene.Jury.Trials);
    }

    private static async Task Refused(ErrorCode code, Func<Task> call) =>
        Assert.Equal(code, (await Assert.ThrowsAsync<MarketException>(call)).Code);
}
