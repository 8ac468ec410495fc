using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Marketplace.Verify.FuzzNet;

/// <summary>
/// Hostile connections of workers against a real silo: handshakes, frames, seals, requests that were changed, repeated, put in another
/// order, too large, too slow. Each must end as worker/PROTOCOL.md says, beside an honest worker and its client, whose jobs all end and
/// are paid once. The silo lives on, within its memory, and has counted what it refused.
/// </summary>
public static partial class FuzzNetCheck
{
    /// <summary>Each has jobs of a class of its own, and an account has eight classes at a time (JobNeeds).</summary>
    private const int Lanes = 6;

    /// <summary>
    /// Workers' messages may take 256 MiB, and twice that with the copies that are sent; the rest is for all else and for what the
    /// collector of a busy silo lets lie, some hundred MiB (silo/RATIONALE.md).
    /// </summary>
    private const long ResidentBytesMax = 1536L << 20;

    private static readonly TimeSpan Sample = TimeSpan.FromSeconds(1);

    public static async Task<VerifyResult> Run(VerifyArguments arguments)
    {
        var cases = arguments.Number("n", 20_000);
        var seed = arguments.Number("seed", 1);
        var slow = arguments.Number("slow", cases / 100);
        var clock = Stopwatch.StartNew();
        await using var scene = await FuzzScene.Start();
        var table = new FuzzTable();
        var target = new FuzzTarget(scene.Client.Url, scene.Domain!, table);
        using var done = new CancellationTokenSource();
        var watch = Watch(scene, table, cases, done.Token);
        await Task.WhenAll([
            new SlowCases(target, slow).Run(),
            .. Enumerable.Range(0, Lanes).Select(lane => RunLane(target, scene, lane, seed, cases - slow)),
        ]);
        await done.CancelAsync();
        var (peak, warm, samples) = await watch;
        foreach (var violation in await scene.Settle())
        {
            table.Violate("money", violation);
        }
        Cover(table);
        var exit = await scene.Stop();
        JudgeLog(table, scene.Silo.Output, exit);
        if (peak > ResidentBytesMax)
        {
            table.Violate("memory", $"The silo had {peak >> 20} MiB in memory; allowed are {ResidentBytesMax >> 20}.");
        }
        Console.Error.Write(table);
        return new VerifyResult(
            new
            {
                Verify = "fuzznet",
                table.Cases,
                Slow = slow,
                Seed = seed,
                PastTheSeal = PastTheSeal(table),
                PastTheDecoder = PastTheDecoder(table),
                Leases = table.ReceivedOf("lease"),
                WithoutLease = table.ReceivedOf("no lease"),
                HonestJobs = scene.HonestJobs,
                LongestHonestJobSeconds = Math.Round(scene.LongestJob.TotalSeconds, 2),
                FuzzedJobs = scene.FuzzJobs,
                Accounts = scene.Accounts,
                ResidentWarmMib = warm >> 20,
                ResidentMaxMib = peak >> 20,
                HealthAnswers = samples,
                Seconds = Math.Round(clock.Elapsed.TotalSeconds, 1),
                Violations = table.Violations.Count,
            },
            table.Violations
        );
    }

    private static async Task RunLane(FuzzTarget target, FuzzScene scene, int number, int seed, int cases)
    {
        using var lane = new FuzzLane(target, scene, number, seed);
        await lane.Run((cases / Lanes) + (number < cases % Lanes ? 1 : 0));
    }

    /// <summary>Asks for the silo's health each second, and looks at its memory.</summary>
    /// <returns>The most of its memory, what it had when a tenth of the cases was over, and how often it answered.</returns>
    private static async Task<(long Peak, long Warm, int Samples)> Watch(
        FuzzScene scene,
        FuzzTable table,
        int cases,
        CancellationToken done
    )
    {
        var (peak, warm, samples) = (0L, 0L, 0);
        while (!done.IsCancellationRequested)
        {
            try
            {
                if ((await scene.Client.Health.Ready(CancellationToken.None)).Status != "ready")
                {
                    table.Violate("health", "The silo says that it is not ready.");
                }
                samples++;
            }
            catch (MarketplaceException failure)
            {
                table.Violate("health", $"The silo's health was not answered: {failure.Message}");
            }
            var resident = scene.Silo.ResidentBytes;
            peak = Math.Max(peak, resident);
            if (warm == 0 && table.Cases >= cases / 10)
            {
                warm = resident;
            }
            await Task.Delay(Sample, done).ContinueWith(static _ => { }, TaskScheduler.Default);
        }
        return (peak, warm, samples);
    }

    /// <summary>Cases of frames whose JSON was looked at: the rest would tell nothing of the reader of it.</summary>
    private static int PastTheSeal(FuzzTable table) =>
        table.Count(
            kind => kind.StartsWith("frame ", StringComparison.Ordinal),
            end => end is not ("bad_seal" or "bad_sequence" or "cut" or "nothing")
        );

    private static int PastTheDecoder(FuzzTable table) =>
        table.Count(
            kind => kind.StartsWith("frame ", StringComparison.Ordinal),
            end => end is not ("bad_seal" or "bad_sequence" or "cut" or "nothing" or FrameSamples.Malformed)
        );

    /// <summary>Each kind of frame that there is must have been taken, by the side that it is for, and refused.</summary>
    private static void Cover(FuzzTable table)
    {
        foreach (var name in FrameSamples.Names)
        {
            var refused = table.Count(kind => kind == $"frame {name}", end => end == FrameSamples.Malformed);
            var taken = FrameSamples.OfWorker.TryGetValue(name, out var kind)
                ? table.Count(
                    row => row == $"frame {name}",
                    end => end == (kind.Answer ?? "taken in") || (name == "goodbye" && end == "done")
                )
                : table.ReceivedOf(name);
            if (refused == 0 || taken == 0)
            {
                table.Violate("coverage", $"Frames of the kind '{name}' were refused {refused} times and taken {taken} times.");
            }
        }
        foreach (var name in FrameSamples.OfWorker.Keys.Concat(FrameSamples.OfMarket.Keys).Except(FrameSamples.Names))
        {
            table.Violate("coverage", $"There is a sample of '{name}', which is no kind of frame.");
        }
    }

    /// <summary>No fault of its own, nothing that failed inside, and at least as many ends of each reason as were heard.</summary>
    private static void JudgeLog(FuzzTable table, string log, int exit)
    {
        if (exit != 0)
        {
            table.Violate("exit", $"The silo ended with {exit}.");
        }
        foreach (var line in log.Split('\n'))
        {
            if (
                line.Contains("fail: ", StringComparison.Ordinal)
                || line.Contains("crit: ", StringComparison.Ordinal)
                || line.Contains("Unhandled", StringComparison.Ordinal)
            )
            {
                table.Violate("log", $"The silo logged: {line}");
            }
            if (line.Contains("worker's call failed", StringComparison.Ordinal))
            {
                table.Violate("log of calls", $"The silo logged: {line}");
            }
        }
        var (counted, refused) = (Counted(log, 0), Counted(log, 1));
        foreach (var code in Enum.GetValues<ErrorCode>().Select(FuzzLane.NameOf))
        {
            var heard = table.Count(static _ => true, end => end == $"refused {code}");
            if (refused.GetValueOrDefault(code) < heard)
            {
                table.Violate(
                    "counts",
                    $"{heard} calls were refused as {code}, and the silo has counted {refused.GetValueOrDefault(code)}."
                );
            }
        }
        foreach (var (reason, heard) in table.Ends)
        {
            if (counted.GetValueOrDefault(reason) < heard)
            {
                table.Violate(
                    "counts",
                    $"{heard} connections ended as {reason}, and the silo has counted {counted.GetValueOrDefault(reason)}."
                );
            }
        }
        var slow = table.Count(kind => kind == $"slow {SlowCases.LargeAnswers}", end => end == FuzzLink.Cut);
        // Where the machine stands still, heartbeats gather and end some of them as too often, which they do not read either.
        if (counted.GetValueOrDefault("slow") < slow * 9 / 10)
        {
            table.Violate("counts", $"{slow} readers were cut off, and the silo has counted {counted.GetValueOrDefault("slow")} as slow.");
        }
        if (table.Ends.Count == 0)
        {
            table.Violate("counts", "No connection ended with a reason.");
        }
    }

    /// <summary>The silo's own counts, from its lines for the operator.</summary>
    /// <param name="part">0: ends of links by their reasons. 1: refused calls by their codes.</param>
    private static Dictionary<string, int> Counted(string log, int part)
    {
        var counted = new Dictionary<string, int>();
        foreach (var line in log.Split('\n').Where(line => line.Contains("workers' links ended: ", StringComparison.Ordinal)))
        {
            foreach (Match count in Counts().Matches(line.Split("ended: ")[1].Split("; calls")[part]))
            {
                var reason = count.Groups[1].Value;
                counted[reason] = counted.GetValueOrDefault(reason) + int.Parse(count.Groups[2].Value, CultureInfo.InvariantCulture);
            }
        }
        return counted;
    }

    [GeneratedRegex("([a-z_]+) ([0-9]+)")]
    private static partial Regex Counts();
}
