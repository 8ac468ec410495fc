using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace Marketplace;

/// <summary>Who pays or earns: an Ed25519 public key. Text form: 64 hexadecimal digits.</summary>
[JsonConverter(typeof(IdJsonConverter<AccountId>))]
public readonly record struct AccountId(Bytes32 Value) : IId<AccountId>, IComparable<AccountId>
{
    private const string Prefix = "";

    public static AccountId Parse(string text) => new(Bytes32.Parse("an account id", Prefix, text));

    public static bool TryParse([NotNullWhen(true)] string? text, out AccountId id)
    {
        var parsed = Bytes32.TryParse(Prefix, text, out var value);
        id = new AccountId(value);
        return parsed;
    }

    public int CompareTo(AccountId other) => Value.CompareTo(other.Value);

    /// <summary>The text form, which is also the grain key and the JSON form.</summary>
    public override string ToString() => Value.ToString(Prefix);
}
