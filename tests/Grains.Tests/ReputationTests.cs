using Marketplace.GrainInterfaces;
using Marketplace.Grains.Tests.Support;
using Marketplace.Testing;

namespace Marketplace.Grains.Tests;

/// <summary>How outcomes become a score, what is counted once, and what an appeal does.</summary>
public sealed class ReputationTests
{
    private static readonly DateTimeOffset Then = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly WorkerId Worker = new(TestMarket.Id("worker").Value);
    private static readonly Caller Owner = new(TestMarket.Id("worker"), "mk0000000000000000", Scopes.Submit);
    private static readonly Caller Operator = new(TestMarket.Id("operator"), "mk1111111111111111", Scopes.Admin);

    [Fact]
    public void Newcomer_StartsBelowAllWhoKeepToWhatTheyAgree()
    {
        var newcomer = ReputationRules.StandingOf(ReputationState.Unknown);
        Assert.Equal(new Standing(ReputationPolicy.NewcomerScore, StandingLevel.Newcomer, false), newcomer);

        var first = Standing(Kept(ReputationState.Unknown, 1));
        var settled = Standing(Kept(ReputationState.Unknown, 1000));
        Assert.True(newcomer.Score < first.Score && first.Score < settled.Score);
        Assert.Equal((StandingLevel.Newcomer, StandingLevel.Good), (first.Level, settled.Level));
    }

    [Fact]
    [TestsBound(typeof(ReputationPolicy), nameof(ReputationPolicy.WarningScore))]
    [TestsBound(typeof(ReputationPolicy), nameof(ReputationPolicy.ProbationScore))]
    [TestsBound(typeof(ReputationPolicy), nameof(ReputationPolicy.ExclusionScore))]
    [TestsBound(typeof(ReputationPolicy), nameof(ReputationPolicy.NewcomerJobs))]
    public void EachLevel_BeginsBelowItsScore_AndTheMarginsSayWhen()
    {
        foreach (var before in new[] { ReputationState.Unknown, Kept(ReputationState.Unknown, 30) })
        {
            var margins = ReputationRules.ToView(before).Margins;
            Assert.Equal([StandingLevel.Warning, StandingLevel.Probation, StandingLevel.Excluded], margins.Select(margin => margin.Level));
            var state = before;
            var faults = 0;
            foreach (var margin in margins)
            {
                for (; faults < margin.Faults; faults++)
                {
                    Assert.True(Standing(state).Score >= margin.Below);
                    Assert.True(Standing(state).Level < margin.Level);
                    state = Faulted(state, Then);
                }
                Assert.True(Standing(state).Score < margin.Below);
                Assert.Equal(margin.Level, Standing(state).Level);
                Assert.Equal(0, ReputationRules.ToView(state).Margins.Single(left => left.Level == margin.Level).Faults);
            }
        }
        var (few, enough) = (Kept(ReputationState.Unknown, ReputationPolicy.NewcomerJobs - 1), Kept(ReputationState.Unknown, 10));
        Assert.Equal((StandingLevel.Newcomer, StandingLevel.Good), (Standing(few).Level, Standing(enough).Level));
    }

    [Fact]
    [TestsBound(typeof(ReputationPolicy), nameof(ReputationPolicy.FaultTimesMax))]
    [TestsBound(typeof(ReputationPolicy), nameof(ReputationPolicy.KeptTimesMax))]
    [TestsBound(typeof(ReputationPolicy), nameof(ReputationPolicy.WeightPartsMin))]
    public void Outcome_WeighsByItsPrice_ButNotWithoutBound()
    {
        var settled = Kept(ReputationState.Unknown, 100, price: 100);
        long Fault(long? price) => Faulted(settled, Then, price).Long.Faulted;
        long Good(long? price) => Kept(settled, 1, price).Long.Kept - settled.Long.Kept;
        Assert.Equal((1000, 5000, 10_000, 10_000, 10_000), (Fault(100), Fault(500), Fault(1000), Fault(1001), Fault(null)));
        Assert.Equal((1000, 2000, 2000, 2000), (Good(100), Good(200), Good(201), Good(null)));
        Assert.Equal((250, 250, 260, 250), (Fault(0), Fault(25), Fault(26), Good(0)));
    }

    [Fact]
    public void CheapJobs_DoNotPayForDearFaults()
    {
        var state = Kept(ReputationState.Unknown, 100, price: 100);
        for (var count = 0; count < 30; count++)
        {
            state = Faulted(state, Then, price: 1000);
        }
        var padded = Kept(state, 100, price: 1);
        Assert.Equal(StandingLevel.Excluded, Standing(state).Level);
        Assert.True(Standing(padded).Level >= StandingLevel.Probation);
    }

    [Theory]
    [InlineData(null), InlineData(1L)]
    public void FirstFault_WhateverItCouldHaveCost_IsMadeUpForByGoodJobs(long? price)
    {
        var state = Faulted(ReputationState.Unknown, Then, price);
        Assert.Equal(StandingLevel.Warning, Standing(state).Level);
        var score = Standing(state).Score;
        for (var count = 0; count < 20; count++)
        {
            state = Kept(state, 1, price: 10);
            Assert.True(Standing(state).Score >= score);
            score = Standing(state).Score;
        }
        Assert.Equal(StandingLevel.Good, Standing(state).Level);
    }

    [Fact]
    public void OneDearJob_BuysNoImmunity()
    {
        var state = Kept(ReputationState.Unknown, 1, price: 1_000_000_000);
        for (var count = 0; count < 100; count++)
        {
            state = Faulted(state, Then, price: 10);
        }
        Assert.Equal(StandingLevel.Excluded, Standing(state).Level);
    }

    [Fact]
    [TestsBound(typeof(ReputationPolicy), nameof(ReputationPolicy.HalfLife))]
    [TestsBound(typeof(ReputationPolicy), nameof(ReputationPolicy.RecentHalfLife))]
    public void Past_WeighsHalfAfterAHalfLife_AndNothingInTheEnd()
    {
        var tally = default(Tally).At(Tally.HourOf(Then), ReputationPolicy.HalfLife).WithKept(1_000_000).WithFault(1_000_000);
        foreach (var halfLife in new[] { ReputationPolicy.HalfLife, ReputationPolicy.RecentHalfLife })
        {
            var later = tally.At(Tally.HourOf(Then + halfLife), halfLife);
            Assert.InRange(later.Kept, 499_990, 500_010);
            Assert.InRange(later.Faulted, 499_990, 500_010);
            var stepped = Enumerable.Range(1, (int)halfLife.TotalHours).Aggregate(tally, (past, _) => past.At(past.Hour + 1, halfLife));
            Assert.InRange(later.Kept - stepped.Kept, 0, 2000);
        }
        Assert.Equal(
            ReputationPolicy.NewcomerScore,
            tally.At(long.MaxValue / 2, ReputationPolicy.HalfLife).Score(ReputationPolicy.NewcomerScore)
        );
        Assert.Equal(tally, tally.At(tally.Hour - 1, ReputationPolicy.HalfLife));
    }

    [Fact]
    public void GoodYear_DoesNotPayForABadDay_AndABadDayPasses()
    {
        var state = Kept(ReputationState.Unknown, 10_000);
        var day = Then + TimeSpan.FromDays(2);
        for (var count = 0; count < 200; count++)
        {
            state = Faulted(state, day);
        }
        Assert.Equal(StandingLevel.Excluded, Standing(state, day).Level);
        Assert.Equal(StandingLevel.Good, Standing(state, day + TimeSpan.FromDays(3)).Level);
    }

    [Fact]
    public void SumsOfAnySize_DoNotOverflow()
    {
        var state = ReputationState.Unknown;
        for (var count = 0; count < 100; count++)
        {
            state = Kept(state, int.MaxValue / 100, price: null);
            state = Faulted(state, Then, price: null);
        }
        Assert.InRange(Standing(state, Then + TimeSpan.FromDays(1)).Score, 0, 1000);
        ReputationRules.ToView(state);
    }

    [Fact]
    [TestsBound(typeof(ReputationPolicy), nameof(ReputationPolicy.MarketsMax))]
    public void Batch_CountsOnce_AndMarketsCountTheirOwn()
    {
        var state = Record(ReputationState.Unknown, Batch("a", 7, 1));
        Assert.True(ReputationRules.IsKnown(state, Batch("a", 7, 1)));
        Assert.True(ReputationRules.IsKnown(state, Batch("a", 6, 9)));
        Assert.False(ReputationRules.IsKnown(state, Batch("a", 7, 2)));
        Assert.False(ReputationRules.IsKnown(state, Batch("a", 8, 1)));
        Assert.False(ReputationRules.IsKnown(state, Batch("b", 1, 1)));
        for (var number = 1; number < ReputationPolicy.MarketsMax; number++)
        {
            state = Record(state, Batch($"{number}", 1, 1));
        }
        Assert.True(ReputationRules.IsKnown(state, Batch("a", 7, 1)));
        state = Record(state, Batch("one more", 1, 1));
        Assert.False(ReputationRules.IsKnown(state, Batch("a", 7, 1)));
        Assert.Equal(ReputationPolicy.MarketsMax, state.Markets.Length);
    }

    [Fact]
    [TestsBound(typeof(MarketLimits), nameof(MarketLimits.FaultsMax))]
    [TestsBound(typeof(ReputationPolicy), nameof(ReputationPolicy.ReasonCharsMax))]
    public void Faults_AreKeptNewestFirst_AsManyAsAllowed()
    {
        var state = ReputationState.Unknown;
        for (var number = 0; number <= MarketLimits.FaultsMax; number++)
        {
            state = Faulted(state, Then, reason: number == 1 ? new string('r', ReputationPolicy.ReasonCharsMax + 1) : $"{number}");
        }
        var faults = ReputationRules.ToView(state).Faults;
        Assert.Equal(MarketLimits.FaultsMax, faults.Length);
        Assert.Equal($"{MarketLimits.FaultsMax}", faults[0].Reason);
        Assert.Equal(ReputationPolicy.ReasonCharsMax, faults[^1].Reason.Length);
        Assert.Equal(MarketLimits.FaultsMax + 1, state.Faulted);
    }

    [Fact]
    public void GrantedAppeal_TakesAwayWhatItsFaultsAdded_AlsoDaysLater()
    {
        var before = Kept(ReputationState.Unknown, 50);
        var state = Faulted(before, Then, reason: "wrong");
        var fault = Assert.Single(ReputationRules.ToView(state).Faults);
        var later = Then + TimeSpan.FromDays(3);
        state = ReputationRules.WithAppeal(state, new AppealRequest("r", [fault.Job], "no"), later);
        var granted = ReputationRules.WithDecision(state, state.Appeals[0], new AppealDecision("r", true, "yes"), later);

        Assert.Equal(Standing(before, later).Score, Standing(granted, later).Score);
        Assert.Equal(0, granted.Faulted);
        var again = ReputationRules.WithDecision(granted, granted.Appeals[0], new AppealDecision("r", true, "yes"), later);
        Assert.Equal((granted.Long, granted.Recent, granted.Faulted), (again.Long, again.Recent, again.Faulted));
    }

    [Fact]
    [TestsBound(typeof(ReputationPolicy), nameof(ReputationPolicy.OpenAppealsMax))]
    [TestsBound(typeof(ReputationPolicy), nameof(ReputationPolicy.AppealsMax))]
    [TestsBound(typeof(MarketLimits), nameof(MarketLimits.WordsBytesMax))]
    public void Appeals_AreOncePerRequest_Bounded_AndDecidedOnce() =>
        TestMarket.Run(async market =>
        {
            var grain = market.Grains.GetGrain<IReputationGrain>(ReputationKeys.OfWorker(Worker));
            var fault = new Fault(new JobId(TestMarket.Id("job").Value), Then, new TokenAmount(5), "bad");
            await grain.Record(new OutcomeBatch("wasm", 1, 1, 0, TokenAmount.Zero, [fault]), Authority.Market);
            var words = new string('w', MarketLimits.WordsBytesMax);
            for (var number = 0; number < ReputationPolicy.AppealsMax + 1; number++)
            {
                var request = new AppealRequest($"{number}", [fault.Job], words);
                await grain.Appeal(Owner, request);
                Assert.Single((await grain.Appeal(Owner, request)).Appeals, appeal => appeal.RequestId == request.RequestId);
                await Refused(ErrorCode.RequestIdReused, () => grain.Appeal(Owner, request with { Words = "other" }));
                if (number >= ReputationPolicy.OpenAppealsMax - 1)
                {
                    await Refused(ErrorCode.LimitExceeded, () => grain.Appeal(Owner, request with { RequestId = "one more" }));
                    var decision = new AppealDecision($"{number - 3}", Granted: false, "no");
                    await grain.Decide(Operator, decision);
                    await grain.Decide(Operator, decision);
                    await Refused(ErrorCode.AppealRefused, () => grain.Decide(Operator, decision with { Granted = true }));
                }
            }
            var view = await grain.Get(Owner);
            Assert.Equal(view.Appeals.Length, (await grain.Get(Operator)).Appeals.Length);
            // Faults name jobs of others.
            foreach (var other in new[] { null, Owner with { Account = TestMarket.Id("stranger") } })
            {
                var shown = await grain.Get(other);
                Assert.Equal((view.Standing, 0, 0), (shown.Standing, shown.Faults.Length, shown.Appeals.Length));
            }
            Assert.Equal(ReputationPolicy.AppealsMax, view.Appeals.Length);
            Assert.DoesNotContain(view.Appeals, appeal => appeal.RequestId == "0");
            await Refused(ErrorCode.LimitExceeded, () => grain.Appeal(Owner, new AppealRequest("x", [fault.Job], words + "w")));
            await Refused(ErrorCode.LimitExceeded, () => grain.Appeal(Owner, new AppealRequest("x", [fault.Job], "")));
            await Refused(ErrorCode.LimitExceeded, () => grain.Appeal(Owner, new AppealRequest("x", [], "words")));
            var foreign = new JobId(TestMarket.Id("other").Value);
            await Refused(ErrorCode.AppealRefused, () => grain.Appeal(Owner, new AppealRequest("x", [foreign], "words")));
            await Refused(ErrorCode.AppealRefused, () => grain.Decide(Operator, new AppealDecision("x", true, "words")));
        });

    [Fact]
    public void OnlyTheOwnerAndTheOperator_SpeakForAWorker_AndOnlyMarketsCount() =>
        TestMarket.Run(async market =>
        {
            var grain = market.Grains.GetGrain<IReputationGrain>(ReputationKeys.OfWorker(Worker));
            var stranger = Owner with { Account = TestMarket.Id("stranger") };
            await Refused(ErrorCode.Forbidden, () => grain.SetMaintenance(stranger, true));
            await Refused(ErrorCode.Forbidden, () => grain.SetMaintenance(Owner with { Scopes = Scopes.Read }, true));
            await Refused(ErrorCode.Forbidden, () => grain.Appeal(stranger, new AppealRequest("r", [default], "words")));
            await Refused(ErrorCode.Forbidden, () => grain.Decide(Owner, new AppealDecision("r", true, "words")));
            await Refused(ErrorCode.Forbidden, () => grain.Record(Batch("a", 1, 1), Authority.Gateway));
            Assert.True((await grain.SetMaintenance(Owner, true)).Standing.InMaintenance);
            Assert.False((await grain.SetMaintenance(Operator, false)).Standing.InMaintenance);
        });

    private static Standing Standing(ReputationState state, DateTimeOffset? at = null) =>
        ReputationRules.StandingOf(ReputationRules.At(state, at ?? Then));

    private static ReputationState Record(ReputationState state, OutcomeBatch batch, DateTimeOffset? at = null) =>
        ReputationRules.Record(state, batch, at ?? Then);

    private static OutcomeBatch Batch(string market, long start, long sequence) => new(market, start, sequence, 1, new TokenAmount(10), []);

    private static ReputationState Kept(ReputationState state, int jobs, long? price = 10) =>
        Record(
            state,
            new OutcomeBatch("wasm", 1, 1, jobs, price is { } each ? new TokenAmount((UInt128)(each * jobs)) : new(UInt128.MaxValue), [])
        );

    private static ReputationState Faulted(ReputationState state, DateTimeOffset at, long? price = 10, string reason = "failed") =>
        Record(
            state,
            new OutcomeBatch(
                "wasm",
                1,
                1,
                0,
                TokenAmount.Zero,
                [
                    new Fault(
                        new JobId(TestMarket.Id($"{state.Faulted}").Value),
                        at,
                        price is { } paid ? new TokenAmount((UInt128)paid) : new(UInt128.MaxValue),
                        reason
                    ),
                ]
            ),
            at
        );

    private static async Task Refused(ErrorCode code, Func<Task> call) =>
        Assert.Equal(code, (await Assert.ThrowsAsync<MarketException>(call)).Code);
}
