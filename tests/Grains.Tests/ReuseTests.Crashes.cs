using Marketplace.GrainInterfaces;
using Marketplace.Testing;

namespace Marketplace.Grains.Tests;

/// <summary>Repeated requests, crashes, and the rules alone.</summary>
public sealed partial class ReuseTests
{
    [Fact]
    public void RepeatedRequest_ReachesTheSameAnswer_AndIsPaidOnce() =>
        TestMarket.Run(async market =>
        {
            var scene = await Scene.Of(market);
            await scene.RunOne("one");
            var jobs = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => scene.Submit("two")));
            await market.Settle();
            await scene.Submit("two");
            await market.Settle();

            Assert.Single(jobs.Distinct());
            Assert.Equal(new TokenAmount(Run + 100), (await market.Account("client").Get()).Spent);
            Assert.Equal(TokenAmount.Zero, (await market.Account("client").Get()).Held);
            Assert.Equal(50, await scene.Earned("author"));
        });

    /// <summary>The process ends at the n-th write from the submission on; the client sends its request again.</summary>
    [Theory]
    [InlineData(nameof(WriteFate.CrashAfter))]
    [InlineData(nameof(WriteFate.Lost))]
    [InlineData(nameof(WriteFate.Unconfirmed))]
    public void CrashAtEachWrite_EndsTheJobOnce_AndPaysOnce(string fate)
    {
        for (var crashAt = 1; crashAt <= 5; crashAt++)
        {
            var at = crashAt;
            TestMarket.Run(async market =>
            {
                var scene = await Scene.Of(market);
                await scene.RunOne("one");
                var writes = 0;
                market.Store.OnWrite = _ => ++writes == at ? Enum.Parse<WriteFate>(fate) : WriteFate.Done;
                try
                {
                    await market.Submit(scene.Client, new SubmitItem("two", scene.Spec));
                    await market.Settle();
                }
                catch (MarketException unknown) when (unknown.Code == ErrorCode.OutcomeUnknown)
                {
                    // The client sends it again.
                }
                catch (Exception) when (market.Store.IsCrashed)
                {
                    // The client gets no answer, and sends it again.
                }
                if (market.Store.IsCrashed)
                {
                    await market.CrashAndStart();
                }
                market.Store.OnWrite = _ => WriteFate.Done;
                await Task.Delay(TimeSpan.FromMinutes(3), market.Time);
                var job = await scene.Submit("two");
                await Task.Delay(TimeSpan.FromMinutes(3), market.Time);

                Assert.Equal((JobStatus.Completed, new TokenAmount(100)), await Ended(scene, job));
                Assert.Equal(new TokenAmount(Run + 100), (await market.Account("client").Get()).Spent);
                Assert.Equal(TokenAmount.Zero, (await market.Account("client").Get()).Held);
                Assert.Equal((Run + 50, 50), (await scene.Earned("worker"), await scene.Earned("author")));
            });
        }

        static async Task<(JobStatus, TokenAmount)> Ended(Scene scene, JobId job)
        {
            var view = await scene.View(job);
            return (view.Status, view.Charge);
        }
    }

    /// <summary>A crash before the index has learned of a job loses an answer, and no more.</summary>
    [Fact]
    public void IndexThatIsNotWritten_LosesOnlyTheAnswer() =>
        TestMarket.Run(async market =>
        {
            var scene = await Scene.Of(market);
            market.Store.OnWrite = name => name.StartsWith("reuse", StringComparison.Ordinal) ? WriteFate.Lost : WriteFate.Done;
            var first = await scene.RunOne("one");
            market.Store.OnWrite = _ => WriteFate.Done;

            Assert.Equal((JobStatus.Completed, new TokenAmount(Run)), ((await scene.View(first)).Status, (await scene.View(first)).Charge));
            Assert.Equal(JobStatus.Pending, (await scene.View(await scene.Submit("two"))).Status);
        });

    /// <summary>The worker's report is answered, and paid, however slow the index is.</summary>
    [Fact]
    public void IndexThatIsSlow_KeepsNoOneFromBeingPaid() =>
        TestMarket.Run(async market =>
        {
            var scene = await Scene.Of(market);
            market.Store.OnWrite = name => name.StartsWith("reuse", StringComparison.Ordinal) ? WriteFate.Late : WriteFate.Done;
            var first = await scene.Submit("one");
            var lease = await scene.Worker.TakeOne();
            var before = market.Time.GetUtcNow();
            await scene.Worker.Report(scene.Worker.Sign(lease, scene.Worker.Completed(lease, fuel: Run * 1000)));

            Assert.InRange(market.Time.GetUtcNow() - before, TimeSpan.Zero, TimeSpan.FromMilliseconds(49));
            await market.Settle();
            Assert.Equal(first, (await scene.View(await scene.Submit("two"))).ReusedJob);
        });

    /// <summary>A job that is not to be reused costs no call and no write more.</summary>
    [Fact]
    public void JobWithoutReuse_AsksNothingAndTellsNothing() =>
        TestMarket.Run(async market =>
        {
            var scene = await Scene.Of(market);
            market.Calls.Counts.Clear();
            await scene.RunOne("one", scene.Spec with { Reuse = false });

            Assert.DoesNotContain(market.Calls.Counts.Keys, call => call.StartsWith("IReuseGrain", StringComparison.Ordinal));
        });

    [Fact]
    public void Shares_AreThePrice_WhateverItAndTheSeatsAre()
    {
        for (var seats = 1; seats <= Assurance.QuorumSeatsMax; seats++)
        {
            AccountId[] executors = [.. Enumerable.Range(0, seats).Select(seat => TestMarket.Id($"executor {seat}"))];
            var reuse = new JobReuse(default, default, 20, default, [.. executors], TestMarket.Id("author"));
            foreach (var charge in Enumerable.Range(0, 100).Select(each => (UInt128)each).Append(UInt128.MaxValue))
            {
                var shares = ReuseRules.Shares(reuse, new TokenAmount(charge));

                Assert.Equal(charge, shares.Aggregate(UInt128.Zero, (sum, share) => checked(sum + share.Amount.BaseUnits)));
                Assert.DoesNotContain(shares, share => share.Amount.IsZero);
                var ran = shares.Where(share => executors.Contains(share.Payee)).Select(share => share.Amount.BaseUnits).ToArray();
                Assert.True(ran.Length == 0 || ran.Max() - ran.Min() <= 1);
                Assert.Equal(
                    charge / 2,
                    shares.Where(share => share.Payee == reuse.Author).Select(share => share.Amount.BaseUnits).SingleOrDefault()
                );
            }
        }
    }

    [Fact]
    public void Index_KeepsTheSurest_UntilItIsTooOld()
    {
        var terms = new ReuseTerms { AgeMax = TimeSpan.FromDays(1) };
        var known = Job(1, "quorum:2/3", 3, hours: 0);

        Assert.True(ReuseRules.Replaces(Job(2, "quorum:2/3", 2, hours: 1), known, terms));
        Assert.True(ReuseRules.Replaces(Job(2, "quorum:3/4", 4, hours: 0), known, terms));
        Assert.False(ReuseRules.Replaces(Job(2, "quorum:2/3", 3, hours: -1), known, terms));
        Assert.False(ReuseRules.Replaces(Job(2, "none", 1, hours: 24), known, terms));
        Assert.True(ReuseRules.Replaces(Job(2, "none", 1, hours: 25), known, terms));
        Assert.False(ReuseRules.Replaces(known, known, terms));
        Assert.True(ReuseRules.Replaces(Job(2, "committee:3", 3, hours: -1) with { Epoch = 8 }, known with { Epoch = 7 }, terms));
        Assert.False(ReuseRules.Replaces(Job(2, "committee:16", 16, hours: 25) with { Epoch = 6 }, known with { Epoch = 7 }, terms));

        static ReusableJob Job(byte id, string assurance, int seats, int hours) =>
            new(
                new JobId(new Bytes32([.. Enumerable.Repeat(id, 32)])),
                Assurance.Parse(assurance),
                seats,
                DateTimeOffset.UnixEpoch.AddHours(hours)
            );
    }

    [Fact]
    public void IndexEntry_IsReadBack_AndEveryCutIsFound()
    {
        var state = new ReuseState(new ReusableJob(new JobId(TestKeys.Profile), Assurance.Committee(5), 4, DateTimeOffset.UnixEpoch));
        var bytes = ReuseState.Write(state).ToArray();

        Assert.Equal(state, ReuseState.Read(bytes));
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.Throws<InvalidDataException>(() => ReuseState.Read(bytes.AsSpan(0, length)));
        }
        Assert.Throws<InvalidDataException>(() => ReuseState.Read([.. bytes, 0]));
        var ofEpoch = new ReuseState(state.Job with { Epoch = 7 });
        Assert.Equal(ofEpoch, ReuseState.Read(ReuseState.Write(ofEpoch).Span));
        // The bytes of the first version are read for ever.
        Assert.Equal($"01{TestKeys.Profile}0b636f6d6d69747465653a3504", Convert.ToHexStringLower(bytes)[..^16]);
    }

    [Fact]
    [TestsBound(typeof(MarketLimits), nameof(MarketLimits.ReusePercentMax))]
    [TestsBound(typeof(MarketLimits), nameof(MarketLimits.ReuseAgeMax))]
    public void Terms_HaveBounds()
    {
        Assert.Equal(1, new ReuseTerms { Percent = 1 }.Percent);
        Assert.Equal(MarketLimits.ReusePercentMax, new ReuseTerms { Percent = MarketLimits.ReusePercentMax }.Percent);
        Assert.Equal(MarketLimits.ReuseAgeMax, new ReuseTerms { AgeMax = MarketLimits.ReuseAgeMax }.AgeMax);
        foreach (var refused in new[] { 0, MarketLimits.ReusePercentMax + 1 })
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => new ReuseTerms { Percent = refused });
        }
        foreach (var refused in new[] { TimeSpan.Zero, MarketLimits.ReuseAgeMax + TimeSpan.FromTicks(1) })
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => new ReuseTerms { AgeMax = refused });
        }
    }
}
