using System.Text;
using System.Text.Json;
using Marketplace.Crypto;
using Marketplace.Crypto.Tests;

namespace Marketplace.Chain.Tests;

/// <summary>Personal messages with both forms of their signatures, names of the name service, and addresses as account numbers.</summary>
public static class NameVectors
{
    public const string MessagesFile = "ethereum/derived/eip191-eip2098.json";
    public const string NamesFile = "ethereum/namehash.json";
    public const string AddressFile = "ethereum/eip55-icap-addresses.json";

    /// <summary>The key is not in the file: the signer of both forms is the address.</summary>
    public static VectorTally RunMessages(string path)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(path));
        var tally = new VectorTally();
        foreach (var vector in document.RootElement.GetProperty("cases").EnumerateArray())
        {
            var digest = PersonalMessages.Digest(Encoding.UTF8.GetBytes(Text(vector, "message")));
            var (whole, compact) = (VectorValues.Bytes(vector, "signature"), VectorValues.Bytes(vector, "compactEip2098"));
            var signer = EvmAddresses.ParseChecked(Text(vector, "address"));
            tally.Add(
                Text(vector, "message"),
                digest == VectorValues.Word(vector, "hash")
                    && EvmSignature.Parse(whole).ToCompact().AsSpan().SequenceEqual(compact)
                    && EvmSignature.Parse(compact).ToBytes().AsSpan().SequenceEqual(whole)
                    && EvmSignature.Parse(whole).SignerOf(digest) == signer
                    && EvmSignature.Parse(compact).SignerOf(digest) == signer
            );
        }
        return tally;
    }

    public static VectorTally RunNames(string path)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(path));
        var tally = new VectorTally();
        foreach (var vector in document.RootElement.EnumerateArray())
        {
            tally.Add(Text(vector, "test"), EnsNames.Hash(Text(vector, "name")) == VectorValues.Word(vector, "expected"));
        }
        return tally;
    }

    public static VectorTally RunAccountNumbers(string path)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(path));
        var tally = new VectorTally();
        foreach (var vector in document.RootElement.EnumerateArray())
        {
            var address = EvmAddresses.ParseChecked(Text(vector, "checksumAddress"));
            tally.Add(Text(vector, "name"), address.ToIcap() == Text(vector, "icapAddress") && IsOfItsKey(vector, address));
        }
        return tally;
    }

    private static bool IsOfItsKey(JsonElement vector, EvmAddress address)
    {
        if (!vector.TryGetProperty("privateKey", out var secret))
        {
            return true;
        }
        using var key = new Secp256k1PrivateKey(VectorValues.Bytes(secret.GetString()!));
        return EvmAddresses.Of(key.PublicKey) == address;
    }

    private static string Text(JsonElement vector, string name) => vector.GetProperty(name).GetString()!;
}
