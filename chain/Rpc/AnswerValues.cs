using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Numerics;
using System.Text.Json;

namespace Marketplace.Chain;

/// <summary>
/// Values of the execution API in their one form (<see href="https://eips.ethereum.org/EIPS/eip-1474">EIP-1474</see>). A QUANTITY is 0x
/// and hex digits without leading zeros; DATA is 0x and two hex digits for each byte. Everything else is
/// <see cref="RpcFault.MalformedValue"/>.
/// </summary>
internal static class AnswerValues
{
    private const string Prefix = "0x";
    private const int NumberDigitsMax = 64;
    private const int SeenCharsMax = 40;

    public static JsonElement Member(this JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var member) ? member : throw Malformed(name, "is missing");

    /// <summary>The member's value; null where it is missing or null.</summary>
    public static JsonElement? Optional(this JsonElement json, string name) =>
        json.TryGetProperty(name, out var member) && member.ValueKind != JsonValueKind.Null ? member : null;

    /// <summary>At most 256 bits.</summary>
    public static BigInteger Quantity(this JsonElement json, string what)
    {
        var text = Text(json, what);
        var digits = text.StartsWith(Prefix, StringComparison.Ordinal) ? text.AsSpan(Prefix.Length) : default;
        return digits.Length is > 0 and <= NumberDigitsMax && (digits[0] != '0' || digits.Length == 1) && IsHex(digits)
            ? BigInteger.Parse($"0{digits}", NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture)
            : throw Malformed(what, "is no quantity of at most 256 bits", text);
    }

    public static ulong UInt64(this JsonElement json, string what)
    {
        var number = json.Quantity(what);
        return number <= ulong.MaxValue ? (ulong)number : throw Malformed(what, "has more than 64 bits", json.GetString()!);
    }

    public static byte[] Data(this JsonElement json, string what, int sizeMax)
    {
        var text = Text(json, what);
        return TryData(text, sizeMax, out var bytes) ? bytes : throw Malformed(what, $"is no data of at most {sizeMax} bytes", text);
    }

    public static byte[] DataOf(this JsonElement json, string what, int size)
    {
        var bytes = json.Data(what, size);
        return bytes.Length == size ? bytes : throw Malformed(what, $"has {bytes.Length} bytes, not {size}");
    }

    public static Bytes32 Word(this JsonElement json, string what) => new(json.DataOf(what, Bytes32.Size));

    public static EvmAddress Address(this JsonElement json, string what) => new(json.DataOf(what, EvmAddress.Size));

    public static JsonElement.ArrayEnumerator Items(this JsonElement json, string what, int countMax) =>
        json.ValueKind != JsonValueKind.Array ? throw Malformed(what, $"is a JSON {json.ValueKind}, not an array")
        : json.GetArrayLength() > countMax ? throw Malformed(what, $"has {json.GetArrayLength()} items; allowed are {countMax}")
        : json.EnumerateArray();

    public static bool TryData(string text, int sizeMax, [NotNullWhen(true)] out byte[]? bytes)
    {
        var isPrefixed = text.StartsWith(Prefix, StringComparison.Ordinal);
        var digits = isPrefixed ? text.AsSpan(Prefix.Length) : default;
        var isData = isPrefixed && digits.Length % 2 == 0 && digits.Length / 2 <= sizeMax && IsHex(digits);
        bytes = isData ? Convert.FromHexString(digits) : null;
        return isData;
    }

    /// <summary>As parameters have it.</summary>
    public static string ToQuantity(this BigInteger number)
    {
        var digits = number.ToString("x", CultureInfo.InvariantCulture).TrimStart('0');
        return Prefix + (digits.Length == 0 ? "0" : digits);
    }

    public static string ToHex(this ReadOnlySpan<byte> bytes) => Prefix + Convert.ToHexStringLower(bytes);

    private static bool IsHex(ReadOnlySpan<char> digits) => !digits.ContainsAnyExcept("0123456789abcdefABCDEF");

    private static string Text(JsonElement json, string what) =>
        json.ValueKind == JsonValueKind.String ? json.GetString()! : throw Malformed(what, $"is a JSON {json.ValueKind}, not a string");

    private static AnswerException Malformed(string what, string why, string? seen = null) =>
        new(
            RpcFault.MalformedValue,
            seen is null ? $"{what} {why}." : $"{what} {why}: '{(seen.Length > SeenCharsMax ? seen[..SeenCharsMax] + "..." : seen)}'."
        );
}
