using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json;
using Marketplace.Crypto;

namespace Marketplace.Benchmarks.Crypto;

/// <summary>
/// BLS signatures in microseconds, in turns with blst (../shared/peers/bls.sh) where it is found. The ratio is that of the best turns:
/// other work on the machine only ever adds.
/// </summary>
internal static class BlsBenchmark
{
    private const int Signers = 16;

    public static async Task<int> Run(BenchmarkArguments arguments)
    {
        var script = PeerScripts.Find("bls.sh");
        var (turns, rounds) = (arguments.Number("turns", 3), arguments.Number("rounds", 400));
        var ours = new List<BlsTimes>();
        var peers = new List<BlsTimes>();
        for (var turn = 0; turn < turns; turn++)
        {
            if (script is not null && await RunPeer(script) is { } peer)
            {
                peers.Add(peer);
            }
            ours.Add(Measure(rounds));
            Console.WriteLine(JsonSerializer.Serialize(ours[^1], BenchmarkJson.Options));
        }
        if (peers.Count == 0)
        {
            Console.Error.WriteLine("blst was not measured: that needs ../shared/peers/bls.sh beside the repository, node and npm.");
            return 0;
        }
        double Ratio(Func<BlsTimes, double> time) => Math.Round(ours.Min(time) / peers.Min(time), 2);
        var line = new
        {
            Bench = "bls-ratio",
            Sign = Ratio(times => times.SignUs),
            Verify = Ratio(times => times.VerifyUs),
            FastAggregateVerify16 = Ratio(times => times.FastAggregateVerify16Us),
        };
        Console.WriteLine(JsonSerializer.Serialize(line, BenchmarkJson.Options));
        return 0;
    }

    public static BlsTimes Measure(int rounds)
    {
        using var random = RandomNumberGenerator.Create();
        var message = RandomNumberGenerator.GetBytes(32);
        BlsSecretKey[] keys = [.. Enumerable.Range(0, Signers).Select(_ => BlsSecretKey.Generate(random))];
        BlsSignature[] signatures = [.. keys.Select(key => key.Sign(message))];
        ProvenBlsPublicKey[] proven = [.. keys.Select(key => ProvenBlsPublicKey.FromTrustedStorage(key.PublicKey.Bytes))];
        var aggregate = Bls.Aggregate(signatures);
        (BlsPublicKey, ReadOnlyMemory<byte>, BlsSignature)[] batch =
        [
            .. keys.Select((key, i) => (key.PublicKey, new ReadOnlyMemory<byte>([(byte)i]), key.Sign([(byte)i]))),
        ];
        var secret = RandomNumberGenerator.GetBytes(32);
        secret[0] = 1;
        byte[] keyBytes = proven[0].Key.Bytes.ToArray(),
            signatureBytes = aggregate.Bytes.ToArray();
        return new BlsTimes
        {
            SignUs = Time(rounds, () => keys[0].Sign(message)),
            VerifyUs = Time(rounds, () => Bls.Verify(proven[0].Key, message, signatures[0])),
            FastAggregateVerify16Us = Time(rounds, () => Bls.FastAggregateVerify(proven, message, aggregate)),
            VerifyBatch16Us = Time(rounds / Signers, () => Bls.VerifyBatch(batch, random)),
            HashToG2Us = Time(rounds, () => BlsHash.ToG2(message, Bls.SignatureTag)),
            MakeKeyUs = Time(rounds, () => new BlsSecretKey(secret).Dispose()),
            ReadKeyUs = Time(rounds, () => BlsPublicKey.Read(keyBytes)),
            ReadSignatureUs = Time(rounds, () => BlsSignature.Read(signatureBytes)),
        };
    }

    /// <summary>The mean of the rounds, as the peer is measured, after a second that warms up: the compiler takes its time.</summary>
    private static double Time(int rounds, Action action)
    {
        var start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(1))
        {
            action();
        }
        start = Stopwatch.GetTimestamp();
        for (var i = 0; i < rounds; i++)
        {
            action();
        }
        return Math.Round(Stopwatch.GetElapsedTime(start).TotalMicroseconds / rounds, 1);
    }

    private static async Task<BlsTimes?> RunPeer(string script)
    {
        using var process = Process.Start(new ProcessStartInfo("bash", [script]) { RedirectStandardOutput = true })!;
        var line = await process.StandardOutput.ReadLineAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0 || line is null)
        {
            return null;
        }
        Console.WriteLine(line);
        using var json = JsonDocument.Parse(line);
        double Of(string name) => json.RootElement.GetProperty(name).GetDouble();
        return new BlsTimes
        {
            SignUs = Of("sign_us"),
            VerifyUs = Of("verify_us"),
            FastAggregateVerify16Us = Of("fast_aggregate_verify_16_us"),
        };
    }

    /// <summary>Means in microseconds; zero where a peer does not measure it.</summary>
    internal readonly record struct BlsTimes
    {
        public string Bench => "bls";

        public double SignUs { get; init; }

        public double VerifyUs { get; init; }

        public double FastAggregateVerify16Us { get; init; }

        public double VerifyBatch16Us { get; init; }

        public double HashToG2Us { get; init; }

        public double MakeKeyUs { get; init; }

        public double ReadKeyUs { get; init; }

        public double ReadSignatureUs { get; init; }
    }
}
