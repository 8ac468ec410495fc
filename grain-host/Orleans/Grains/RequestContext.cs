using Marketplace.GrainHost.Calls;
using Marketplace.GrainHost.Turns;

namespace Orleans.Runtime;

/// <summary>Values that travel along a chain of calls, from caller to callee and never back.</summary>
public static class RequestContext
{
    private static readonly AsyncLocal<CallContext?> Local = new();

    /// <summary>The keys set so far.</summary>
    public static IEnumerable<string> Keys => Local.Value?.Values.Keys ?? [];

    public static IEnumerable<KeyValuePair<string, object>> Entries => Local.Value?.Values ?? CallContext.None;

    /// <summary>Names the chain that may re-enter the grains that allowed it; empty when it may not.</summary>
    public static Guid ReentrancyId
    {
        get => Local.Value?.ReentrancyId ?? Guid.Empty;
        set => Current = CallContext.With(Local.Value, value);
    }

    internal static CallContext? Current
    {
        get => Local.Value;
        set => Local.Value = value;
    }

    /// <summary>Until disposed, calls made from here on may come back into this activation while it waits for them.</summary>
    public static ReentrancySection AllowCallChainReentrancy()
    {
        var original = ReentrancyId;
        return new ReentrancySection(original, original == Guid.Empty ? CallContext.NextReentrancyId() : original);
    }

    /// <summary>Until disposed, calls made from here on may not come back into activations of this chain.</summary>
    public static ReentrancySection SuppressCallChainReentrancy() => new(ReentrancyId, Guid.Empty);

    public static object? Get(string key) => Local.Value?.Values.GetValueOrDefault(key);

    public static void Set(string key, object value) => Current = CallContext.With(Local.Value, key, value);

    public static bool Remove(string key)
    {
        if (Local.Value is not { } current || !current.Values.ContainsKey(key))
        {
            return false;
        }
        Current = CallContext.Without(current, key);
        return true;
    }

    public static void Clear()
    {
        if (Local.Value is not null)
        {
            Current = null;
        }
    }

    /// <summary>Ends what <see cref="AllowCallChainReentrancy"/> or <see cref="SuppressCallChainReentrancy"/> began.</summary>
    public readonly struct ReentrancySection : IDisposable
    {
        private readonly Guid _original;
        private readonly Guid _own;

        public ReentrancySection(Guid originalReentrancyId, Guid newReentrancyId)
        {
            _original = originalReentrancyId;
            _own = newReentrancyId;
            if (_own != _original)
            {
                ReentrancyId = _own;
            }
            if (_own != Guid.Empty)
            {
                TurnQueue.Current?.EnterReentrantSection(_own);
            }
        }

        public void Dispose()
        {
            if (_own != Guid.Empty)
            {
                TurnQueue.Current?.ExitReentrantSection(_own);
            }
            if (_own != _original)
            {
                ReentrancyId = _original;
            }
        }
    }
}
