using Marketplace.GrainInterfaces;
using Orleans.Runtime;

namespace Marketplace.Grains.Tests.Support;

/// <summary>Counts the calls that grains receive, by interface and method.</summary>
internal sealed class CallCounter : IIncomingGrainCallFilter
{
    public SortedDictionary<string, int> Counts { get; } = new(StringComparer.Ordinal);

    /// <summary>Calls that fail before they begin, as those to a silo that is gone.</summary>
    public Func<string, bool> Refuse { get; set; } = _ => false;

    public Task Invoke(IIncomingGrainCallContext context)
    {
        var name = $"{context.InterfaceMethod.DeclaringType!.Name}.{context.InterfaceMethod.Name}";
        Counts[name] = Counts.GetValueOrDefault(name) + 1;
        return Refuse(name) ? throw new SiloUnavailableException($"{name} was lost.") : context.Invoke();
    }
}
