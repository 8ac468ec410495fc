using System.Collections.Immutable;
using Marketplace.Engine.Guests;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>What one run may change. The guest interface keeps guests to the same numbers, so only a worker can pass them.</summary>
internal static class StateRules
{
    /// <returns>What is wrong; null where nothing is.</returns>
    public static string? Refusal(ImmutableArray<StateChange> changes)
    {
        if (changes.Length > GuestPolicy.StateWritesMax)
        {
            return $"the run changes {changes.Length} keys of state; allowed are {GuestPolicy.StateWritesMax}";
        }
        long changed = 0;
        foreach (var change in changes)
        {
            if (change.Key.Length > GuestPolicy.StateKeyBytesMax)
            {
                return $"a state key of the run has {change.Key.Length} bytes; allowed are {GuestPolicy.StateKeyBytesMax}";
            }
            if (change.Value?.Length > GuestPolicy.StateValueBytesMax)
            {
                return $"a state value of the run has {change.Value?.Length} bytes; allowed are {GuestPolicy.StateValueBytesMax}";
            }
            changed += change.Key.Length + (change.Value?.Length ?? 0);
        }

        return changed > GuestPolicy.StateWriteBytesMax
            ? $"the run changes {changed} bytes of state; allowed are {GuestPolicy.StateWriteBytesMax}"
            : null;
    }
}
