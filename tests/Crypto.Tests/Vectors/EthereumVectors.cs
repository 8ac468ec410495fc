using System.Text.Json;

namespace Marketplace.Crypto.Tests;

/// <summary>
/// Runs the signed transactions, of which each has the key, the bytes that are signed and the bytes with r, s and v at their end. A
/// case passes when signing gives the very same r, s and v, the signature verifies, and recovery gives the key.
/// </summary>
public static class EthereumVectors
{
    public const string LegacyFile = "ethereum/transactions-legacy-eip155.json";
    public const string TypedFile = "ethereum/transactions-typed-eip2930-eip1559.json";

    public const string AddressFile = "ethereum/eip55-icap-addresses.json";

    public static VectorTally RunLegacy(string path)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(path));
        var tally = new VectorTally();
        foreach (var vector in document.RootElement.EnumerateArray())
        {
            foreach (var chain in new[] { "", "ChainId5" })
            {
                var passed = Passes(vector, "privateKey", "unsignedTransaction" + chain, "signedTransaction" + chain, "accountAddress");
                tally.Add(vector.GetProperty("name").GetString() + chain, passed);
            }
        }
        return tally;
    }

    public static VectorTally RunTyped(string path)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(path));
        var tally = new VectorTally();
        foreach (var vector in document.RootElement.EnumerateArray())
        {
            tally.Add(vector.GetProperty("name").GetString()!, Passes(vector, "key", "unsigned", "signed", "address"));
        }
        return tally;
    }

    /// <summary>Addresses with the case of their checksum; every other case of a text with a letter must be refused.</summary>
    public static VectorTally RunAddresses(string path)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(path));
        var tally = new VectorTally();
        foreach (var vector in document.RootElement.EnumerateArray())
        {
            var expected = vector.GetProperty("checksumAddress").GetString()!;
            var address = EvmAddresses.ParseChecked(vector.GetProperty("address").GetString()!);
            var letter = expected.AsSpan(2).IndexOfAnyInRange('A', 'F') is >= 0 and var at ? at + 2 : 0;
            var other = expected[..letter] + char.ToLowerInvariant(expected[letter]) + expected[(letter + 1)..];
            var isMixed = other.AsSpan(2).ContainsAnyInRange('A', 'F') && other.AsSpan(2).ContainsAnyInRange('a', 'f');
            tally.Add(
                vector.GetProperty("name").GetString()!,
                address.ToCheckedText() == expected
                    && EvmAddresses.ParseChecked(expected) == address
                    && (letter == 0 || !isMixed || !EvmAddresses.TryParseChecked(other, out _))
            );
        }
        return tally;
    }

    private static bool Passes(JsonElement vector, string key, string unsigned, string signed, string address)
    {
        using var secret = new Secp256k1PrivateKey(Bytes(vector, key));
        var digest = Keccak256.Hash(Bytes(vector, unsigned));
        var signature = new byte[Secp256k1.SignatureSize];
        var recovery = secret.Sign(digest, signature);
        var recovered = new byte[Secp256k1.PublicKeySize];
        return EndsWith(Bytes(vector, signed), recovery, signature)
            && Secp256k1.Verify(digest, signature, secret.PublicKey)
            && Secp256k1.TryRecover(digest, signature, recovery, recovered)
            && recovered.AsSpan().SequenceEqual(secret.PublicKey)
            && EvmAddresses.Of(recovered) == EvmAddresses.ParseChecked(vector.GetProperty(address).GetString()!);
    }

    /// <summary>
    /// v is one byte: 27 + the recovery id, 35 + 2 * 5 + the id for the chain with the number 5, and the id alone, of which RLP writes 0 as
    /// 0x80, in typed transactions. r and s are RLP strings without leading zeros.
    /// </summary>
    private static bool EndsWith(byte[] signed, int recovery, byte[] signature)
    {
        byte[] numbers = [.. RlpNumber(signature.AsSpan(0, 32)), .. RlpNumber(signature.AsSpan(32))];
        if (!signed.AsSpan().EndsWith(numbers))
        {
            return false;
        }
        var v = signed[^(numbers.Length + 1)];
        return v == 27 + recovery || v == 45 + recovery || v == (recovery == 0 ? 0x80 : recovery);
    }

    private static byte[] RlpNumber(ReadOnlySpan<byte> number)
    {
        var digits = number.TrimStart((byte)0).ToArray();
        return digits is [< 0x80] ? digits : [(byte)(0x80 + digits.Length), .. digits];
    }

    private static byte[] Bytes(JsonElement vector, string name) => Convert.FromHexString(vector.GetProperty(name).GetString()!.AsSpan(2));
}
