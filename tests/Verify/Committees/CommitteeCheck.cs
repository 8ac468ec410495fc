using System.Diagnostics;
using Marketplace.Receipts;
using Marketplace.Storage;
using Marketplace.Tests.Worker.Committees;
using Marketplace.Verify.Receipts;

namespace Marketplace.Verify.Committees;

/// <summary>
/// Committees: no certificate below the threshold, draws that a second program draws alike and as often as stakes say, and no vote that
/// contradicts an earlier one, whatever crashes.
/// </summary>
internal static class CommitteeCheck
{
    public static async Task<VerifyResult> Run(VerifyArguments arguments)
    {
        var clock = Stopwatch.StartNew();
        var seed = arguments.Number("seed", 1);
        var random = new Random(seed);
        var violations = new List<string>();
        var thresholds = new ThresholdCheck(random);
        ThresholdCheck.CompareRule(violations);
        thresholds.Run(AnyReceipt(), arguments.Number("rounds", 10), violations);

        var draws = new DrawCheck(random);
        draws.CompareFrequencies(arguments.Number("draws", 100_000), violations);
        draws.CompareOdds(arguments.Number("draws", 100_000) / 10, violations);
        var drawnTwice = await DrawTwice(draws, arguments.Number("epochs", 10_000), violations);

        var (crashes, signatures, runs) = (0, 0, arguments.Number("n", 2_000));
        for (var number = 0; number < runs; number++)
        {
            var run = new VoteRuns(random.Next());
            if (run.Run(steps: 100) is { } violation)
            {
                violations.Add(violation);
            }
            (crashes, signatures) = (crashes + run.Crashes, signatures + run.Signatures);
        }
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.Name);
        var voter = new VoterProcess(folder.Name, random);
        await voter.Run(arguments.Number("kills", 30), violations);
        return new VerifyResult(
            new
            {
                Verify = "committee",
                Seed = seed,
                CertificatesTaken = thresholds.Taken,
                CertificatesRefused = thresholds.Refused,
                EpochsDrawnTwice = drawnTwice,
                Deviations = Math.Round(draws.Deviations, 2),
                VoteRuns = runs,
                Crashes = crashes,
                Signatures = signatures,
                voter.Kills,
                SignaturesOfKilled = voter.Signatures,
                Seconds = Math.Round(clock.Elapsed.TotalSeconds, 1),
                Violations = violations.Count,
            },
            violations
        );
    }

    /// <returns>How many epochs both drew; 0: node or npm is not here.</returns>
    private static async Task<int> DrawTwice(DrawCheck draws, int epochs, List<string> violations)
    {
        if (!await Programs.Exists("node") || !await Programs.Exists("npm"))
        {
            return 0;
        }
        using var folder = new TemporaryFolder();
        var judges = new Judges(folder.Name);
        if (await judges.Install() is { } refused)
        {
            violations.Add($"npm ci failed:{Environment.NewLine}{refused}");
            return 0;
        }
        return await draws.CompareWithScript(judges.Script, epochs, violations);
    }

    /// <summary>A receipt with nothing rare in it: it is its certificate that is looked at.</summary>
    private static Receipt AnyReceipt() =>
        new()
        {
            Execution = new Execution
            {
                Invocation = new Invocation
                {
                    Job = default,
                    Program = default,
                    Module = default,
                    EntryPoint = "",
                    Arguments = [],
                    Environment = [],
                    Input = default,
                    Files = [],
                    Clock = 0,
                    FuelLimit = 1,
                    MemoryPages = 1,
                    TimeLimit = 1,
                },
                Result = RunResult.Nothing with { Outcome = "completed" },
            },
            Payer = default,
            Seats = [],
            Assurance = "",
            State = "completed",
            Fault = "none",
            PriceLimit = TokenAmount.Zero,
            Price = TokenAmount.Zero,
            Shares = [],
            Epoch = 1,
            EndedAt = 0,
        };
}
