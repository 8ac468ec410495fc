using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Marketplace.Crypto;
using Marketplace.Tests;

namespace Marketplace.Benchmarks.Crypto;

/// <summary>
/// Hashes and signatures of one core beside the programs that others use for them, in turns: BLAKE3 beside b3sum, which reads the same
/// bytes from the page cache, and Ed25519 beside OpenSSL's own benchmark. Ratios are those of the best turns: other work on the machine
/// only ever adds.
/// </summary>
internal static class CryptoBenchmark
{
    private const int MessageBytes = 32;
    private const string SpeedLine = "+F6:";

    public static async Task<int> Run(BenchmarkArguments arguments)
    {
        var (turns, mebibytes) = (arguments.Number("turns", 5), arguments.Number("mib", 512));
        using var folder = new TemporaryFolder();
        var (file, empty) = (Path.Combine(folder.Path, "bytes"), Path.Combine(folder.Path, "empty"));
        var bytes = RandomNumberGenerator.GetBytes(mebibytes << 20);
        await File.WriteAllBytesAsync(file, bytes);
        await File.WriteAllBytesAsync(empty, []);
        var (hash, sign, verify) = (new List<double>(), new List<double>(), new List<double>());
        var (hashPeer, signPeer, verifyPeer) = (new List<double>(), new List<double>(), new List<double>());
        var hasSum = await Tool.Exists("b3sum");
        var hasSpeed = await Tool.Exists("openssl", "version");
        for (var turn = 0; turn < turns; turn++)
        {
            hash.Add(bytes.Length / Seconds(() => Blake3.Hash(bytes)) / 1e9);
            if (hasSum)
            {
                // Less its start, which a file without bytes takes as well.
                var start = await Tool.Time("b3sum", "--num-threads", "1", empty);
                hashPeer.Add(bytes.Length / (await Tool.Time("b3sum", "--num-threads", "1", file) - start).TotalSeconds / 1e9);
            }
            var (signs, verifies) = Signatures();
            sign.Add(signs);
            verify.Add(verifies);
            if (hasSpeed && await Speed() is var (peerSigns, peerVerifies))
            {
                signPeer.Add(peerSigns);
                verifyPeer.Add(peerVerifies);
            }
        }
        Print("blake3", "gb_per_s", "b3sum", hash, hashPeer);
        Print("ed25519-sign", "per_s", "openssl", sign, signPeer);
        Print("ed25519-verify", "per_s", "openssl", verify, verifyPeer);
        return 0;
    }

    private static void Print(string bench, string unit, string peer, List<double> ours, List<double> peers)
    {
        var line = new Dictionary<string, object?>
        {
            ["bench"] = bench,
            [unit] = Math.Round(ours.Max(), 2),
            ["peer"] = peers.Count == 0 ? null : peer,
            [$"peer_{unit}"] = peers.Count == 0 ? null : Math.Round(peers.Max(), 2),
            ["ratio"] = peers.Count == 0 ? null : Math.Round(ours.Max() / peers.Max(), 2),
        };
        Console.WriteLine(JsonSerializer.Serialize(line));
        if (peers.Count == 0)
        {
            Console.Error.WriteLine($"{peer} is not installed: no ratio");
        }
    }

    /// <summary>Signatures made and verified in a second, one at a time.</summary>
    private static (double Signs, double Verifies) Signatures()
    {
        using var random = RandomNumberGenerator.Create();
        using var key = Ed25519KeyPair.Generate(random);
        var message = RandomNumberGenerator.GetBytes(MessageBytes);
        var signature = key.Sign(message);
        return (
            1 / Seconds(() => key.Sign(message, signature)),
            1 / Seconds(() => Ed25519KeyPair.Verify(key.PublicKey, message, signature))
        );
    }

    /// <summary>How long an action takes, by as many as fit into a second after as many that warm up.</summary>
    private static double Seconds(Action action)
    {
        var length = TimeSpan.FromSeconds(1);
        double Once()
        {
            var (start, count) = (Stopwatch.GetTimestamp(), 0);
            TimeSpan elapsed;
            do
            {
                action();
                count++;
                elapsed = Stopwatch.GetElapsedTime(start);
            } while (elapsed < length);
            return elapsed.TotalSeconds / count;
        }
        Once();
        return Once();
    }

    /// <summary>What <c>openssl speed</c> makes of it: its machine-readable line ends in signatures and verifications a second.</summary>
    private static async Task<(double Signs, double Verifies)?> Speed()
    {
        var output = await Tool.Run("openssl", "speed", "-mr", "-seconds", "1", "ed25519");
        var line = output.Split('\n').FirstOrDefault(line => line.StartsWith(SpeedLine, StringComparison.Ordinal));
        return line?.Trim().Split(':') is [.., var signs, var verifies] ? (Number(signs), Number(verifies)) : null;
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
