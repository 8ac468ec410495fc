using Marketplace.Receipts;
using Marketplace.Storage;

namespace Marketplace.Grains;

/// <summary>What holds for every program's state.</summary>
internal static class StateInvariants
{
    /// <summary>What is stored of a program's state, and the log behind it, give what the whole log gives.</summary>
    public static async ValueTask<IReadOnlyList<string>> StoredViolations(
        IDocumentStore documents,
        ProgramId program,
        IReadOnlyList<StateEvent> log,
        ProgramState state
    )
    {
        var stored = await new StateStore(documents, program.ToString(), new StatePageCache()).Load();
        var tree = stored.Tree;
        foreach (var happened in log.Skip((int)stored.Height))
        {
            tree = await ProgramState.With(tree, happened);
        }
        return stored.Height <= log.Count && tree.Root == state.Tree.Root
            ? []
            : [$"the checkpoint of {program} at height {stored.Height} leads to root {tree.Root}, and the log to {state.Tree.Root}"];
    }

    public static async ValueTask<IReadOnlyList<string>> Violations(ProgramState state)
    {
        var violations = new List<string>();
        var tree = state.Tree;
        Check(tree.Count <= StatePolicy.KeysMax, $"it has {tree.Count} keys");
        Check(tree.Bytes <= StatePolicy.StateBytesMax, $"it has {tree.Bytes} bytes");
        var entries = new List<StateEntry>();
        Bytes32? after = null;
        for (var isLast = false; !isLast; )
        {
            var chunk = await tree.Chunk(after);
            Check(StateChunks.Refusal(tree.Root, after, chunk) is null, "a chunk of it does not prove its entries");
            entries.AddRange(chunk.Entries);
            (after, isLast) = (chunk.End, chunk.IsLast);
        }
        var anew = await StateTree.InMemory.With([.. entries.Select(static entry => new StateWrite(entry.Key, entry.Value))]);
        Check(tree.Root == anew.Root, "its root is not that of its entries");
        Check((tree.Count, tree.Bytes) == (anew.Count, anew.Bytes), "its keys or bytes are miscounted");
        var keys = (await tree.Keys(default, null, int.MaxValue, long.MaxValue)).Keys;
        Check(keys.Length == entries.Count, $"its index has {keys.Length} keys, and there are {entries.Count} entries");
        Check((tree.Count == 0) == tree.Root.Value.IsZero, "the root is zero for an empty state and for no other");
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
