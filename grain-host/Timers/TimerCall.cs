using Marketplace.GrainHost.Calls;

namespace Marketplace.GrainHost.Timers;

/// <summary>A tick on its way through the mailbox.</summary>
internal sealed class TimerCall : GrainCall
{
    private readonly GrainTimer _timer;

    public TimerCall(GrainTimer timer)
    {
        _timer = timer;
        Target = timer.Activation.GrainReference;
        Id = NextId();
        IsOneWay = true;
        Own(1);
    }

    public override bool IsTick => true;

    public override bool IsPooled => false;

    public override bool CountsAsUse => _timer.Options.KeepAlive;

    public override bool AlwaysInterleaves => _timer.Options.Interleave;

    public override bool IsReadOnly => false;

    public override string Name => "(timer)";

    public override Action<TimeSpan, Exception?>? Meter => null;

    public override TimeSpan Timeout => TimeSpan.Zero;

    // Async void: the tick reports its own errors, and what escapes despite that is posted to the activation's queue.
    public override async void Run(object grain)
    {
        var activation = _timer.Activation;
        var error = await _timer.Tick();
        activation.BeforeOutcome(this, error);
        activation.AfterCall(this);
        Release();
    }

    public override void DeliverFailure(Exception exception) =>
        throw new InvalidOperationException("No caller waits for a tick: this is a bug in the grain host.");

    public override GrainCall New() => throw new InvalidOperationException("A tick is not pooled: this is a bug in the grain host.");
}
