using System.Collections.Immutable;

namespace Marketplace.Receipts;

/// <summary>A key with its value.</summary>
public readonly record struct StateEntry(ReadOnlyMemory<byte> Key, ReadOnlyMemory<byte> Value);

/// <summary>
/// Entries that follow one another in the order of their paths, with what proves that none is missing between them: the leaf before the
/// first one, and the hashes of everything left and right of both. <see cref="StateChunks.Refusal"/> checks it. STATE.md has the bytes.
/// </summary>
/// <param name="Previous">The leaf before the first entry; null where the first entry is the state's first.</param>
/// <param name="Entries">In the order of their paths.</param>
/// <param name="Left">What is left of the first leaf (<paramref name="Previous"/>, else the first entry), from the root down.</param>
/// <param name="Right">What is right of the last leaf, from the root down; empty where the last entry is the state's last.</param>
public sealed record StateChunk(
    StateLeaf? Previous,
    ImmutableArray<StateEntry> Entries,
    ImmutableArray<StateSibling> Left,
    ImmutableArray<StateSibling> Right
)
{
    private const byte Version = 1;

    /// <summary>No entry follows.</summary>
    public bool IsLast => Right.IsEmpty;

    /// <summary>The path of the last entry, after which the next chunk starts; null where the chunk has none.</summary>
    public Bytes32? End => Entries.IsEmpty ? null : StateHashes.Path(Entries[^1].Key.Span);

    /// <summary>Bytes that an entry takes.</summary>
    public static int BytesOf(int keyBytes, int valueBytes) => StateEntryForm.OverheadBytes + keyBytes + valueBytes;

    public byte[] ToBytes()
    {
        var size =
            2
            + (2 * sizeof(ushort))
            + ((Left.Length + Right.Length) * StateSibling.Size)
            + (Previous is null ? 0 : StateLeaf.Size)
            + sizeof(uint)
            + Entries.Sum(entry => BytesOf(entry.Key.Length, entry.Value.Length));
        var writer = new StateWriter(size);
        writer.Byte(Version);
        writer.Byte(Previous is null ? (byte)0 : (byte)1);
        writer.Siblings(Left);
        writer.Siblings(Right);
        if (Previous is { } previous)
        {
            writer.Leaf(previous);
        }
        writer.U32(Entries.Length);
        foreach (var entry in Entries)
        {
            writer.U16(entry.Key.Length);
            writer.U32(entry.Value.Length);
            writer.Bytes(entry.Key.Span);
            writer.Bytes(entry.Value.Span);
        }
        return writer.Finish();
    }

    /// <exception cref="FormatException">The bytes are no chunk; says why.</exception>
    public static StateChunk Read(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Length > StateProofPolicy.ChunkBytesMax)
        {
            throw new FormatException($"A state chunk has at most {StateProofPolicy.ChunkBytesMax} bytes; this one has {bytes.Length}.");
        }
        var reader = new StateReader(bytes, "state chunk");
        reader.Version(Version);
        var hasPrevious = reader.Byte();
        if (hasPrevious > 1)
        {
            throw new FormatException($"The state chunk says {hasPrevious} for whether it has a leaf before it; 0 and 1 are known.");
        }
        var left = reader.Siblings();
        var right = reader.Siblings();
        StateLeaf? previous = hasPrevious == 1 ? reader.Leaf() : null;
        var entries = new StateEntry[reader.Count(StateProofPolicy.ChunkEntriesMax, "entries")];
        for (var index = 0; index < entries.Length; index++)
        {
            var keyBytes = reader.U16();
            if (keyBytes > ProgramLimits.StateKeyBytesMax)
            {
                throw new FormatException(
                    $"A key of the state chunk has {keyBytes} bytes; at most {ProgramLimits.StateKeyBytesMax} are allowed."
                );
            }
            var valueBytes = reader.Count(ProgramLimits.StateValueBytesMax, "bytes in a value");
            entries[index] = new StateEntry(reader.Memory(keyBytes), reader.Memory(valueBytes));
        }
        reader.End();
        return new StateChunk(previous, [.. entries], left, right);
    }
}

/// <summary>Checks chunks of an exported state: needs the root and the chunk, and no market.</summary>
public static class StateChunks
{
    /// <summary>
    /// Checks that the state under <paramref name="root"/> has exactly these entries from the first path after
    /// <paramref name="after"/> to the chunk's last one.
    /// </summary>
    /// <param name="root">Of the state.</param>
    /// <param name="after">The end of the chunk before; null for the first chunk.</param>
    /// <param name="chunk">What was exported.</param>
    /// <returns>Why it is refused; null where it is right.</returns>
    public static string? Refusal(StateRoot root, Bytes32? after, StateChunk chunk)
    {
        if (chunk.Previous?.Path != after)
        {
            return $"The chunk starts after {Name(chunk.Previous?.Path)}; the one that is wanted starts after {Name(after)}.";
        }
        if (after is null && !chunk.Left.IsEmpty)
        {
            return "The chunk is the first one and has something left of it.";
        }
        if (chunk.Entries.IsEmpty)
        {
            return chunk is { Previous: null, Right.IsEmpty: true } && root.Value.IsZero
                ? null
                : "The chunk has no entries, and the state is not empty.";
        }
        var leaves = new List<StateLeaf>(chunk.Entries.Length + 1);
        if (chunk.Previous is { } previous)
        {
            leaves.Add(previous);
        }
        foreach (var entry in chunk.Entries)
        {
            leaves.Add(StateLeaf.Of(entry.Key.Span, entry.Value.Span));
            if (leaves.Count > 1 && leaves[^2].Path.CompareTo(leaves[^1].Path) >= 0)
            {
                return $"Entry {leaves.Count - 1} of the chunk does not come after the one before it.";
            }
        }
        return RefusalOf(root, chunk, leaves);
    }

    private static string? RefusalOf(StateRoot root, StateChunk chunk, List<StateLeaf> leaves)
    {
        var parts = new List<Bytes32>(leaves.Count + chunk.Left.Length + chunk.Right.Length);
        var bits = new List<byte>(parts.Capacity);
        foreach (var sibling in chunk.Left)
        {
            if (!leaves[0].Path.BitAt(sibling.Bit))
            {
                return $"The chunk has something left of it at bit {sibling.Bit}, where its first path goes left.";
            }
            parts.Add(sibling.Hash);
            bits.Add(sibling.Bit);
        }
        for (var index = 0; index < leaves.Count; index++)
        {
            if (index > 0)
            {
                bits.Add((byte)leaves[index - 1].Path.FirstDifference(leaves[index].Path));
            }
            parts.Add(StateHashes.Leaf(leaves[index]));
        }
        for (var index = chunk.Right.Length - 1; index >= 0; index--)
        {
            var sibling = chunk.Right[index];
            if (leaves[^1].Path.BitAt(sibling.Bit))
            {
                return $"The chunk has something right of it at bit {sibling.Bit}, where its last path goes right.";
            }
            parts.Add(sibling.Hash);
            bits.Add(sibling.Bit);
        }
        if (!StateHashes.TryFold([.. parts], [.. bits], out var hash))
        {
            return "The chunk's borders and entries part at the same bit twice: no state has such leaves.";
        }
        return hash == root.Value ? null : $"The chunk leads to root {hash}, not to {root}.";
    }

    private static string Name(Bytes32? path) => path is { } at ? $"path {at}" : "nothing";
}
