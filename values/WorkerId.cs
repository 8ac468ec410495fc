using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace Marketplace;

/// <summary>Who runs jobs: an Ed25519 public key. Text form: 64 hexadecimal digits.</summary>
[JsonConverter(typeof(IdJsonConverter<WorkerId>))]
public readonly record struct WorkerId(Bytes32 Value) : IId<WorkerId>, IComparable<WorkerId>
{
    private const string Prefix = "";

    public static WorkerId Parse(string text) => new(Bytes32.Parse("a worker id", Prefix, text));

    public static bool TryParse([NotNullWhen(true)] string? text, out WorkerId id)
    {
        var parsed = Bytes32.TryParse(Prefix, text, out var value);
        id = new WorkerId(value);
        return parsed;
    }

    public int CompareTo(WorkerId other) => Value.CompareTo(other.Value);

    /// <summary>The text form, which is also the grain key and the JSON form.</summary>
    public override string ToString() => Value.ToString(Prefix);
}
