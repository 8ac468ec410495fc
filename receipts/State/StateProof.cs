using System.Collections.Immutable;
using System.Text.Json;

namespace Marketplace.Receipts;

/// <summary>What a proof says about its key.</summary>
public enum StateProofKind : byte
{
    /// <summary>The state has no key at all.</summary>
    Empty = 0,

    /// <summary>The key has the value that the proof carries.</summary>
    Present = 1,

    /// <summary>The key has no value: another leaf stands where its path leads.</summary>
    Absent = 2,
}

/// <summary>
/// That a key has a value, or none, under a root: the siblings on the way from the root to the key's path, and what stands at its end.
/// <see cref="StateProofs"/> checks it. STATE.md has the bytes.
/// </summary>
public sealed class StateProof
{
    private const byte Version = 1;
    private const int HeadSize = 4;

    private StateProof(StateProofKind kind, ImmutableArray<StateSibling> siblings, ReadOnlyMemory<byte> value, StateLeaf other) =>
        (Kind, Siblings, Value, Other) = (kind, siblings, value, other);

    public StateProofKind Kind { get; }

    /// <summary>From the root down.</summary>
    public ImmutableArray<StateSibling> Siblings { get; }

    /// <summary>Of the key, where it is <see cref="StateProofKind.Present"/>.</summary>
    public ReadOnlyMemory<byte> Value { get; }

    /// <summary>The leaf at the end of the way, where the key is <see cref="StateProofKind.Absent"/>.</summary>
    public StateLeaf Other { get; }

    public static StateProof OfEmpty { get; } = new(StateProofKind.Empty, [], default, default);

    public static StateProof OfPresent(ImmutableArray<StateSibling> siblings, ReadOnlyMemory<byte> value) =>
        new(StateProofKind.Present, siblings, value, default);

    public static StateProof OfAbsent(ImmutableArray<StateSibling> siblings, StateLeaf other) =>
        new(StateProofKind.Absent, siblings, default, other);

    /// <summary>Bytes of the binary form.</summary>
    public int Size =>
        HeadSize
        + (Siblings.Length * StateSibling.Size)
        + Kind switch
        {
            StateProofKind.Present => sizeof(uint) + Value.Length,
            StateProofKind.Absent => StateLeaf.Size,
            _ => 0,
        };

    public byte[] ToBytes()
    {
        var writer = new StateWriter(Size);
        writer.Byte(Version);
        writer.Byte((byte)Kind);
        writer.Siblings(Siblings);
        if (Kind == StateProofKind.Present)
        {
            writer.U32(Value.Length);
            writer.Bytes(Value.Span);
        }
        if (Kind == StateProofKind.Absent)
        {
            writer.Leaf(Other);
        }
        return writer.Finish();
    }

    /// <summary>The JSON form: one text for each proof.</summary>
    public string ToJson() => JsonSerializer.Serialize(StateProofJson.Of(this), StateJson.Default.StateProofJson);

    /// <exception cref="FormatException">The text is no proof; says why.</exception>
    public static StateProof ReadJson(string json)
    {
        if (json.Length > StateProofPolicy.JsonCharactersMax)
        {
            throw new FormatException(
                $"A state proof has at most {StateProofPolicy.JsonCharactersMax} characters; this one has {json.Length}."
            );
        }
        try
        {
            var proof =
                JsonSerializer.Deserialize(json, StateJson.Default.StateProofJson)?.ToProof()
                ?? throw new FormatException("The state proof is the JSON value null.");
            // What can be written in two ways can be changed unseen.
            return proof.ToJson() == json
                ? proof
                : throw new FormatException("The state proof is written otherwise than it is made: other spaces, digits or order.");
        }
        catch (JsonException malformed)
        {
            throw new FormatException($"The state proof is not the JSON of one: {FileFault.Describe(malformed)}", malformed);
        }
    }

    /// <exception cref="FormatException">The bytes are no proof; says why.</exception>
    public static StateProof Read(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Length > StateProofPolicy.ProofWithValueBytesMax)
        {
            throw new FormatException(
                $"A state proof has at most {StateProofPolicy.ProofWithValueBytesMax} bytes; this one has {bytes.Length}."
            );
        }
        var reader = new StateReader(bytes, "state proof");
        reader.Version(Version);
        var kind = reader.Byte();
        if (kind > (byte)StateProofKind.Absent)
        {
            throw new FormatException($"A state proof has kind 0, 1 or 2; this one has {kind}.");
        }
        var siblings = reader.Siblings();
        var proof = (StateProofKind)kind switch
        {
            StateProofKind.Present => OfPresent(
                siblings,
                reader.Memory(reader.Count(ProgramLimits.StateValueBytesMax, "bytes of the value"))
            ),
            StateProofKind.Absent => OfAbsent(siblings, reader.Leaf()),
            _ => siblings.IsEmpty ? OfEmpty : throw new FormatException("A proof of an empty state has no siblings."),
        };
        reader.End();
        return proof;
    }
}
