using Marketplace.GrainHost.Activations;
using Marketplace.GrainHost.Turns;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime;

namespace Orleans;

/// <summary>The base class of grains.</summary>
public abstract class Grain : IGrainBase, IAddressable
{
    private readonly IGrainRuntime? _runtime;

    protected Grain()
        : this(TurnQueue.CurrentContext!, null) { }

    /// <summary>For tests that construct a grain without a host.</summary>
    protected Grain(IGrainContext grainContext, IGrainRuntime? grainRuntime = null)
    {
        GrainContext = grainContext;

        // An activation knows its runtime; asking its services would make a scope for every grain.
        _runtime =
            grainRuntime ?? (grainContext as Activation)?.Host.Runtime ?? grainContext?.ActivationServices.GetService<IGrainRuntime>();
    }

    public IGrainContext GrainContext { get; }

    public GrainReference GrainReference => GrainContext.GrainReference;

    public string IdentityString => GrainContext.GrainId.ToString();

    protected IGrainFactory GrainFactory => Runtime.GrainFactory;

    protected internal IServiceProvider ServiceProvider => GrainContext?.ActivationServices ?? Runtime.ServiceProvider;

    internal IGrainRuntime Runtime =>
        _runtime
        ?? throw new InvalidOperationException(
            $"{GetType().Name} was constructed outside of a grain host and without a runtime: pass an {nameof(IGrainRuntime)} to its base."
        );

    public virtual Task OnActivateAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public virtual Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Ends this activation as soon as its running calls have ended.</summary>
    protected void DeactivateOnIdle() => Runtime.DeactivateOnIdle(GrainContext);

    /// <summary>Keeps this activation at least so long; a negative time span takes that back.</summary>
    protected void DelayDeactivation(TimeSpan timeSpan) => Runtime.DelayDeactivation(GrainContext, timeSpan);
}
