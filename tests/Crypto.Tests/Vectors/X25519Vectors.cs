using System.Text.Json;

namespace Marketplace.Crypto.Tests;

/// <summary>Runs the vectors of X25519. Wycheproof leaves open whether a secret of zero is refused; here it must be.</summary>
public static class X25519Vectors
{
    public const string WycheproofFile = "ed25519-x25519/wycheproof/x25519_test.json";
    public const string RfcFile = "ed25519-x25519/rfc7748-x25519.txt";

    public static VectorTally RunWycheproof(string path)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(path));
        var tally = new VectorTally();
        foreach (var group in document.RootElement.GetProperty("testGroups").EnumerateArray())
        {
            foreach (var test in group.GetProperty("tests").EnumerateArray())
            {
                var shared = Bytes(test, "shared");
                var result = new byte[X25519.Size];
                var agreed = X25519.TryAgree(Bytes(test, "private"), Bytes(test, "public"), result);
                tally.Add(
                    $"tcId {test.GetProperty("tcId").GetInt32()}",
                    agreed == shared.AsSpan().ContainsAnyExcept((byte)0)
                        && result.AsSpan().SequenceEqual(shared)
                        && (agreed || test.GetProperty("result").GetString() != "valid")
                );
            }
        }
        return tally;
    }

    /// <summary>Blocks of lines "INPUT_SCALAR = ", "INPUT_U = ", "OUTPUT_U = ".</summary>
    public static VectorTally RunRfc(string path)
    {
        var tally = new VectorTally();
        byte[] scalar = [],
            u = [];
        foreach (var line in File.ReadLines(path))
        {
            switch (line.Split(" = "))
            {
                case ["INPUT_SCALAR", var digits]:
                    scalar = Convert.FromHexString(digits);
                    break;
                case ["INPUT_U", var digits]:
                    u = Convert.FromHexString(digits);
                    break;
                case ["OUTPUT_U", var digits]:
                    var result = new byte[X25519.Size];
                    tally.Add(digits, X25519.TryAgree(scalar, u, result) && result.SequenceEqual(Convert.FromHexString(digits)));
                    break;
            }
        }
        return tally;
    }

    private static byte[] Bytes(JsonElement test, string name) => Convert.FromHexString(test.GetProperty(name).GetString()!);
}
