namespace Marketplace.Grains;

/// <summary>
/// How long a lease lasts, in running time: no longer than the job's own limits allow, than each stage may take, and than its worker was
/// silent. A worker that does not tell its stages keeps the lease for the whole time.
/// </summary>
/// <param name="since">When the lease was given.</param>
/// <param name="until">When the report must be there at the latest.</param>
/// <param name="waitMax">How long it may wait for a slot of its worker.</param>
/// <param name="isHeard">The worker's heartbeats name its leases.</param>
internal sealed class LeaseTerm(TimeSpan since, TimeSpan until, TimeSpan waitMax, bool isHeard)
{
    private LeaseStage _stage = LeaseStage.Waiting;
    private TimeSpan _stageSince = since;
    private TimeSpan _heardAt = since;

    /// <summary>When the report must be there at the latest.</summary>
    public TimeSpan Until { get; private set; } = until;

    /// <summary>A heartbeat, or another call, has named the lease: its worker has it.</summary>
    public bool IsKnown { get; private set; }

    /// <summary>The worker has said that it does something for the job.</summary>
    public bool HasBegun => _stage > LeaseStage.Waiting;

    public TimeSpan Deadline => isHeard ? MarketTime.Earlier(Until, MarketTime.Earlier(SilentAt, StageEndsAt)) : Until;

    private TimeSpan SilentAt => _heardAt + MarketPolicy.LeaseSilenceMax;

    private TimeSpan StageEndsAt =>
        _stage switch
        {
            LeaseStage.Waiting => _stageSince + waitMax,
            LeaseStage.SettingUp => _stageSince + MarketPolicy.SetUpMax,
            LeaseStage.Reporting => _stageSince + MarketPolicy.ReportGrace,
            // Its code is made when it is first called, so a run's own time and that of its compiler have one limit.
            _ => Until,
        };

    /// <summary>A heartbeat has named the lease.</summary>
    public void Hear(LeaseStage stage, TimeSpan now)
    {
        (_heardAt, IsKnown) = (now, true);
        if (stage > _stage)
        {
            (_stage, _stageSince) = (stage, now);
        }
    }

    /// <summary>Its worker has called about it.</summary>
    public void Know() => IsKnown = true;

    /// <summary>The market stood still for so long and heard nothing: no worker is to lose a lease by that.</summary>
    public void Forgive(TimeSpan still, TimeSpan now)
    {
        Until += still;
        _stageSince = MarketTime.Earlier(_stageSince + still, now);
        _heardAt = MarketTime.Earlier(_heardAt + still, now);
    }

    /// <summary>Why the lease is over at its deadline, and whether its worker failed; else the run is lost.</summary>
    public (string Reason, bool IsFailure) Missed()
    {
        if (!isHeard || Deadline == Until)
        {
            return ("the worker did not report before the lease's deadline", true);
        }
        if (Deadline == SilentAt)
        {
            return ($"its worker was not heard for {MarketPolicy.LeaseSilenceMax.TotalSeconds} s", false);
        }
        return _stage == LeaseStage.Waiting
            ? ($"its worker did not begin within {waitMax.TotalSeconds} s", false)
            : ($"its worker took longer than {(StageEndsAt - _stageSince).TotalSeconds} s for {Words(_stage)}", true);
    }

    private static string Words(LeaseStage stage) => stage == LeaseStage.SettingUp ? "fetching what the run needs" : "reporting";
}
