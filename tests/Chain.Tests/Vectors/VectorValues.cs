using System.Globalization;
using System.Numerics;
using System.Text.Json;

namespace Marketplace.Chain.Tests;

/// <summary>Values as the vectors write them: numbers in either base, bytes as digits behind 0x, arrays and tuples as lists.</summary>
internal static class VectorValues
{
    public static object Of(JsonElement value, AbiType type)
    {
        if (type is AbiTuple tuple)
        {
            return Items(value).Select((item, index) => Of(item, tuple.Items[index])).ToArray();
        }
        if (type.Name.EndsWith(']'))
        {
            var element = AbiType.Parse(type.Name[..type.Name.LastIndexOf('[')]);
            return Items(value).Select(item => Of(item, element)).ToArray();
        }
        return type.Name switch
        {
            "bool" => value.GetBoolean(),
            "string" => value.GetString()!,
            "address" => EvmAddress.Parse(value.GetString()!),
            ['b', 'y', ..] => Bytes(value.GetString()!),
            _ => Number(value),
        };
    }

    /// <summary>Equal texts for equal values.</summary>
    public static string Describe(object value) =>
        value switch
        {
            object[] items => $"[{string.Join(',', items.Select(Describe))}]",
            byte[] bytes => "0x" + Convert.ToHexStringLower(bytes),
            Bytes32 word => $"hash {word}",
            _ => $"{value}",
        };

    public static byte[] Bytes(string digits) => Convert.FromHexString(digits.AsSpan(2));

    public static byte[] Bytes(JsonElement vector, string name) => Bytes(vector.GetProperty(name).GetString()!);

    public static Bytes32 Word(JsonElement vector, string name) => new(Bytes(vector, name));

    public static BigInteger Number(JsonElement value)
    {
        var text = value.ValueKind == JsonValueKind.Number ? value.GetRawText() : value.GetString()!;
        var isNegative = text.StartsWith('-');
        var digits = isNegative ? text[1..] : text;
        var number = digits.StartsWith("0x", StringComparison.Ordinal)
            ? BigInteger.Parse("0" + digits[2..], NumberStyles.HexNumber, CultureInfo.InvariantCulture)
            : BigInteger.Parse(digits, CultureInfo.InvariantCulture);
        return isNegative ? -number : number;
    }

    private static IEnumerable<JsonElement> Items(JsonElement list) => list.EnumerateArray();
}
