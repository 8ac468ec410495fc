using Marketplace.GrainHost.Activations;
using Orleans.Runtime;

namespace Marketplace.GrainHost.Storage;

internal sealed class PersistentStateFactory : IPersistentStateFactory
{
    public IPersistentState<TState> Create<TState>(IGrainContext context, IPersistentStateConfiguration config) =>
        PersistentState<TState>.For(
            context as Activation ?? throw new ArgumentException("States belong to activations of this host.", nameof(context)),
            config
        );
}
