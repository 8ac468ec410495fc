using Marketplace.GrainHost.Calls;

namespace Marketplace.GrainHost.Timers;

/// <summary>A tick on its way through the mailbox.</summary>
internal sealed class TimerCall(GrainTimer timer) : GrainCall
{
    public override bool IsInternal => true;

    public override bool CountsAsUse => timer.Options.KeepAlive;

    public override bool AlwaysInterleaves => timer.Options.Interleave;

    public override bool IsReadOnly => false;

    public override string Name => "(timer)";

    // Async void: the tick reports its own errors, and what escapes despite that is posted to the activation's queue.
    public override async void Run(object grain)
    {
        var activation = timer.Activation;
        await timer.Tick();
        activation.BeforeOutcome(this, null);
        activation.AfterCall(this);
        Release();
    }

    public override void DeliverFailure(Exception exception)
    {
    }

    public override GrainCall New() => new TimerCall(timer);
}
