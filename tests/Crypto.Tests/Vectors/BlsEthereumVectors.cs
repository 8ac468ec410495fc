using System.Text;
using System.Text.Json;

namespace Marketplace.Crypto.Tests;

/// <summary>
/// Runs ethereum/bls12-381-tests, a folder for each operation and a file for each case. Where the public methods take keys with a proof of
/// possession only, they get keys as from trusted storage.
/// </summary>
public static class BlsEthereumVectors
{
    public const string Folder = "bls/ethereum-bls12-381-tests-v0.1.1";

    private static readonly Dictionary<string, Func<JsonElement, JsonElement, bool>> Operations = new()
    {
        ["sign"] = Sign,
        ["verify"] = Verify,
        ["aggregate"] = Aggregate,
        ["aggregate_verify"] = AggregateVerify,
        ["fast_aggregate_verify"] = FastAggregateVerify,
        ["batch_verify"] = BatchVerify,
        ["hash_to_G2"] = HashToG2,
        ["deserialization_G1"] = DeserializationG1,
        ["deserialization_G2"] = DeserializationG2,
    };

    public static VectorTally Run(string folder)
    {
        var tally = new VectorTally();
        foreach (var operation in Directory.GetDirectories(folder).Order(StringComparer.Ordinal))
        {
            foreach (var file in Directory.GetFiles(operation, "*.json").Order(StringComparer.Ordinal))
            {
                using var document = JsonDocument.Parse(File.ReadAllBytes(file));
                var (input, output) = (document.RootElement.GetProperty("input"), document.RootElement.GetProperty("output"));
                var passed = Operations.TryGetValue(Path.GetFileName(operation), out var run) && run(input, output);
                tally.Add($"{Path.GetFileName(operation)}/{Path.GetFileNameWithoutExtension(file)}", passed);
            }
        }
        return tally;
    }

    private static bool Sign(JsonElement input, JsonElement output)
    {
        var secret = Hex.Bytes(input.GetProperty("privkey"));
        if (!BlsScalar.IsSecretKey(secret))
        {
            return output.ValueKind == JsonValueKind.Null;
        }
        using var key = new BlsSecretKey(secret);
        var message = Hex.Bytes(input.GetProperty("message"));
        var signature = key.Sign(message);
        return signature.Bytes.SequenceEqual(Hex.Bytes(output)) && Bls.Verify(key.PublicKey, message, signature);
    }

    private static bool Verify(JsonElement input, JsonElement output) =>
        output.GetBoolean()
        == (
            BlsPublicKey.TryRead(Hex.Bytes(input.GetProperty("pubkey")), out var key)
            && BlsSignature.TryRead(Hex.Bytes(input.GetProperty("signature")), out var signature)
            && Bls.Verify(key, Hex.Bytes(input.GetProperty("message")), signature)
        );

    private static bool Aggregate(JsonElement input, JsonElement output)
    {
        if (Signatures(input) is not { Length: > 0 } signatures)
        {
            return output.ValueKind == JsonValueKind.Null;
        }
        return Bls.Aggregate(signatures).Bytes.SequenceEqual(Hex.Bytes(output));
    }

    private static bool AggregateVerify(JsonElement input, JsonElement output)
    {
        var keys = Keys(input.GetProperty("pubkeys"));
        ReadOnlyMemory<byte>[] messages = [.. Hex.All(input.GetProperty("messages"))];
        return output.GetBoolean()
            == (
                keys is not null
                && BlsSignature.TryRead(Hex.Bytes(input.GetProperty("signature")), out var signature)
                && Bls.AggregateVerify(keys, messages, signature)
            );
    }

    private static bool FastAggregateVerify(JsonElement input, JsonElement output)
    {
        var keys = Keys(input.GetProperty("pubkeys"));
        return output.GetBoolean()
            == (
                keys is not null
                && BlsSignature.TryRead(Hex.Bytes(input.GetProperty("signature")), out var signature)
                && Bls.FastAggregateVerify(keys, Hex.Bytes(input.GetProperty("message")), signature)
            );
    }

    private static bool BatchVerify(JsonElement input, JsonElement output)
    {
        var keys = Keys(input.GetProperty("pubkeys"));
        var signatures = Signatures(input.GetProperty("signatures"));
        ReadOnlyMemory<byte>[] messages = [.. Hex.All(input.GetProperty("messages"))];
        using var random = System.Security.Cryptography.RandomNumberGenerator.Create();
        return output.GetBoolean()
            == (
                keys is not null
                && signatures is not null
                && Bls.VerifyBatch([.. keys.Select((key, i) => (key.Key, messages[i], signatures[i]))], random)
            );
    }

    private static bool HashToG2(JsonElement input, JsonElement output)
    {
        var message = Encoding.UTF8.GetBytes(input.GetProperty("msg").GetString()!);
        var point = BlsHash.ToG2(message, "QUUX-V01-CS02-with-BLS12381G2_XMD:SHA-256_SSWU_RO_"u8).ToAffine();
        return Hex.Of(point.X) == output.GetProperty("x").GetString() && Hex.Of(point.Y) == output.GetProperty("y").GetString();
    }

    private static bool DeserializationG1(JsonElement input, JsonElement output)
    {
        var bytes = Hex.Bytes(input.GetProperty("pubkey"));
        var isPoint = bytes.Length == BlsPublicKey.Size && BlsEncoding.TryRead<Fp>(bytes, out var point) && BlsGroups.IsInSubgroup(point);
        var isKey = BlsPublicKey.TryRead(bytes, out _);
        // Infinity is a point, and no key.
        return isPoint == output.GetBoolean() && isKey == (isPoint && (bytes[0] & 0x40) == 0);
    }

    private static bool DeserializationG2(JsonElement input, JsonElement output)
    {
        var bytes = Hex.Bytes(input.GetProperty("signature"));
        return BlsSignature.TryRead(bytes, out var signature) == output.GetBoolean()
            && (signature is null || signature.Bytes.SequenceEqual(bytes));
    }

    private static ProvenBlsPublicKey[]? Keys(JsonElement list)
    {
        var keys = Hex.All(list)
            .Where(bytes => BlsPublicKey.TryRead(bytes, out _))
            .Select(bytes => ProvenBlsPublicKey.FromTrustedStorage(bytes));
        ProvenBlsPublicKey[] read = [.. keys];
        return read.Length == list.GetArrayLength() ? read : null;
    }

    private static BlsSignature[]? Signatures(JsonElement list)
    {
        var read = Hex.All(list).Where(bytes => BlsSignature.TryRead(bytes, out _)).Select(bytes => BlsSignature.Read(bytes)).ToArray();
        return read.Length == list.GetArrayLength() ? read : null;
    }
}
