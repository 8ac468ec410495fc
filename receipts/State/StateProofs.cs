using Marketplace.Crypto;

namespace Marketplace.Receipts;

/// <summary>What a check of a proof found.</summary>
public enum StateFinding
{
    /// <summary>The key has the value.</summary>
    Present,

    /// <summary>The key has no value.</summary>
    Absent,

    /// <summary>The proof proves nothing about this key under this root.</summary>
    Refused,
}

/// <param name="Finding">Whether the key has a value.</param>
/// <param name="Value">The value, where there is one.</param>
/// <param name="Reason">Why it was refused; null where it was not.</param>
public readonly record struct StateVerdict(StateFinding Finding, ReadOnlyMemory<byte> Value, string? Reason)
{
    internal static StateVerdict Refuse(string reason) => new(StateFinding.Refused, default, reason);
}

/// <summary>Checks proofs of program state: needs the root, the key and the proof, and no market.</summary>
public static class StateProofs
{
    /// <summary>Checks the binary form.</summary>
    public static StateVerdict Verify(StateRoot root, ReadOnlySpan<byte> key, ReadOnlyMemory<byte> proof)
    {
        try
        {
            return Verify(root, key, StateProof.Read(proof));
        }
        catch (FormatException malformed)
        {
            return StateVerdict.Refuse(malformed.Message);
        }
    }

    public static StateVerdict Verify(StateRoot root, ReadOnlySpan<byte> key, StateProof proof)
    {
        if (key.Length > ProgramLimits.StateKeyBytesMax)
        {
            return StateVerdict.Refuse($"A state key has at most {ProgramLimits.StateKeyBytesMax} bytes; this one has {key.Length}.");
        }
        if (proof.Kind == StateProofKind.Empty || root.Value.IsZero)
        {
            return (proof.Kind == StateProofKind.Empty, root.Value.IsZero) switch
            {
                (true, true) => new StateVerdict(StateFinding.Absent, default, null),
                (true, false) => StateVerdict.Refuse("The proof is of an empty state, and the root is not that of an empty state."),
                _ => StateVerdict.Refuse("The root is that of an empty state, and the proof is of another."),
            };
        }
        var path = StateHashes.Path(key);
        var isPresent = proof.Kind == StateProofKind.Present;
        if (!isPresent && RefuseOther(proof, path) is { } reason)
        {
            return StateVerdict.Refuse(reason);
        }
        var leaf = isPresent ? new StateLeaf(path, Blake3.Hash(proof.Value.Span), proof.Value.Length) : proof.Other;
        var hash = StateHashes.Leaf(in leaf);
        for (var index = proof.Siblings.Length - 1; index >= 0; index--)
        {
            var sibling = proof.Siblings[index];
            hash = path.BitAt(sibling.Bit)
                ? StateHashes.Node(sibling.Bit, sibling.Hash, in hash)
                : StateHashes.Node(sibling.Bit, in hash, sibling.Hash);
        }
        if (hash != root.Value)
        {
            return StateVerdict.Refuse($"The proof leads to root {hash}, not to {root}.");
        }
        return isPresent ? new StateVerdict(StateFinding.Present, proof.Value, null) : new StateVerdict(StateFinding.Absent, default, null);
    }

    /// <summary>
    /// The other leaf stands where the key's path leads: it has the same bit wherever the way parts. Were the key in the tree, the same way
    /// would lead to it, because each node's hash names its bit.
    /// </summary>
    private static string? RefuseOther(StateProof proof, Bytes32 path)
    {
        if (proof.Other.Path == path)
        {
            return "The other leaf of the proof is that of the key itself.";
        }
        foreach (var sibling in proof.Siblings)
        {
            if (path.BitAt(sibling.Bit) != proof.Other.Path.BitAt(sibling.Bit))
            {
                return $"The other leaf of the proof is not where the key's path leads: they part at bit {sibling.Bit}.";
            }
        }
        return null;
    }
}
