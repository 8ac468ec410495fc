namespace Marketplace.Grains.Tests.Support;

/// <summary>Counts the calls that grains receive, by interface and method.</summary>
internal sealed class CallCounter : IIncomingGrainCallFilter
{
    public SortedDictionary<string, int> Counts { get; } = new(StringComparer.Ordinal);

    public Task Invoke(IIncomingGrainCallContext context)
    {
        var name = $"{context.InterfaceMethod.DeclaringType!.Name}.{context.InterfaceMethod.Name}";
        Counts[name] = Counts.GetValueOrDefault(name) + 1;
        return context.Invoke();
    }
}
