using Marketplace.GrainHost.Activations;
using Orleans.Runtime;

namespace Marketplace.GrainHost.Calls;

/// <summary>What all references of one interface share in one host.</summary>
internal sealed class ProxyShape(Type grainInterface, MethodShape[] methods, Proxies proxies, Dispatcher dispatcher)
{
    public Type Interface => grainInterface;

    public GrainInterfaceType InterfaceType { get; } = GrainInterfaceType.Create(grainInterface.FullName ?? grainInterface.Name);

    public MethodShape[] Methods => methods;

    public Proxies Proxies => proxies;

    public Dispatcher Dispatcher => dispatcher;
}
