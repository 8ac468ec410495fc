using Orleans;
using Orleans.Runtime;
using Orleans.Timers;

namespace Marketplace.GrainHost.Activations;

internal sealed class GrainRuntime(HostCore host, ITimerRegistry timers) : IGrainRuntime, IGrainContextAccessor
{
    public IGrainFactory GrainFactory => host.Factory;

    public ITimerRegistry TimerRegistry => timers;

    public IServiceProvider ServiceProvider => host.Services;

    public TimeProvider TimeProvider => host.Time;

    public IGrainContext GrainContext => Turns.TurnQueue.CurrentContext!;

    public void DeactivateOnIdle(IGrainContext grainContext) =>
        grainContext.Deactivate(new(DeactivationReasonCode.ApplicationRequested, $"{nameof(DeactivateOnIdle)} was called."));

    public void DelayDeactivation(IGrainContext grainContext, TimeSpan timeSpan) => ((Activation)grainContext).KeepFor(timeSpan);
}
