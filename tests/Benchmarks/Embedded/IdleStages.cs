using System.Diagnostics;

namespace Marketplace.Benchmarks;

/// <summary>Where the time of one job went: its stages end one after the other, each at a moment of the trace.</summary>
internal sealed class IdleStages
{
    public const string Sent = "sent";
    public const string RequestRead = "request read";
    public const string EventsQueued = "events queued";
    public const string EventsDurable = "events durable";
    public const string HoldQueued = "hold queued";
    public const string HoldDurable = "hold durable";
    public const string PendingQueued = "pending queued";
    public const string PendingDurable = "pending durable";
    public const string Leased = "leased";
    public const string RunBegan = "run began";
    public const string RunEnded = "run ended";
    public const string Reported = "reported";
    public const string EndQueued = "end queued";
    public const string EndDurable = "end durable";
    public const string OtherQueued = "other queued";
    public const string OtherDurable = "other durable";
    public const string Answered = "answered";

    /// <summary>In the order in which they end.</summary>
    public static readonly string[] Names =
    [
        RequestRead,
        HoldQueued,
        HoldDurable,
        PendingQueued,
        PendingDurable,
        Leased,
        RunBegan,
        RunEnded,
        Reported,
        EndQueued,
        EndDurable,
        Answered,
    ];

    private IdleStages(double[] milliseconds, double total, int writes) => (Milliseconds, Total, Writes) = (milliseconds, total, writes);

    /// <summary>How long each took, from the end of the one before.</summary>
    public IReadOnlyList<double> Milliseconds { get; }

    public double Total { get; }

    /// <summary>What happened beside it meanwhile, in milliseconds, in the order of <see cref="IdleBeside.Names"/>.</summary>
    public required IReadOnlyList<double> Beside { get; init; }

    /// <summary>Writes that were queued while the job was under way, what earlier jobs left to do included.</summary>
    public int Writes { get; }

    /// <param name="sent">When the client sent the request.</param>
    /// <param name="answered">When it had the answer.</param>
    /// <param name="beside">What happened beside it.</param>
    /// <param name="moments">What the trace saw meanwhile.</param>
    public static IdleStages Of(long sent, long answered, IReadOnlyList<double> beside, IReadOnlyList<IdleTrace.Moment> moments)
    {
        var ends = new double[Names.Length];
        var before = sent;
        for (var stage = 0; stage < Names.Length; stage++)
        {
            var at = Find(Names[stage], moments) ?? (Names[stage] == Answered ? answered : before);
            // A run's moments are of another clock, which is not as fine.
            at = Math.Clamp(at, before, answered);
            ends[stage] = Stopwatch.GetElapsedTime(before, at).TotalMilliseconds;
            before = at;
        }
        var writes = moments.Count(moment => moment.What is EventsQueued or PendingQueued or EndQueued or OtherQueued);
        return new IdleStages(ends, Stopwatch.GetElapsedTime(sent, answered).TotalMilliseconds, writes) { Beside = beside };
    }

    /// <summary>
    /// The account appends the events of earlier jobs too, one append after the other: the hold is in the last one that was durable before
    /// the job was written.
    /// </summary>
    private static long? Find(string name, IReadOnlyList<IdleTrace.Moment> moments)
    {
        if (name is not (HoldQueued or HoldDurable))
        {
            return Last(moments, name, long.MaxValue);
        }
        return Last(moments, PendingQueued, long.MaxValue) is { } written && Last(moments, EventsDurable, written) is { } durable
            ? name == HoldDurable
                ? durable
                : Last(moments, EventsQueued, durable)
            : null;
    }

    private static long? Last(IReadOnlyList<IdleTrace.Moment> moments, string what, long before)
    {
        long? last = null;
        foreach (var moment in moments)
        {
            last = moment.What == what && moment.At <= before ? Math.Max(last ?? 0, moment.At) : last;
        }
        return last;
    }
}

/// <summary>What may hold a job up that is none of its stages.</summary>
internal sealed class IdleBeside
{
    private readonly ThreadClock? _fold = ThreadClock.Find("store fold");
    private readonly ThreadClock? _commit = ThreadClock.Find("store commit");
    private readonly ThreadClock? _compile = ThreadClock.Find(".NET Tiered Com");

    public static readonly string[] Names = ["collections", "fold ran", "compiler ran", "commit lacked core"];

    /// <summary>All so far, in milliseconds.</summary>
    public double[] Read() =>
        [GC.GetTotalPauseDuration().TotalMilliseconds, _fold?.Read().Ran ?? 0, _compile?.Read().Ran ?? 0, _commit?.Read().Waited ?? 0];
}
