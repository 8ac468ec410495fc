using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>The bars of this silo, one for each shard that it takes jobs for, and what they have refused. Thread-safe.</summary>
public sealed class LoadBars(QueueBounds bounds, TimeProvider clock)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, LoadBar> _bars = [];
    private readonly long[] _refused = new long[JobLimits.PriorityMax];
    private readonly long _startedAt = clock.GetTimestamp();

    private TimeSpan Now => clock.GetElapsedTime(_startedAt);

    /// <summary>How the silo fares now.</summary>
    public LoadView View
    {
        get
        {
            lock (_lock)
            {
                var (priority, waited) = (0, TimeSpan.Zero);
                foreach (var bar in _bars.Values)
                {
                    bar.Turn(Now);
                    priority = Math.Max(priority, bar.IsUp ? JobRanks.PriorityOf(bar.Rank) : 0);
                    waited = MarketTime.Later(waited, bar.Waited);
                }
                return new LoadView(priority, waited, [.. _refused]);
            }
        }
    }

    /// <summary>The shard has answered a question.</summary>
    internal void Hear(string shard, QueueWait queue, TimeSpan call)
    {
        lock (_lock)
        {
            BarOf(shard).Hear(queue, call, Now);
        }
    }

    /// <summary>Gives a place to the jobs that are to be taken now; <see cref="End"/> ends it.</summary>
    /// <returns>Why; null where all are taken.</returns>
    internal Refusal? Mark(string shard, IReadOnlyList<SubmissionItem> items)
    {
        lock (_lock)
        {
            var bar = BarOf(shard);
            bar.Turn(Now);
            var isBelow = false;
            foreach (var item in items)
            {
                var rank = JobRanks.Of(item.Spec);
                item.Place = bar.Take(rank, out var isOfRoom) ? new BarPlace(shard, rank, isOfRoom) : null;
                isBelow |= item.Place is null;
            }
            return isBelow ? RefusalOf(bar) : null;
        }
    }

    /// <summary>It is known of all jobs of a batch what came of them.</summary>
    internal void End(IReadOnlyList<SubmissionItem> items)
    {
        lock (_lock)
        {
            foreach (var item in items)
            {
                if (item.Place is { } place)
                {
                    var isNew = item.Admission is { Kind: JobAdmissionKind.Created, Ended: null };
                    BarOf(place.Shard).End(place.Rank, place.IsOfRoom, isNew);
                }
            }
        }
    }

    /// <summary>The shard is to be asked, also where no job is taken.</summary>
    internal bool IsUnheard(string shard)
    {
        lock (_lock)
        {
            return BarOf(shard).IsUnheard;
        }
    }

    /// <summary>A job below the bar was new, and is refused.</summary>
    internal void CountRefused(SubmissionItem item)
    {
        Interlocked.Increment(ref _refused[Math.Max(1, item.Spec.Priority) - 1]);
    }

    private LoadBar BarOf(string shard)
    {
        if (!_bars.TryGetValue(shard, out var bar))
        {
            _bars.Add(shard, bar = new LoadBar(bounds.WaitMax));
        }
        return bar;
    }

    private Refusal RefusalOf(LoadBar bar)
    {
        var seconds = (long)bar.RetryAfter.TotalSeconds;
        return new Refusal(
            ErrorCode.Unavailable,
            $"The market is overloaded: a job waits {bar.Waited.TotalSeconds:0.###} s, and {bar.WaitMax.TotalSeconds:0.###} s are wanted "
                + $"at most. It takes all jobs above priority {JobRanks.PriorityOf(bar.Rank)} with priceMax at "
                + $"{JobRanks.PriceOf(bar.Rank)} per million fuel, and some of these. Send it again with the same request id after "
                + $"{seconds} s, or as a new one that pays more.",
            bar.RetryAfter
        );
    }
}

/// <summary>A job that a bar has taken.</summary>
/// <param name="Shard">Whose bar.</param>
/// <param name="Rank">The job's.</param>
/// <param name="IsOfRoom">It is not above the bar.</param>
internal readonly record struct BarPlace(string Shard, int Rank, bool IsOfRoom);

/// <param name="Priority">Below this no jobs are taken; 0: all are.</param>
/// <param name="Waited">How long jobs waited, as this silo last heard.</param>
/// <param name="Refused">Jobs that were refused since its start, by priority from 1 on.</param>
public sealed record LoadView(int Priority, TimeSpan Waited, IReadOnlyList<long> Refused);
