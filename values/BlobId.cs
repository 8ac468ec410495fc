using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace Marketplace;

/// <summary>Immutable bytes, named by their BLAKE3-256 hash: <c>blob</c> and the 64 digits that <c>b3sum</c> prints.</summary>
[JsonConverter(typeof(IdJsonConverter<BlobId>))]
public readonly record struct BlobId(Bytes32 Value) : IId<BlobId>, IComparable<BlobId>
{
    /// <summary>What stands before the digits.</summary>
    public const string Prefix = "blob";

    public static BlobId Parse(string text) => new(Bytes32.Parse("a blob id", Prefix, text));

    public static bool TryParse([NotNullWhen(true)] string? text, out BlobId id)
    {
        var parsed = Bytes32.TryParse(Prefix, text, out var value);
        id = new BlobId(value);
        return parsed;
    }

    public int CompareTo(BlobId other) => Value.CompareTo(other.Value);

    /// <summary>The text form, which is also the grain key and the JSON form.</summary>
    public override string ToString() => Value.ToString(Prefix);
}
