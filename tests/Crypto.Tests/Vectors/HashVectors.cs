using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;

namespace Marketplace.Crypto.Tests;

/// <summary>Runs the vectors of Keccak-256, whole and in parts, and of SHA-2, which is the platform's.</summary>
public static class HashVectors
{
    public const string ChainFile = "hash/keccak256_sha256_sha512.json";
    public const string NistShortFile = "hash/nist-SHA256ShortMsg.rsp";
    public const string NistLongFile = "hash/nist-SHA256LongMsg.rsp";

    public static VectorTally RunKeccak(string path) =>
        RunChain(path, "keccak256", message => Keccak256.Hash(message).SequenceEqual(InParts(message)) ? Keccak256.Hash(message) : []);

    public static VectorTally RunSha2(string path)
    {
        var tally = RunChain(path, "sha256", message => SHA256.HashData(message));
        return tally.With(RunChain(path, "sha512", message => SHA512.HashData(message)));
    }

    /// <summary>Lines "Len = bits", "Msg = digits", "MD = digits".</summary>
    public static VectorTally RunNist(string path)
    {
        var tally = new VectorTally();
        var bits = 0;
        byte[] message = [];
        foreach (var line in File.ReadLines(path))
        {
            if (line.Split(" = ") is not [var name, var value])
            {
                continue;
            }
            switch (name)
            {
                case "Len":
                    bits = int.Parse(value, CultureInfo.InvariantCulture);
                    break;
                case "Msg":
                    message = Convert.FromHexString(value)[..(bits / 8)];
                    break;
                case "MD":
                    tally.Add($"{bits} bits", SHA256.HashData(message).SequenceEqual(Convert.FromHexString(value)));
                    break;
            }
        }
        return tally;
    }

    private static VectorTally RunChain(string path, string member, Func<byte[], byte[]> hash)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(path));
        var tally = new VectorTally();
        foreach (var vector in document.RootElement.EnumerateArray())
        {
            var message = Convert.FromHexString(vector.GetProperty("data").GetString()!.AsSpan(2));
            var expected = Convert.FromHexString(vector.GetProperty(member).GetString()!.AsSpan(2));
            tally.Add($"{member} of {message.Length} bytes", hash(message).SequenceEqual(expected));
        }
        return tally;
    }

    private static byte[] InParts(byte[] message)
    {
        const int step = 61;
        var hasher = new Keccak256();
        for (var at = 0; at < message.Length; at += step)
        {
            hasher.Append(message.AsSpan(at, Math.Min(step, message.Length - at)));
        }
        var digest = new byte[Keccak256.DigestSize];
        hasher.Finish(digest);
        return digest;
    }
}
