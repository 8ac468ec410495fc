using System.Text.Json;

namespace Marketplace.Crypto.Tests;

/// <summary>
/// Runs blake3_test_vectors.json: three modes, 131 bytes of output, whose first 32 must be the plain hash. With
/// a number of lanes the given code path is asked, without one the public methods.
/// </summary>
public static class Blake3Vectors
{
    public const string File = "hash/blake3_test_vectors.json";

    public static VectorTally Run(string path, int? lanes = null)
    {
        using var document = JsonDocument.Parse(System.IO.File.ReadAllBytes(path));
        var root = document.RootElement;
        var key = System.Text.Encoding.ASCII.GetBytes(root.GetProperty("key").GetString()!);
        var context = root.GetProperty("context_string").GetString()!;
        var tally = new VectorTally();
        foreach (var vector in root.GetProperty("cases").EnumerateArray())
        {
            var input = Pattern(vector.GetProperty("input_len").GetInt32());
            foreach (var mode in new[] { "hash", "keyed_hash", "derive_key" })
            {
                var expected = Convert.FromHexString(vector.GetProperty(mode).GetString()!);
                var output = new byte[expected.Length];
                var hash = lanes is { } width
                    ? OnPath(width, mode, key, context, input, output)
                    : Public(mode, key, context, input, output);
                var passed = output.AsSpan().SequenceEqual(expected) && hash == new Bytes32(expected.AsSpan(0, Bytes32.Size));
                tally.Add($"{mode} of {input.Length} bytes", passed);
            }
        }
        return tally;
    }

    /// <summary>The input of all cases: byte i is i mod 251.</summary>
    public static byte[] Pattern(int length)
    {
        var bytes = new byte[length];
        for (var i = 0; i < length; i++)
        {
            bytes[i] = (byte)(i % 251);
        }
        return bytes;
    }

    private static Bytes32 Public(string mode, byte[] key, string context, byte[] input, byte[] output)
    {
        switch (mode)
        {
            case "hash":
                Blake3.Hash(input, output);
                return Blake3.Hash(input);
            case "keyed_hash":
                Blake3.KeyedHash(key, input, output);
                return Blake3.KeyedHash(key, input);
            default:
                Blake3.DeriveKey(context, input, output);
                return Blake3.DeriveKey(context, input);
        }
    }

    private static Bytes32 OnPath(int lanes, string mode, byte[] key, string context, byte[] input, byte[] output)
    {
        var (words, flags) = mode switch
        {
            "hash" => (Blake3Words.Iv, 0u),
            "keyed_hash" => (ChainingValue.From(key), Blake3Words.KeyedHash),
            _ => (Blake3.ContextKey(context, lanes), Blake3Words.DeriveKeyMaterial),
        };
        Blake3.Hash(input, in words, flags, lanes, output);
        return Blake3.Hash(input, in words, flags, lanes);
    }
}
