using Orleans;
using Orleans.Runtime;

namespace Marketplace.GrainHost.Calls;

/// <summary>Used by the emitted proxies.</summary>
internal static class GrainArguments
{
    /// <summary>
    /// A grain that passes <c>this</c> passes a reference to itself, as on a wire: the object would let others call into it
    /// outside of its turns.
    /// </summary>
    public static TInterface? Reference<TInterface>(TInterface? argument)
        where TInterface : class, IAddressable =>
        argument is null or GrainReference ? argument : (TInterface)GrainExtensions.ReferenceOf(argument).As(typeof(TInterface));
}
