using Marketplace.GrainHost.Calls;

namespace Orleans.Runtime;

/// <summary>The base of all proxies. Two references are equal when they name the same grain.</summary>
public class GrainReference : IAddressable, IEquatable<GrainReference>
{
    private readonly ProxyShape _shape;

    internal GrainReference(ProxyShape shape, GrainId grainId)
    {
        _shape = shape;
        GrainId = grainId;
    }

    public GrainId GrainId { get; }

    public GrainInterfaceType InterfaceType => _shape.InterfaceType;

    public string InterfaceName => _shape.Interface.Name;

    public bool Equals(GrainReference? other) => other is not null && GrainId.Equals(other.GrainId);

    public override bool Equals(object? obj) => Equals(obj as GrainReference);

    public override int GetHashCode() => GrainId.GetHashCode();

    public override string ToString() => $"{InterfaceName}:{GrainId}";

    internal object As(Type interfaceType) => interfaceType.IsInstanceOfType(this) ? this : _shape.Proxies.Create(interfaceType, GrainId);

    /// <summary>False in a simulated run, where everything happens on one.</summary>
    internal bool HasThreads => _shape.Dispatcher.HasThreads;

    internal GrainCall Rent(int method) => _shape.Methods[method].Rent(this);

    internal void Send(GrainCall call) => _shape.Dispatcher.Send(call);
}
