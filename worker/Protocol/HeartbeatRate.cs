namespace Marketplace.Worker.Protocol;

/// <summary>
/// How often a side may send heartbeats, which need no credit: <see cref="LinkPolicy.HeartbeatsBurst"/> at once, and one more for each
/// <see cref="LinkPolicy.HeartbeatPeriodMin"/>.
/// </summary>
internal sealed class HeartbeatRate(TimeProvider time)
{
    private double _left = LinkPolicy.HeartbeatsBurst;
    private long _at = time.GetTimestamp();

    public bool TryTake()
    {
        var now = time.GetTimestamp();
        _left = Math.Min(LinkPolicy.HeartbeatsBurst, _left + (time.GetElapsedTime(_at, now) / LinkPolicy.HeartbeatPeriodMin));
        _at = now;
        if (_left < 1)
        {
            return false;
        }
        _left--;
        return true;
    }
}
