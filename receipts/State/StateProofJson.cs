using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Marketplace.Receipts;

/// <summary>The JSON form of a proof, as STATE.md has it: for people, and for programs without the binary form.</summary>
internal sealed record StateProofJson
{
    public required int Version { get; init; }
    public required string Kind { get; init; }
    public required IReadOnlyList<SiblingJson> Siblings { get; init; }
    public byte[]? Value { get; init; }
    public LeafJson? Other { get; init; }

    public static StateProofJson Of(StateProof proof) =>
        new()
        {
            Version = 1,
            Kind = NameOf(proof.Kind),
            Siblings = [.. proof.Siblings.Select(sibling => new SiblingJson { Bit = sibling.Bit, Hash = sibling.Hash.ToString() })],
            Value = proof.Kind == StateProofKind.Present ? proof.Value.ToArray() : null,
            Other =
                proof.Kind == StateProofKind.Absent
                    ? new LeafJson
                    {
                        Path = proof.Other.Path.ToString(),
                        ValueHash = proof.Other.ValueHash.ToString(),
                        ValueBytes = proof.Other.ValueBytes,
                    }
                    : null,
        };

    /// <summary>The checks are those of the binary form: it is made and read.</summary>
    public StateProof ToProof()
    {
        if (Version != 1)
        {
            throw new FormatException($"The state proof has version {Version}; this build reads version 1.");
        }
        if (Siblings.Count > StateProofPolicy.SiblingsMax)
        {
            throw new FormatException($"The state proof has {Siblings.Count} siblings; a path has {StateProofPolicy.SiblingsMax} bits.");
        }
        // A list says nothing of its items to the reader of the JSON.
        if (Siblings.Any(sibling => sibling is null))
        {
            throw new FormatException("A sibling of the state proof is null.");
        }
        ImmutableArray<StateSibling> siblings = [.. Siblings.Select(sibling => new StateSibling(sibling.Bit, Bytes32.Parse(sibling.Hash)))];
        var proof = (Kind, Value, Other) switch
        {
            ("present", { } value, null) => StateProof.OfPresent(siblings, value),
            ("absent", null, { ValueBytes: >= 0 } other) => StateProof.OfAbsent(
                siblings,
                new StateLeaf(Bytes32.Parse(other.Path), Bytes32.Parse(other.ValueHash), other.ValueBytes)
            ),
            ("empty", null, null) when siblings.IsEmpty => StateProof.OfEmpty,
            _ => throw new FormatException(
                $"A state proof is 'present' with a value, 'absent' with another leaf, or 'empty' without anything; this one is '{Kind}'."
            ),
        };
        return StateProof.Read(proof.ToBytes());
    }

    private static string NameOf(StateProofKind kind) =>
        kind switch
        {
            StateProofKind.Present => "present",
            StateProofKind.Absent => "absent",
            _ => "empty",
        };
}

/// <summary>A sibling in JSON.</summary>
internal sealed record SiblingJson
{
    public required byte Bit { get; init; }
    public required string Hash { get; init; }
}

/// <summary>Another leaf in JSON.</summary>
internal sealed record LeafJson
{
    public required string Path { get; init; }
    public required string ValueHash { get; init; }
    public required int ValueBytes { get; init; }
}

[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    NumberHandling = JsonNumberHandling.Strict,
    PropertyNameCaseInsensitive = false,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true
)]
[JsonSerializable(typeof(StateProofJson))]
internal sealed partial class StateJson : JsonSerializerContext;
