namespace Marketplace.Grains;

/// <summary>What holds for every program's state.</summary>
internal static class StateInvariants
{
    public static IReadOnlyList<string> Violations(ProgramState state)
    {
        var violations = new List<string>();
        Check(state.Keys.Count <= StatePolicy.KeysMax, $"it has {state.Keys.Count} keys");
        Check(state.Keys.Size <= StatePolicy.StateBytesMax, $"it has {state.Keys.Size} bytes");
        Check(state.Keys.Root == KeySpace.Of(state.Keys.Entries).Root, "its root is not that of its entries");
        Check((state.Keys.Count == 0) == state.Keys.Root.Value.IsZero, "the root is zero for an empty state and for no other");
        Check(state.Runs.Select(run => run.Job).Distinct().Count() == state.Runs.Count, "a job's run is kept twice");
        return violations;

        void Check(bool holds, string violation)
        {
            if (!holds)
            {
                violations.Add(violation);
            }
        }
    }
}
