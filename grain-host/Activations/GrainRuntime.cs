using Marketplace.GrainHost.Timers;
using Orleans;
using Orleans.Runtime;
using Orleans.Timers;

namespace Marketplace.GrainHost.Activations;

internal sealed class GrainRuntime(HostCore host) : IGrainRuntime, IGrainContextAccessor
{
    public IGrainFactory GrainFactory => host.Factory;

    public ITimerRegistry TimerRegistry { get; } = new TimerRegistry();

    public IServiceProvider ServiceProvider => host.Services;

    public TimeProvider TimeProvider => host.Time;

    public IGrainContext GrainContext => Turns.TurnQueue.CurrentContext!;

    public void DeactivateOnIdle(IGrainContext grainContext) =>
        grainContext.Deactivate(new(DeactivationReasonCode.ApplicationRequested, $"{nameof(DeactivateOnIdle)} was called."));

    public void DelayDeactivation(IGrainContext grainContext, TimeSpan timeSpan) => ((Activation)grainContext).KeepFor(timeSpan);
}
