using Marketplace.GrainHost.Calls;

namespace Marketplace.GrainHost.Activations;

/// <summary>What others look at from outside the turns: timeouts and idleness.</summary>
internal sealed partial class Activation
{
    private long _usedAt;
    private long _keepUntil;

    /// <summary>Adds the calls that are due, won and owned by the caller of this method. False when there is nothing to watch any more.</summary>
    public bool CollectExpired(long now, List<GrainCall> expired)
    {
        lock (Gate)
        {
            Collect(_mailbox.First, now, expired);
            Collect(_running.First, now, expired);
            return _watched = _mailbox.Count + _running.Count > 0;
        }
    }

    public void KeepFor(TimeSpan time)
    {
        lock (Gate)
            _keepUntil = time <= TimeSpan.Zero ? 0 : _host.Time.GetTimestamp() + Ticks(time);
    }

    /// <summary>Asks for deactivation where nobody has called for the idle age. True when it did.</summary>
    public bool EndIfIdle(long now)
    {
        lock (Gate)
        {
            if (IsUsed || _usedAt == 0 || _mailbox.Count + _running.Count > 0 || _stage != Stage.Active)
            {
                IsUsed = false;
                _usedAt = now;
                return false;
            }

            if (now < _keepUntil || now - _usedAt < Ticks(_host.Options.IdleAge))
                return false;
        }

        Deactivate(new(Orleans.DeactivationReasonCode.ActivationIdle, $"Nobody has called for {_host.Options.IdleAge}."));
        return true;
    }

    private void Collect(GrainCall? first, long now, List<GrainCall> expired)
    {
        for (var call = first; call is not null; call = call.Next)
        {
            if (call.IsInternal || call.IsOneWay || call.HasEnded)
                continue;
            if (call.Deadline == 0)
            {
                call.Deadline = now + Ticks(call.Method.Timeout);
            }
            else if (now >= call.Deadline && call.TryWin())
            {
                call.AddOwner();
                expired.Add(call);
            }
        }
    }

    private long Ticks(TimeSpan time) => (long)(time.TotalSeconds * _host.Time.TimestampFrequency);
}
