using System.Collections.Immutable;

namespace Marketplace.GrainHost.Calls;

/// <summary>The immutable content of a <see cref="Orleans.Runtime.RequestContext"/>, so that a call carries it as one reference.</summary>
internal sealed record CallContext(ImmutableDictionary<string, object> Values, Guid ReentrancyId)
{
    private static int _sections;

    public static ImmutableDictionary<string, object> None { get; } = ImmutableDictionary<string, object>.Empty;

    public static CallContext? With(CallContext? context, string key, object value) =>
        new((context?.Values ?? None).SetItem(key, value), context?.ReentrancyId ?? Guid.Empty);

    public static CallContext? With(CallContext? context, Guid reentrancyId) => Trim(new(context?.Values ?? None, reentrancyId));

    public static CallContext? Without(CallContext context, string key) => Trim(context with { Values = context.Values.Remove(key) });

    /// <summary>Counted, not drawn: ids are unique in the process, which is as far as a chain of calls can go.</summary>
    public static Guid NextReentrancyId() => new(Interlocked.Increment(ref _sections), 0, 0, [0, 0, 0, 0, 0, 0, 0, 0]);

    private static CallContext? Trim(CallContext context) => context.Values.IsEmpty && context.ReentrancyId == Guid.Empty ? null : context;
}
