using System.Buffers.Binary;
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Marketplace;

/// <summary>
/// The trace of a job. Its id and that of its whole span are parts of the job's id, so every process that knows the job adds its spans to
/// the same trace, and nothing travels or is kept for it. Without a listener a call costs one comparison.
/// </summary>
public static class JobTrace
{
    /// <summary>What a listener asks for.</summary>
    public const string SourceName = "Marketplace";

    private const int TraceIdBytes = 16;
    private const int SpanIdBytes = 8;

    /// <summary>Bits of the job's id that decide: as many as a share has, so that 1 is all jobs and 0 none.</summary>
    private const int ShareBits = 53;

    private static readonly ActivitySource Source = new(SourceName);
    private static ulong _bound = 1UL << ShareBits;

    /// <summary>Whether somebody listens.</summary>
    public static bool IsOn => Source.HasListeners();

    /// <summary>
    /// Which share of jobs this process traces, from 0 to 1; all where it is not said. Whether a job is traced follows from its id, so
    /// processes with one share agree on each job.
    /// </summary>
    public static void Sample(double share) => Volatile.Write(ref _bound, (ulong)(share * (1UL << ShareBits)));

    /// <summary>Whether the job is traced. Who computes what spans tell asks first.</summary>
    public static bool Traces(JobId job)
    {
        if (!IsOn)
        {
            return false;
        }
        Span<byte> id = stackalloc byte[Bytes32.Size];
        job.Value.CopyTo(id);
        return BinaryPrimitives.ReadUInt64BigEndian(id) >> (64 - ShareBits) < Volatile.Read(ref _bound);
    }

    public static ActivityTraceId TraceOf(JobId job)
    {
        Span<byte> id = stackalloc byte[Bytes32.Size];
        job.Value.CopyTo(id);
        return ActivityTraceId.CreateFromBytes(id[..TraceIdBytes]);
    }

    /// <summary>The span of the whole job, which all its stages are children of.</summary>
    public static void AddWhole(
        JobId job,
        DateTimeOffset from,
        DateTimeOffset to,
        params ReadOnlySpan<KeyValuePair<string, object?>> attributes
    )
    {
        // Only the trace's id, no parent: so it is the trace's root.
        if (Traces(job) && Start(JobStage.Whole, new ActivityContext(TraceOf(job), default, default), [], from) is { } span)
        {
            SpanIdOf(span) = WholeSpanOf(job).ToHexString();
            End(span, job, to, attributes);
        }
    }

    /// <summary>A stage of the job is over.</summary>
    /// <param name="links">Spans of other traces that it belongs to as well.</param>
    public static void AddStage(
        JobId job,
        JobStage stage,
        DateTimeOffset from,
        DateTimeOffset to,
        IEnumerable<ActivityLink>? links = null,
        params ReadOnlySpan<KeyValuePair<string, object?>> attributes
    )
    {
        if (Traces(job) && Start(stage, new ActivityContext(TraceOf(job), WholeSpanOf(job), default), links ?? [], from) is { } span)
        {
            End(span, job, to, attributes);
        }
    }

    /// <returns>Null where the listener does not want it.</returns>
    private static Activity? Start(JobStage stage, ActivityContext parent, IEnumerable<ActivityLink> links, DateTimeOffset from) =>
        Source.StartActivity(stage.Name, stage.Kind, parent, tags: null, links, from);

    private static void End(Activity span, JobId job, DateTimeOffset to, ReadOnlySpan<KeyValuePair<string, object?>> attributes)
    {
        span.SetTag("marketplace.job.id", job.ToString());
        foreach (var (name, value) in attributes)
        {
            if (value is not null)
            {
                span.SetTag(name, value);
            }
        }
        // An activity without a length is given one by the machine's clock.
        var end = to.UtcDateTime > span.StartTimeUtc ? to.UtcDateTime : span.StartTimeUtc.AddTicks(1);
        span.SetEndTime(end);
        span.Stop();
    }

    private static ActivitySpanId WholeSpanOf(JobId job)
    {
        Span<byte> id = stackalloc byte[Bytes32.Size];
        job.Value.CopyTo(id);
        return ActivitySpanId.CreateFromBytes(id.Slice(TraceIdBytes, SpanIdBytes));
    }

    /// <summary>An activity takes its own id by chance only; RATIONALE.md, "Why does a span get its id through a private field?".</summary>
    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_spanId")]
    private static extern ref string? SpanIdOf(Activity span);
}
