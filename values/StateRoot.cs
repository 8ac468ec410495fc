using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace Marketplace;

/// <summary>The root of a program's state. All zero: the program has no state yet. Text form: 64 hexadecimal digits.</summary>
[JsonConverter(typeof(IdJsonConverter<StateRoot>))]
public readonly record struct StateRoot(Bytes32 Value) : IId<StateRoot>, IComparable<StateRoot>
{
    private const string Prefix = "";

    public static StateRoot Parse(string text) => new(Bytes32.Parse("a state root", Prefix, text));

    public static bool TryParse([NotNullWhen(true)] string? text, out StateRoot id)
    {
        var parsed = Bytes32.TryParse(Prefix, text, out var value);
        id = new StateRoot(value);
        return parsed;
    }

    public int CompareTo(StateRoot other) => Value.CompareTo(other.Value);

    /// <summary>The text form, which is also the grain key and the JSON form.</summary>
    public override string ToString() => Value.ToString(Prefix);
}
