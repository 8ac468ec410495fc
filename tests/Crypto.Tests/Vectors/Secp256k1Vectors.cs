using System.Formats.Asn1;
using System.Numerics;
using System.Security.Cryptography;
using System.Text.Json;

namespace Marketplace.Crypto.Tests;

/// <summary>
/// Runs the three files of ECDSA vectors. A signature in DER is read by the platform's strict reader first; what it refuses is invalid.
/// Bitcoin's file is that of the public method, whose rule it shares; the others accept any s.
/// </summary>
public static class Secp256k1Vectors
{
    public const string DerFile = "secp256k1/wycheproof/ecdsa_secp256k1_sha256_test.json";
    public const string PlainFile = "secp256k1/wycheproof/ecdsa_secp256k1_sha256_p1363_test.json";
    public const string BitcoinFile = "secp256k1/wycheproof/ecdsa_secp256k1_sha256_bitcoin_test.json";

    public static VectorTally Run(string path)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(path));
        var tally = new VectorTally();
        foreach (var group in document.RootElement.GetProperty("testGroups").EnumerateArray())
        {
            var type = group.GetProperty("type").GetString();
            var key = Convert.FromHexString(group.GetProperty("publicKey").GetProperty("uncompressed").GetString()!)[1..];
            foreach (var test in group.GetProperty("tests").EnumerateArray())
            {
                var digest = SHA256.HashData(Convert.FromHexString(test.GetProperty("msg").GetString()!));
                var bytes = Convert.FromHexString(test.GetProperty("sig").GetString()!);
                var signature = type == "EcdsaP1363Verify" ? bytes : ReadDer(bytes);
                var verified =
                    signature?.Length == Secp256k1.SignatureSize
                    && (
                        type == "EcdsaBitcoinVerify"
                            ? Secp256k1.Verify(digest, signature, key)
                            : Secp256k1.Verify(digest, signature, key, acceptsHighS: true)
                    );
                tally.Add($"tcId {test.GetProperty("tcId").GetInt32()}", verified == (test.GetProperty("result").GetString() == "valid"));
            }
        }

        return tally;
    }

    private static byte[]? ReadDer(byte[] bytes)
    {
        try
        {
            var reader = new AsnReader(bytes, AsnEncodingRules.DER);
            var numbers = reader.ReadSequence();
            reader.ThrowIfNotEmpty();
            var (r, s) = (numbers.ReadInteger(), numbers.ReadInteger());
            numbers.ThrowIfNotEmpty();
            var signature = new byte[Secp256k1.SignatureSize];
            return TryWrite(r, signature.AsSpan(0, 32)) && TryWrite(s, signature.AsSpan(32)) ? signature : null;
        }
        catch (AsnContentException)
        {
            return null;
        }
    }

    private static bool TryWrite(BigInteger number, Span<byte> place)
    {
        if (number.Sign < 0 || number.GetByteCount(isUnsigned: true) > place.Length)
        {
            return false;
        }
        return number.TryWriteBytes(place[^number.GetByteCount(isUnsigned: true)..], out _, isUnsigned: true, isBigEndian: true);
    }
}
