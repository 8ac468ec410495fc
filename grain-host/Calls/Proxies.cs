using System.Collections.Concurrent;
using Marketplace.GrainHost.Activations;
using Marketplace.GrainHost.Hosting;
using Orleans.Runtime;

namespace Marketplace.GrainHost.Calls;

/// <summary>Makes the references of one host.</summary>
internal sealed class Proxies(Dispatcher dispatcher, GrainHostOptions options)
{
    private readonly ConcurrentDictionary<Type, Entry> _entries = new();

    public GrainReference Create(Type grainInterface, GrainId grainId)
    {
        var entry = EntryOf(grainInterface);
        return entry.Emitted.Create(entry.Shape, grainId);
    }

    /// <summary>Emits the proxy now, so that no call has to wait for it; throws where the interface cannot be one of a grain.</summary>
    public void Prepare(Type grainInterface) => EntryOf(grainInterface);

    /// <summary>The shortest time that some caller waits.</summary>
    public TimeSpan ShortestTimeout() =>
        _entries.Values.SelectMany(entry => entry.Shape.Methods).Select(method => method.Timeout).Append(options.ResponseTimeout).Min();

    private Entry EntryOf(Type grainInterface) =>
        _entries.TryGetValue(grainInterface, out var entry) ? entry : _entries.GetOrAdd(grainInterface, Prepare, this);

    private static Entry Prepare(Type grainInterface, Proxies proxies)
    {
        var emitted = EmittedProxy.Of(grainInterface);
        var methods = emitted
            .Methods.Select(method => new MethodShape(grainInterface, method.Method, method.Call, proxies.Options))
            .ToArray();
        return new Entry(emitted, new ProxyShape(grainInterface, methods, proxies, proxies.Dispatcher));
    }

    private Dispatcher Dispatcher => dispatcher;

    private GrainHostOptions Options => options;

    private sealed record Entry(EmittedProxy Emitted, ProxyShape Shape);
}
