using System.Text.Json;
using Marketplace.Crypto;
using Marketplace.Crypto.Tests;

namespace Marketplace.Chain.Tests;

/// <summary>Typed data: the text of the types, what is hashed, the hashes, and the signature where there is one.</summary>
public static class TypedDataVectors
{
    public const string File = "ethereum/eip712.json";
    public const string VoucherFile = "ethereum/derived/eip712-voucher.json";

    public static VectorTally Run(string path)
    {
        using var document = JsonDocument.Parse(System.IO.File.ReadAllBytes(path));
        var tally = new VectorTally();
        foreach (var vector in document.RootElement.EnumerateArray())
        {
            var structs = Structs(vector);
            var primary = structs[vector.GetProperty("primaryType").GetString()!];
            var values = Values(vector.GetProperty("data"), primary, structs);
            var digest = Domain(vector).Digest(primary.Hash(values));
            tally.Add(
                vector.GetProperty("name").GetString()!,
                primary.Encode(values).AsSpan().SequenceEqual(VectorValues.Bytes(vector, "encoded"))
                    && digest == VectorValues.Word(vector, "digest")
                    && (!vector.TryGetProperty("signature", out _) || IsSigned(vector, digest))
            );
        }
        return tally;
    }

    public static VectorTally RunVouchers(string path)
    {
        using var document = JsonDocument.Parse(System.IO.File.ReadAllBytes(path));
        var tally = new VectorTally();
        foreach (var vector in document.RootElement.GetProperty("cases").EnumerateArray())
        {
            var structs = Structs(vector);
            var voucher = structs[vector.GetProperty("primaryType").GetString()!];
            var hash = voucher.Hash(Values(vector.GetProperty("message"), voucher, structs));
            var digest = Domain(vector).Digest(hash);
            tally.Add(
                $"voucher {tally.Total}",
                voucher.TypeText == vector.GetProperty("encodedType").GetString()
                    && Domain(vector).Separator() == VectorValues.Word(vector, "domainSeparator")
                    && hash == VectorValues.Word(vector, "structHash")
                    && digest == VectorValues.Word(vector, "digest")
                    && IsSigned(vector, digest)
                    && EvmSignature.Parse(VectorValues.Bytes(vector, "signature")).SignerOf(digest)
                        == EvmAddresses.ParseChecked(vector.GetProperty("signer").GetString()!)
            );
        }
        return tally;
    }

    private static bool IsSigned(JsonElement vector, Bytes32 digest)
    {
        using var key = new Secp256k1PrivateKey(VectorValues.Bytes(vector, "privateKey"));
        return EvmSignature.Sign(key, digest).ToBytes().AsSpan().SequenceEqual(VectorValues.Bytes(vector, "signature"));
    }

    private static TypedStructs Structs(JsonElement vector) =>
        new(
            vector
                .GetProperty("types")
                .EnumerateObject()
                .Select(item => new KeyValuePair<string, IReadOnlyList<TypedMember>>(
                    item.Name,
                    [.. item.Value.EnumerateArray().Select(member => new TypedMember(Text(member, "name")!, Text(member, "type")!))]
                ))
        );

    private static TypedDomain Domain(JsonElement vector)
    {
        var domain = vector.GetProperty("domain");
        return new TypedDomain
        {
            Name = Text(domain, "name"),
            Version = Text(domain, "version"),
            ChainId = domain.TryGetProperty("chainId", out var chain) ? VectorValues.Number(chain) : null,
            VerifyingContract = Text(domain, "verifyingContract") is { } address ? EvmAddress.Parse(address) : null,
            Salt = domain.TryGetProperty("salt", out _) ? VectorValues.Word(domain, "salt") : null,
        };
    }

    private static object[] Values(JsonElement given, TypedStruct type, TypedStructs structs) =>
        [.. type.Members.Select(member => Value(given.GetProperty(member.Name), member.Type, structs))];

    private static object Value(JsonElement given, string type, TypedStructs structs)
    {
        if (type.EndsWith(']'))
        {
            var element = type[..type.LastIndexOf('[')];
            return given.EnumerateArray().Select(item => Value(item, element, structs)).ToArray();
        }
        return given.ValueKind == JsonValueKind.Object
            ? Values(given, structs[type], structs)
            : VectorValues.Of(given, AbiType.Parse(type));
    }

    private static string? Text(JsonElement item, string name) => item.TryGetProperty(name, out var text) ? text.GetString() : null;
}
