using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json;
using Marketplace.Crypto;

namespace Marketplace.Benchmarks.Crypto;

/// <summary>BLS signatures in microseconds, between two runs of blst (../shared/peers/bls.sh) where it is found.</summary>
internal static class BlsBenchmark
{
    private const int Signers = 16;

    public static async Task<int> Run(BenchmarkArguments arguments)
    {
        var script = PeerScripts.Find("bls.sh");
        var before = script is null ? null : await RunPeer(script);
        var ours = Measure(arguments.Number("rounds", 400));
        Console.WriteLine(JsonSerializer.Serialize(ours, BenchmarkJson.Options));
        if (before is not { } first || await RunPeer(script!) is not { } second)
        {
            Console.Error.WriteLine("blst was not measured: that needs ../shared/peers/bls.sh beside the repository, node and npm.");
            return 0;
        }
        var line = new
        {
            Bench = "bls-ratio",
            Sign = Ratio(ours.SignUs, first.SignUs, second.SignUs),
            Verify = Ratio(ours.VerifyUs, first.VerifyUs, second.VerifyUs),
            FastAggregateVerify16 = Ratio(ours.FastAggregateVerify16Us, first.FastAggregateVerify16Us, second.FastAggregateVerify16Us),
        };
        Console.WriteLine(JsonSerializer.Serialize(line, BenchmarkJson.Options));
        return 0;
    }

    private static BlsTimes Measure(int rounds)
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

    private static double Ratio(double ours, double first, double second) => Math.Round(2 * ours / (first + second), 2);

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
    private readonly record struct BlsTimes
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
