using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace Marketplace;

/// <summary>A deployed module, derived from the module's blob id and a salt. Text form: <c>prog</c> and 64 hexadecimal digits.</summary>
[JsonConverter(typeof(IdJsonConverter<ProgramId>))]
public readonly record struct ProgramId(Bytes32 Value) : IId<ProgramId>, IComparable<ProgramId>
{
    /// <summary>What stands before the digits.</summary>
    public const string Prefix = "prog";

    public static ProgramId Parse(string text) => new(Bytes32.Parse("a program id", Prefix, text));

    public static bool TryParse([NotNullWhen(true)] string? text, out ProgramId id)
    {
        var parsed = Bytes32.TryParse(Prefix, text, out var value);
        id = new ProgramId(value);
        return parsed;
    }

    public int CompareTo(ProgramId other) => Value.CompareTo(other.Value);

    /// <summary>The text form, which is also the grain key and the JSON form.</summary>
    public override string ToString() => Value.ToString(Prefix);
}
