using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>
/// How long jobs wait in one shard's queue until a worker gets them, and how many do. It counts what a worker could have ended: from the
/// moment when the job was ready and the worker there. So a job that waited for the first worker of its class says nothing of the load.
/// </summary>
/// <param name="waitMax">How long they may wait: the longer, the longer a measure counts.</param>
internal sealed class QueueWaits(TimeSpan waitMax)
{
    private readonly TimeSpan _memory = OverloadPolicy.MemoryOf(waitMax);
    private long _interval;
    private int _leases;
    private long _waitedTicks;
    private TimeSpan? _mean;
    private long _meanOf;
    private double _perSecond;

    /// <summary>
    /// A ready job was matched. Seats and auctioned jobs wait for what they bought, and another shard's job has waited there: they do not
    /// count.
    /// </summary>
    public void Count(MarketJob job, MarketOffer offer, TimeSpan now)
    {
        if (job is { IsSeat: false, Home: null } && job.Ticket.Spec.Auction == TimeSpan.Zero)
        {
            Count(now - MarketTime.Later(job.ReadyAt, offer.Since), now);
        }
    }

    internal void Count(TimeSpan waited, TimeSpan now)
    {
        Turn(now);
        _leases++;
        _waitedTicks += waited.Ticks;
    }

    /// <summary>The wait in the last interval in which a job was leased, unless that is long ago.</summary>
    /// <param name="now">In running time.</param>
    /// <param name="isWaitedFor">Whether any job waits now: where none does, nothing is short.</param>
    public QueueWait At(TimeSpan now, bool isWaitedFor)
    {
        Turn(now);
        var isOld = (_interval - _meanOf) * OverloadPolicy.Interval > _memory;
        return new QueueWait(
            !isWaitedFor ? TimeSpan.Zero
                : isOld ? null
                : _mean,
            (long)(_perSecond * 3600)
        );
    }

    private void Turn(TimeSpan now)
    {
        var interval = now.Ticks / OverloadPolicy.Interval.Ticks;
        var passed = interval - _interval;
        if (passed == 0)
        {
            return;
        }
        var rate = _leases / OverloadPolicy.Interval.TotalSeconds;
        _perSecond += (rate - _perSecond) * OverloadPolicy.PartOf(OverloadPolicy.Interval, _memory);
        // Nothing was leased in the intervals between.
        _perSecond *= 1 - OverloadPolicy.PartOf((passed - 1) * OverloadPolicy.Interval, _memory);
        if (_leases > 0)
        {
            (_mean, _meanOf) = (TimeSpan.FromTicks(_waitedTicks / _leases), _interval);
        }
        (_interval, _leases, _waitedTicks) = (interval, 0, 0);
    }
}
