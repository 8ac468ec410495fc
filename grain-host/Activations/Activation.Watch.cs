using Marketplace.GrainHost.Calls;

namespace Marketplace.GrainHost.Activations;

/// <summary>What others look at from outside the turns: timeouts and idleness.</summary>
internal sealed partial class Activation
{
    private long _usedAt;
    private long _keepUntil;

    /// <summary>
    /// Adds the calls whose callers have waited long enough, won and owned on behalf of the sweep; and those that were here at an
    /// earlier look already. False when there is nothing to watch any more.
    /// </summary>
    public bool Look(long now, List<GrainCall> expired, List<PendingCall> pending)
    {
        lock (Gate)
        {
            Look(_mailbox.First, now, expired, pending);
            Look(_running.First, now, expired, pending);
            return _watched = _mailbox.Count + _running.Count > 0;
        }
    }

    public void KeepFor(TimeSpan time)
    {
        lock (Gate)
        {
            _keepUntil = time <= TimeSpan.Zero ? 0 : _host.Time.GetTimestamp() + Ticks(time);
        }
    }

    /// <summary>Asks for deactivation after the idle age without use, unless <see cref="KeepFor"/> still holds. True when it did.</summary>
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
            {
                return false;
            }
        }

        Deactivate(new(Orleans.DeactivationReasonCode.ActivationIdle, $"There was no call for {_host.Options.IdleAge}."));
        return true;
    }

    private void Look(GrainCall? first, long now, List<GrainCall> expired, List<PendingCall> pending)
    {
        for (var call = first; call is not null; call = call.Next)
        {
            if (call.Deadline == 0)
            {
                call.Deadline = now + Ticks(call.Timeout);
                continue;
            }

            if (call.IsRunning || !call.HasEnded)
            {
                pending.Add(new PendingCall(call.Id, call.ParentId, call.IsRunning ? 0 : _blocking?.Id ?? 0, call.Name, GrainId));
            }
            if (now >= call.Deadline && !call.IsOneWay && call.TryWin())
            {
                call.AddOwner();
                expired.Add(call);
            }
        }
    }

    private long Ticks(TimeSpan time) => (long)(time.TotalSeconds * _host.Time.TimestampFrequency);
}
