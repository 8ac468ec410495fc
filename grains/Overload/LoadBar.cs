using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>
/// Which new jobs one silo takes for one shard of the market. It hears how long jobs wait, and counts who comes. While waits stay beyond a
/// target it takes as many jobs as were leased, and fewer by what is to be worked off: those of the highest ranks. The others are below the
/// bar. This is DAGOR (Zhou et al. 2018, https://arxiv.org/abs/1806.04075) with the rate that CoDel (RFC 8289) only approaches, because
/// here it is known. Pure; time is given.
/// </summary>
/// <param name="waitMax">How long jobs may wait for a worker.</param>
internal sealed class LoadBar(TimeSpan waitMax)
{
    private readonly TimeSpan _queueWaitMax = waitMax;
    private readonly TimeSpan _memory = OverloadPolicy.MemoryOf(waitMax);
    private readonly double[] _comingPerSecond = new double[JobRanks.Count];
    private readonly int[] _came = new int[JobRanks.Count];
    private TimeSpan _turnedAt;
    private TimeSpan _filledAt;
    private QueueWait? _queue;
    private TimeSpan? _call;
    private double _leasedPerSecond;
    private double _allComingPerSecond;
    private double? _takenPerSecond;
    private double _room;
    private int _over;
    private bool _isOwn;
    private int _taken;

    /// <summary>Some jobs are refused.</summary>
    public bool IsUp => _takenPerSecond is not null;

    /// <summary>The market is to be asked, also where no job is taken: else the bar would stay where it is.</summary>
    public bool IsUnheard => IsUp && _queue is null;

    /// <summary>Jobs below this rank are refused, those of it in part.</summary>
    public int Rank { get; private set; }

    /// <summary>How long jobs waited where this was last known: for a worker, or for the silo itself.</summary>
    public TimeSpan Waited { get; private set; }

    /// <summary>How long they should have waited at most.</summary>
    public TimeSpan WaitMax { get; private set; } = waitMax;

    /// <summary>When who was refused may come again: after what waits now, as often as more comes than is taken.</summary>
    public TimeSpan RetryAfter
    {
        get
        {
            var times = _takenPerSecond is { } taken ? Math.Max(1, _allComingPerSecond / taken) : 1;
            var seconds = Math.Min(OverloadPolicy.RetryAfterMax.TotalSeconds, Math.Ceiling(Waited.TotalSeconds * times));
            return TimeSpan.FromSeconds(Math.Max(OverloadPolicy.RetryAfterMin.TotalSeconds, seconds));
        }
    }

    /// <summary>The market has answered a question.</summary>
    /// <param name="queue">What it says of its queue.</param>
    /// <param name="call">How long the answer took.</param>
    /// <param name="now">In running time.</param>
    public void Hear(QueueWait queue, TimeSpan call, TimeSpan now)
    {
        Turn(now);
        _queue = queue;
        // The least, as CoDel has it: of many calls some always wait behind something.
        _call = _call is { } least && least < call ? least : call;
    }

    /// <summary>Lets time pass: to be called before the first of some jobs that came together.</summary>
    public void Turn(TimeSpan now)
    {
        // Where few batches come, an interval lasts until one of them has asked the market.
        var least = _queue is null ? OverloadPolicy.MemoryMin : OverloadPolicy.Interval;
        if (now - _turnedAt is var passed && passed >= least)
        {
            Learn(passed.TotalSeconds);
            Move();
            (_turnedAt, _queue, _call, _taken) = (now, null, null, 0);
        }
        if (_takenPerSecond is { } rate)
        {
            _room = Math.Min(BurstOf(rate), _room + (rate * (now - _filledAt).TotalSeconds));
        }
        _filledAt = now;
    }

    /// <summary>Of each job that is taken, <see cref="End"/> tells later whether it is one.</summary>
    /// <param name="rank">The job's.</param>
    /// <param name="isOfRoom">It is at the bar or below, and has one of the places that are left there.</param>
    /// <returns>False where the job is below the bar.</returns>
    public bool Take(int rank, out bool isOfRoom)
    {
        isOfRoom = false;
        if (_takenPerSecond is { } rate && rank <= Rank)
        {
            if (_room < (rank == Rank ? 1 : Math.Max(1, OverloadPolicy.LeftPart * BurstOf(rate))))
            {
                _came[rank]++;
                return false;
            }
            isOfRoom = true;
            _room--;
        }
        return true;
    }

    /// <summary>
    /// What came of a job that was taken. One that nobody pays, or that exists, is none and counts for nothing: else who sends such jobs at
    /// a high rank, which is free, keeps all others out.
    /// </summary>
    /// <param name="rank">The job's.</param>
    /// <param name="isOfRoom">As it was taken.</param>
    /// <param name="isNew">It is written, and is to run.</param>
    public void End(int rank, bool isOfRoom, bool isNew)
    {
        if (isNew)
        {
            _came[rank]++;
            _taken++;
        }
        if (_takenPerSecond is { } rate && isNew != isOfRoom)
        {
            var burst = BurstOf(rate);
            // Those above the bar are taken in any case, but not for ever on the account of those that come later.
            _room = isNew ? Math.Max(_room - 1, -burst) : Math.Min(_room + 1, burst);
        }
    }

    private void Learn(double seconds)
    {
        var part = OverloadPolicy.PartOf(TimeSpan.FromSeconds(seconds), _memory);
        _allComingPerSecond = 0;
        for (var rank = 0; rank < _came.Length; rank++)
        {
            var more = (_came[rank] / seconds) - _comingPerSecond[rank];
            _comingPerSecond[rank] += more * (more > 0 ? Math.Max(part, OverloadPolicy.MorePart) : part);
            _allComingPerSecond += _comingPerSecond[rank];
            _came[rank] = 0;
        }
        // A market that says nothing of it leases what it is given.
        _leasedPerSecond = _queue is { LeasesPerHour: > 0 and var leases } ? leases / 3600.0 : _taken / seconds;
    }

    private void Move()
    {
        var excess = Excess();
        if (excess > 0)
        {
            _over++;
            if (IsUp || _over >= (_isOwn ? OverloadPolicy.CallIntervalsMin : OverloadPolicy.OverIntervalsMin))
            {
                var part = Math.Max(OverloadPolicy.PartMin, 1 - excess.Value);
                _takenPerSecond = Math.Max(OverloadPolicy.JobsPerMinuteMin / 60.0, _leasedPerSecond * part);
            }
        }
        else
        {
            _over = 0;
            if (_takenPerSecond is { } taken && excess is { } below)
            {
                _takenPerSecond = Math.Max(taken, _leasedPerSecond) * (1 + Math.Min(OverloadPolicy.GrowthMax, -below));
            }
        }
        if (_takenPerSecond > _allComingPerSecond * OverloadPolicy.SpareMin)
        {
            _takenPerSecond = null;
        }
        Rank = _takenPerSecond is { } rate ? RankFor(rate) : 0;
    }

    /// <summary>
    /// By how much the waits of the interval were beyond a target: 1 is as much as must not go on at all; 0 and less is within. Null where
    /// nothing is known, because nothing was asked, or no worker took a job: then the bar stays where it is.
    /// </summary>
    private double? Excess()
    {
        var queue = Part(_queue?.Mean, _queueWaitMax);
        var call = Part(_call, OverloadPolicy.CallWaitMax);
        _isOwn = call > 0 && !(queue > call);
        if (_isOwn)
        {
            (Waited, WaitMax) = (_call!.Value, OverloadPolicy.CallWaitMax);
            return call;
        }
        if (queue is not null)
        {
            (Waited, WaitMax) = (_queue!.Value.Mean!.Value, _queueWaitMax);
        }
        return queue;
    }

    private static double? Part(TimeSpan? waited, TimeSpan target) =>
        waited is { } known ? (known - target) / MarketTime.Later(target, OverloadPolicy.DrainMin) : null;

    private static double BurstOf(double perSecond) => Math.Max(1, perSecond * OverloadPolicy.BurstMax.TotalSeconds);

    /// <summary>The rank down to which the jobs that come fill such a rate.</summary>
    private int RankFor(double perSecond)
    {
        for (var rank = JobRanks.Count - 1; rank > 0; rank--)
        {
            perSecond -= _comingPerSecond[rank];
            if (perSecond <= 0)
            {
                return rank;
            }
        }
        return 0;
    }
}
