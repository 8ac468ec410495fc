using Marketplace.Crypto;
using Marketplace.GrainInterfaces;
using Marketplace.Grains.Tests.Repeats;
using Marketplace.Testing;

namespace Marketplace.Grains.Tests.Bounds;

/// <summary>A job may ask for as much as the limits say; one step more is refused with both numbers, or cut.</summary>
public sealed class JobBoundTests
{
    private static readonly JobSpec Spec = TestMarket.Spec(default);

    /// <summary>For each bound an item that is as large as given.</summary>
    private static readonly Dictionary<string, (long Max, Func<long, SubmitItem> Of)> Bounds = new()
    {
        ["requestId"] = (MarketLimits.RequestIdBytesMax, size => new(Text(size), Spec)),
        ["entryPoint"] = (JobLimits.EntryPointNameBytesMax, size => With(Spec with { EntryPoint = Text(size) })),
        ["input"] = (MarketLimits.InlineBytesMax, size => With(Spec with { Input = new byte[size] })),
        ["arguments"] = (MarketLimits.ArgumentsMax, count => With(Spec with { Arguments = [.. Many(count, _ => "a")] })),
        ["argument bytes"] = (MarketLimits.ArgumentBytesMax, size => With(Spec with { Arguments = ["ab", Text(size - 2)] })),
        ["environment"] = (
            MarketLimits.EnvironmentVariablesMax,
            count => With(Spec with { Environment = [.. Many(count, number => new EnvironmentVariable($"{number}", ""))] })
        ),
        ["environment bytes"] = (
            MarketLimits.EnvironmentBytesMax,
            size => With(Spec with { Environment = [new EnvironmentVariable("name", Text(size - 4))] })
        ),
        ["files"] = (
            MarketLimits.JobFilesMax,
            count => With(Spec with { Files = [.. Many(count, number => new InputFile($"{number}", default))] })
        ),
        ["fuel"] = (MarketLimits.FuelMax, fuel => With(Spec with { FuelMax = fuel })),
        ["memory"] = (MarketLimits.MemoryPagesMax, pages => With(Spec with { MemoryPagesMax = (int)pages })),
        ["retries"] = (MarketLimits.RetriesMax, retries => With(Spec with { RetriesMax = (int)retries })),
        ["time"] = ((long)MarketLimits.TimeMax.TotalMilliseconds, time => With(Spec with { TimeMax = TimeSpan.FromMilliseconds(time) })),
        ["expiry"] = (
            (long)MarketLimits.ExpiresAfterMax.TotalMilliseconds,
            time => With(Spec with { ExpiresAfter = TimeSpan.FromMilliseconds(time) })
        ),
    };

    public static TheoryData<string> All => [.. Bounds.Keys];

    [Theory]
    [MemberData(nameof(All))]
    [TestsBound(typeof(MarketLimits), nameof(MarketLimits.RequestIdBytesMax))]
    [TestsBound(typeof(MarketLimits), nameof(MarketLimits.InlineBytesMax))]
    [TestsBound(typeof(MarketLimits), nameof(MarketLimits.ArgumentsMax))]
    [TestsBound(typeof(MarketLimits), nameof(MarketLimits.ArgumentBytesMax))]
    [TestsBound(typeof(MarketLimits), nameof(MarketLimits.EnvironmentVariablesMax))]
    [TestsBound(typeof(MarketLimits), nameof(MarketLimits.EnvironmentBytesMax))]
    [TestsBound(typeof(MarketLimits), nameof(MarketLimits.JobFilesMax))]
    [TestsBound(typeof(MarketLimits), nameof(MarketLimits.FuelMax))]
    [TestsBound(typeof(MarketLimits), nameof(MarketLimits.MemoryPagesMax))]
    [TestsBound(typeof(MarketLimits), nameof(MarketLimits.RetriesMax))]
    [TestsBound(typeof(MarketLimits), nameof(MarketLimits.TimeMax))]
    [TestsBound(typeof(MarketLimits), nameof(MarketLimits.ExpiresAfterMax))]
    public void JobAtTheLimit_IsTaken_AndOneBeyondIsToldBothNumbers(string name)
    {
        var (max, of) = Bounds[name];

        Assert.Null(SubmissionRules.Check(of(max)));
        var refusal = SubmissionRules.Check(of(max + 1));

        Assert.Equal(ErrorCode.LimitExceeded, refusal?.Code);
        Assert.Contains($" {max + 1}", refusal!.Message, StringComparison.Ordinal);
        Assert.EndsWith($" to {max}.", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    [TestsBound(typeof(SubmissionPolicy), nameof(SubmissionPolicy.TimeMin))]
    public void ShortestRun_IsTaken_AndOneOfNoTimeIsRefused()
    {
        Assert.Null(SubmissionRules.Check(With(Spec with { TimeMax = SubmissionPolicy.TimeMin })));
        var shorter = SubmissionPolicy.TimeMin - TimeSpan.FromTicks(1);
        Assert.Equal(ErrorCode.LimitExceeded, SubmissionRules.Check(With(Spec with { TimeMax = shorter }))?.Code);
    }

    [Fact]
    [TestsBound(typeof(MarketLimits), nameof(MarketLimits.BatchJobsMax))]
    public void BatchAtTheLimit_IsTaken_AndOneBeyondIsRefusedWhole() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            SubmitItem[] items = [.. Many(MarketLimits.BatchJobsMax + 1, number => TestMarket.Item($"{number}", program))];

            var refused = await Assert.ThrowsAsync<MarketException>(() => market.Submit(caller, items));
            Assert.Equal(ErrorCode.LimitExceeded, refused.Code);
            Assert.All(await market.Submit(caller, items[1..]), result => Assert.Null(result.Code));
        });

    [Fact]
    [TestsBound(typeof(JobPolicy), nameof(JobPolicy.HistoryEventsMax))]
    [TestsBound(typeof(JobPolicy), nameof(JobPolicy.NoteCharsMax))]
    [TestsBound(typeof(JobPolicy), nameof(JobPolicy.ReasonCharsMax))]
    [TestsBound(typeof(MarketLimits), nameof(MarketLimits.LogBytesMax))]
    public void EndOfAJob_IsKeptUpToItsLimits_AndCutBeyond()
    {
        var at = Ended(
            steps: JobPolicy.HistoryEventsMax - 2,
            note: JobPolicy.NoteCharsMax,
            reason: JobPolicy.ReasonCharsMax,
            log: MarketLimits.LogBytesMax
        );
        var beyond = Ended(
            steps: JobPolicy.HistoryEventsMax - 1,
            note: JobPolicy.NoteCharsMax + 1,
            reason: JobPolicy.ReasonCharsMax + 1,
            log: MarketLimits.LogBytesMax + 1
        );

        Assert.Equal(new string('r', JobPolicy.ReasonCharsMax), at.Reason);
        Assert.Equal(new string('n', JobPolicy.NoteCharsMax), at.History[1].Note);
        foreach (var end in new[] { at, beyond })
        {
            Assert.Equal(JobPolicy.HistoryEventsMax, end.History.Length);
            Assert.Equal(JobPolicy.NoteCharsMax, end.History[1].Note!.Length);
            Assert.Equal(JobPolicy.ReasonCharsMax, end.Reason!.Length);
            Assert.Equal(MarketLimits.LogBytesMax, end.Log.Length);
        }
        Assert.NotEqual(at.Reason, beyond.Reason);
    }

    [Fact]
    [TestsBound(typeof(JobPolicy), nameof(JobPolicy.WaitersMax))]
    [TestsBound(typeof(MarketLimits), nameof(MarketLimits.WaitMax))]
    public void CallsThatWaitForOneJob_AreBoundedInNumberAndTime() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var job = (await market.Submit(caller, TestMarket.Item("one", await market.Deploy(caller))))[0].Job;
            var begin = market.Time.GetUtcNow();
            Task<JobView>[] waiting =
            [
                .. Many(
                    JobPolicy.WaitersMax,
                    _ => market.Job(job).WaitEnded(caller, MarketLimits.WaitMax + TimeSpan.FromHours(1), default)
                ),
            ];

            Assert.Equal(JobStatus.Pending, (await market.Job(job).WaitEnded(caller, MarketLimits.WaitMax, default)).Status);
            Assert.True(market.Time.GetUtcNow() - begin < TimeSpan.FromSeconds(1), "One too many waited.");
            Assert.DoesNotContain(waiting, wait => wait.IsCompleted);
            await Task.WhenAll(waiting);
            Assert.InRange(market.Time.GetUtcNow() - begin, MarketLimits.WaitMax, MarketLimits.WaitMax + TimeSpan.FromSeconds(1));
        });

    [Fact]
    [TestsBound(typeof(JobPolicy), nameof(JobPolicy.HoldAgeMax))]
    public void JobOnAHoldAtItsAge_IsCreated_AndOnAnOlderOneIsNot() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var older = await Hold("older");
            await Task.Delay(TimeSpan.FromMilliseconds(1), market.Time);
            var old = await Hold("old");
            await Task.Delay(old.HeldAt + JobPolicy.HoldAgeMax - market.Time.GetUtcNow(), market.Time);

            Assert.Equal(JobAdmissionKind.Created, await Submit(old));
            Assert.Equal(JobAdmissionKind.HoldTooOld, await Submit(older));

            async Task<JobSubmission> Hold(string name)
            {
                var item = new HoldItem(IdDerivation.Job(caller.Account, name), Spec.PriceMax);
                var held = await market.Account("client").Hold(caller, [item]);
                return new JobSubmission(caller.Account, name, Spec, default, UsesState: false, held.HeldAt);
            }

            async Task<JobAdmissionKind> Submit(JobSubmission submission) =>
                (
                    await market.Job(IdDerivation.Job(submission.Account, submission.RequestId)).Submit(submission, Authority.Submission)
                ).Kind;
        });

    private static JobEnd Ended(int steps, int note, int reason, int log)
    {
        var submission = new JobSubmission(default, "one", Spec, default, UsesState: false, DateTimeOffset.UnixEpoch);
        var pending = JobState.Create(submission, default, DateTimeOffset.UnixEpoch);
        var end = RepeatScene.End() with
        {
            Reason = new string('r', reason),
            Log = new byte[log],
            History = [.. Many(steps, _ => new JobEvent(JobStatus.Matched, DateTimeOffset.UnixEpoch, null, new string('n', note)))],
        };
        return pending.EndWith(end, DateTimeOffset.UnixEpoch).Ending!.End;
    }

    private static SubmitItem With(JobSpec spec) => new("one", spec);

    private static string Text(long size) => new('x', (int)size);

    private static IEnumerable<TItem> Many<TItem>(long count, Func<int, TItem> make) => Enumerable.Range(0, (int)count).Select(make);
}
