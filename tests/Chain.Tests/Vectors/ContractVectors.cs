using System.Security.Cryptography;
using System.Text.Json;
using Marketplace.Crypto;
using Marketplace.Crypto.Tests;

namespace Marketplace.Chain.Tests;

/// <summary>Descriptions of contracts as compilers wrote them, logs of their events, and hashes of packed values.</summary>
public static class ContractVectors
{
    public const string EventsFile = "ethereum/abi/contract-events.json";
    public const string PackedFile = "ethereum/solidity-packed-hashes.json";

    /// <summary>A log is read to the values; where it has a hash of an indexed value, that is the hash of its packed form.</summary>
    public static VectorTally RunEvents(string path) =>
        Run(
            path,
            vector =>
            {
                var item = Contract(vector, "interface").Event("testEvent");
                var topics = vector.GetProperty("topics").EnumerateArray().Select(topic => new Bytes32(Bytes(topic))).ToArray();
                var values = item.Decode(topics, VectorValues.Bytes(vector, "data"));
                return values.Length == vector.GetProperty("values").GetArrayLength()
                    && values
                        .Select((value, index) => IsExpected(vector, item.Parameters[index], index, value))
                        .All(isExpected => isExpected);
            }
        );

    /// <summary>The outputs of the function in the description are the types that the vector names.</summary>
    public static VectorTally RunOutputs(string path) =>
        Run(
            path,
            vector =>
            {
                using var types = JsonDocument.Parse(vector.GetProperty("types").GetString()!);
                var expected = types.RootElement.EnumerateArray().Select(type => AbiType.Parse(type.GetString()!).Name);
                return Contract(vector, "interface").Function("test").Outputs.Items.Select(type => type.Name).SequenceEqual(expected);
            }
        );

    /// <summary>The function in the description has the selector.</summary>
    public static VectorTally RunSelectors(string path) =>
        Run(
            path,
            vector =>
            {
                var text = vector.GetProperty("signature").GetString()!;
                var contract = Contract(vector, "abi");
                return contract.Function(text).Signature.Selector.AsSpan().SequenceEqual(VectorValues.Bytes(vector, "sigHash"))
                    && contract.Function(text[..text.IndexOf('(', StringComparison.Ordinal)]).Signature.Text == text;
            }
        );

    /// <summary>RIPEMD-160, which the vectors have as well, is no hash of this project.</summary>
    public static VectorTally RunPacked(string path) =>
        Run(
            path,
            vector =>
            {
                var types = vector.GetProperty("types").EnumerateArray().Select(type => AbiType.Parse(type.GetString()!)).ToArray();
                var values = vector.GetProperty("values").EnumerateArray().ToArray();
                byte[] packed = [.. types.SelectMany((type, index) => type.EncodePacked(VectorValues.Of(values[index], type)))];
                return Keccak256.Hash(packed).AsSpan().SequenceEqual(VectorValues.Bytes(vector, "keccak256"))
                    && SHA256.HashData(packed).AsSpan().SequenceEqual(VectorValues.Bytes(vector, "sha256"));
            }
        );

    private static bool IsExpected(JsonElement vector, AbiEventParameter parameter, int index, object value)
    {
        var given = vector.GetProperty("values")[index];
        if (vector.GetProperty("hashed")[index].GetBoolean())
        {
            var packed = parameter.Type.EncodePacked(VectorValues.Of(given, parameter.Type));
            var topic = new Bytes32(Bytes(vector.GetProperty("normalizedValues")[index]));
            return value is Bytes32 hash && hash == topic && hash == new Bytes32(Keccak256.Hash(packed));
        }
        var isIndexed = vector.GetProperty("indexed")[index].ValueKind == JsonValueKind.True;
        return parameter.IsIndexed == isIndexed
            && VectorValues.Describe(value) == VectorValues.Describe(VectorValues.Of(given, parameter.Type));
    }

    private static VectorTally Run(string path, Func<JsonElement, bool> passes)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(path));
        var tally = new VectorTally();
        foreach (var vector in document.RootElement.EnumerateArray())
        {
            tally.Add(vector.GetProperty("name").GetString()!, passes(vector));
        }
        return tally;
    }

    private static ContractAbi Contract(JsonElement vector, string name) =>
        ContractAbi.Parse(System.Text.Encoding.UTF8.GetBytes(vector.GetProperty(name).GetString()!));

    private static byte[] Bytes(JsonElement text) => VectorValues.Bytes(text.GetString()!);
}
