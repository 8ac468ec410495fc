using System.Globalization;
using System.Numerics;
using System.Text.Json;
using Marketplace.Crypto.Tests;

namespace Marketplace.Chain.Tests;

/// <summary>
/// What compiled contracts returned: encoding the values gives the same bytes, and decoding the bytes and encoding them again as well.
/// And selectors of functions.
/// </summary>
public static class AbiVectors
{
    public const string InterfaceFile = "ethereum/abi/contract-interface.json";
    public const string TuplesFile = "ethereum/abi/contract-interface-abi2.json";
    public const string SignaturesFile = "ethereum/abi/contract-signatures.json";

    public static VectorTally RunInterface(string path)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(path));
        var tally = new VectorTally();
        foreach (var vector in document.RootElement.EnumerateArray())
        {
            tally.Add(vector.GetProperty("name").GetString()!, Passes(vector));
        }
        return tally;
    }

    public static VectorTally RunSignatures(string path)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(path));
        var tally = new VectorTally();
        foreach (var vector in document.RootElement.EnumerateArray())
        {
            var text = vector.GetProperty("signature").GetString()!;
            var open = text.IndexOf('(', StringComparison.Ordinal);
            var signature = new AbiSignature(text[..open], (AbiTuple)AbiType.Parse(text[open..]));
            var selector = $"0x{Convert.ToHexStringLower(signature.Selector)}";
            tally.Add(text, signature.Text == text && selector == vector.GetProperty("sigHash").GetString());
        }
        return tally;
    }

    private static bool Passes(JsonElement vector)
    {
        var types = Inner(vector, "types").EnumerateArray().Select(type => AbiType.Parse(type.GetString()!)).ToArray();
        var answer = new AbiTuple(types);
        var values = Inner(vector, vector.TryGetProperty("normalizedValues", out _) ? "normalizedValues" : "values");
        var given = values.EnumerateArray().Select((value, index) => Value(value, types[index])).ToArray();
        var result = Convert.FromHexString(vector.GetProperty("result").GetString()!.AsSpan(2));
        return answer.Encode(given).AsSpan().SequenceEqual(result)
            && answer.Encode(answer.Decode(result)).AsSpan().SequenceEqual(result)
            && Describe(answer.Decode(result)) == Describe(given);
    }

    private static JsonElement Inner(JsonElement vector, string name)
    {
        using var document = JsonDocument.Parse(vector.GetProperty(name).GetString()!);
        return document.RootElement.Clone();
    }

    private static object Value(JsonElement value, AbiType type)
    {
        if (value.ValueKind == JsonValueKind.Object && value.GetProperty("type").GetString() != "tuple")
        {
            return Plain(value.GetProperty("value"), type);
        }
        var items = (value.ValueKind == JsonValueKind.Object ? value.GetProperty("value") : value).EnumerateArray().ToArray();
        return items.Select((item, index) => Value(item, ItemOf(type, index))).ToArray();
    }

    private static AbiType ItemOf(AbiType type, int index) =>
        type is AbiTuple tuple ? tuple.Items[index] : AbiType.Parse(type.Name[..type.Name.LastIndexOf('[')]);

    private static object Plain(JsonElement value, AbiType type) =>
        type.Name switch
        {
            "bool" => value.GetBoolean(),
            "string" => value.GetString()!,
            "address" => EvmAddress.Parse(value.GetString()!),
            ['b', 'y', ..] => Convert.FromHexString(value.GetString()!.AsSpan(2)),
            _ => BigInteger.Parse(value.GetString()!, CultureInfo.InvariantCulture),
        };

    private static string Describe(object value) =>
        value switch
        {
            object[] items => $"[{string.Join(',', items.Select(Describe))}]",
            byte[] bytes => Convert.ToHexString(bytes),
            _ => $"{value}",
        };
}
