using System.Diagnostics;

namespace Marketplace.Tests.Values;

/// <summary>Ids of spans that follow from the job's.</summary>
public sealed class JobTraceTests
{
    private const string TraceId = "00112233445566778899aabbccddeeff";
    private const string SpanId = "0123456789abcdef";

    private static readonly JobId Job = JobId.Parse(TraceId + SpanId + new string('7', 16));
    private static readonly DateTimeOffset At = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    [Fact]
    public void Whole_IsTheRoot_UnderTheIdThatItsStagesHaveAsParent()
    {
        var seen = Listen(
            () =>
            {
                JobTrace.AddStage(Job, JobStage.Run, At, At + TimeSpan.FromSeconds(1), links: null, new("fuel", 7L), new("code", null));
                JobTrace.AddWhole(Job, At, At + TimeSpan.FromSeconds(2));
            },
            Job
        );

        Assert.Equal([TraceId, TraceId], seen.Select(span => span.TraceId.ToHexString()));
        Assert.Equal(
            [(JobStage.Run.Name, SpanId), (JobStage.Whole.Name, new string('0', 16))],
            seen.Select(span => (span.OperationName, span.ParentSpanId.ToHexString()))
        );
        Assert.Equal(SpanId, seen[1].SpanId.ToHexString());
        Assert.NotEqual(SpanId, seen[0].SpanId.ToHexString());
        Assert.Equal(
            [("marketplace.job.id", (object)Job.ToString()), ("fuel", (object)7L)],
            seen[0].TagObjects.Select(tag => (tag.Key, tag.Value!))
        );
        Assert.Equal((At.UtcDateTime, TimeSpan.FromSeconds(2)), (seen[1].StartTimeUtc, seen[1].Duration));
    }

    /// <summary>Clocks may stand still or step back between two processes.</summary>
    [Fact]
    public void StageThatEndsBeforeItBegan_HasTheLeastLength()
    {
        var seen = Listen(() => JobTrace.AddStage(Job, JobStage.Run, At, At - TimeSpan.FromSeconds(1)), Job);

        Assert.Equal(TimeSpan.FromTicks(1), Assert.Single(seen).Duration);
    }

    [Fact]
    public void Activity_OfTheCaller_StaysTheCurrentOne()
    {
        using var own = new Activity("own").Start();

        Listen(() => JobTrace.AddStage(Job, JobStage.Run, At, At), Job);

        Assert.Same(own, Activity.Current);
    }

    [Theory]
    [InlineData(0, new string[0])]
    [InlineData(0.01, new[] { "00" })]
    [InlineData(0.5, new[] { "00", "02", "7f" })]
    [InlineData(1, new[] { "00", "02", "7f", "80", "ff" })]
    public void Share_IsOfTheJobsWhoseIdsAreTheLowest(double share, string[] traced)
    {
        JobTrace.Sample(share);
        try
        {
            Assert.Equal(
                traced,
                Firsts.Where(first => Listen(() => JobTrace.AddStage(Of(first), JobStage.Run, At, At), Of(first)).Count == 1)
            );
        }
        finally
        {
            JobTrace.Sample(1);
        }

        static JobId Of(string first) => JobId.Parse(first + new string('f', 62));
    }

    private static readonly string[] Firsts = ["00", "02", "7f", "80", "ff"];

    private static List<Activity> Listen(Action act, JobId job)
    {
        var seen = new List<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == JobTrace.SourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> options) =>
                options.TraceId == JobTrace.TraceOf(job) ? ActivitySamplingResult.AllDataAndRecorded : ActivitySamplingResult.None,
            ActivityStopped = seen.Add,
        };
        ActivitySource.AddActivityListener(listener);
        act();
        return seen;
    }
}
