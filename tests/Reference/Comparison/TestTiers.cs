using Marketplace.Engine.Interpret;

namespace Marketplace.Reference.Comparison;

/// <summary>
/// Ways to run functions that no product has, beside <see cref="Tiers.CompiledOnly"/>: nothing may show which one it was.
/// </summary>
internal static class TestTiers
{
    /// <summary>Everything that can be is interpreted.</summary>
    public static readonly Tiers InterpretedOnly = new(true, long.MaxValue / 2, 0, 0);

    /// <summary>Functions change soon after their first calls and turns, at different times.</summary>
    public static readonly Tiers Changing = new(true, 20, 1, 1);
}
