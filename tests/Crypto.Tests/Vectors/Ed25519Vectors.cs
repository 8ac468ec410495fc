using System.Text;
using System.Text.Json;

namespace Marketplace.Crypto.Tests;

/// <summary>Runs the three files of Ed25519 vectors over the public methods.</summary>
public static class Ed25519Vectors
{
    public const string SignInputFile = "ed25519-x25519/ed25519.cr.yp.to-sign.input.txt";
    public const string WycheproofFile = "ed25519-x25519/wycheproof/ed25519_test.json";
    public const string EdgeCasesFile = "ed25519-x25519/cctv-ed25519-edge-cases.json";

    /// <summary>
    /// What the rule of <see cref="Ed25519"/> refuses. Flags that it does not name, components of small order, are admitted where the
    /// equation holds, and where it does not the case has the flag low_order_residue.
    /// </summary>
    private static readonly HashSet<string> RefusedFlags =
    [
        "low_order_A",
        "low_order_R",
        "non_canonical_A",
        "non_canonical_R",
        "low_order_residue",
        "reencoded_k",
    ];

    /// <summary>A line is seed + public key : public key : message : signature + message.</summary>
    public static VectorTally RunSignInput(string path)
    {
        var tally = new VectorTally();
        var number = 0;
        foreach (var line in File.ReadLines(path))
        {
            number++;
            if (line.Length == 0)
            {
                continue;
            }
            var fields = line.Split(':');
            var message = Convert.FromHexString(fields[2]);
            var signature = Convert.FromHexString(fields[3]).AsSpan(0, Ed25519.SignatureSize);
            using var pair = new Ed25519KeyPair(Convert.FromHexString(fields[0]).AsSpan(0, Ed25519.SeedSize));
            var passed =
                pair.PublicKey == Bytes32.Parse(fields[1])
                && pair.Sign(message).AsSpan().SequenceEqual(signature)
                && Ed25519.Verify(pair.PublicKey, message, signature);
            tally.Add($"line {number}", passed);
        }
        return tally;
    }

    public static VectorTally RunWycheproof(string path)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(path));
        var tally = new VectorTally();
        foreach (var group in document.RootElement.GetProperty("testGroups").EnumerateArray())
        {
            var key = Bytes32.Parse(group.GetProperty("publicKey").GetProperty("pk").GetString()!);
            foreach (var test in group.GetProperty("tests").EnumerateArray())
            {
                var message = Convert.FromHexString(test.GetProperty("msg").GetString()!);
                var signature = Convert.FromHexString(test.GetProperty("sig").GetString()!);
                var expected = test.GetProperty("result").GetString();
                var actual = Ed25519.Verify(key, message, signature) ? "valid" : "invalid";
                tally.Add($"tcId {test.GetProperty("tcId").GetInt32()}", expected == actual);
            }
        }
        return tally;
    }

    /// <summary>A case must verify exactly if it has none of the flags that the rule refuses.</summary>
    public static VectorTally RunEdgeCases(string path, out int admitted)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(path));
        var tally = new VectorTally();
        admitted = 0;
        foreach (var vector in document.RootElement.EnumerateArray())
        {
            var flags = vector.GetProperty("flags");
            var expected =
                flags.ValueKind == JsonValueKind.Null || !flags.EnumerateArray().Any(flag => RefusedFlags.Contains(flag.GetString()!));
            if (expected)
            {
                admitted++;
            }
            var actual = Ed25519.Verify(
                Bytes32.Parse(vector.GetProperty("key").GetString()!),
                Encoding.ASCII.GetBytes(vector.GetProperty("msg").GetString()!),
                Convert.FromHexString(vector.GetProperty("sig").GetString()!)
            );
            tally.Add($"number {vector.GetProperty("number").GetInt32()}, verified {actual}", expected == actual);
        }
        return tally;
    }
}
