using Orleans.Runtime;
using Orleans.Streams;

namespace Marketplace.GrainHost.Activations;

/// <summary>The observers of the activation's implicit subscriptions; only used in its turns.</summary>
internal sealed partial class Activation
{
    private Dictionary<(IStreamProvider Provider, StreamId Stream), object?>? _observers;

    public void SetObserver(IStreamProvider provider, StreamId stream, object? observer) =>
        (_observers ??= [])[(provider, stream)] = observer;

    public object? ObserverOf(IStreamProvider provider, StreamId stream) => _observers?.GetValueOrDefault((provider, stream));

    /// <summary>Whether it was asked before, or has said so by itself.</summary>
    public bool HasAskedForObserver(IStreamProvider provider, StreamId stream)
    {
        _observers ??= [];
        return !_observers.TryAdd((provider, stream), null);
    }
}
