using System.Diagnostics;
using System.Text.Json;
using Marketplace.Receipts;

namespace Marketplace.Benchmarks;

/// <summary>
/// What certainty costs: a whole silo with default durability and five workers of five owners in this process, each with its own engine,
/// socket and vote log. Echo jobs of each level, from the first submission until the last job has ended; a sample of their receipts is
/// verified.
/// </summary>
internal static class AssuranceBenchmark
{
    private const int Members = 5;
    private const int Accounts = 8;
    private const int WarmUpJobs = 1_000;
    private const int VerifiedReceipts = 100;

    private static readonly Assurance[] Levels =
    [
        default,
        Assurance.Audit(permille: 100),
        Assurance.Quorum(agreeing: 2, seats: 3),
        Assurance.Committee(Members),
    ];

    /// <summary>Prints a line for each level.</summary>
    /// <returns>Jobs a second with a committee of all members.</returns>
    public static async Task<double> Measure(BenchmarkArguments arguments)
    {
        var jobs = arguments.Number("jobs", 20_000) / Accounts * Accounts;
        await using var market = await MarketNode.Start(Accounts, ["--epoch", "1440", "--epoch-shares", "20"]);
        await using var crew = await AssuredCrew.Start(market, Members);
        LevelResult? none = null;
        var last = new LevelResult(0, 0, 0);
        foreach (var level in Levels)
        {
            await Run(market, crew, level, "warm", WarmUpJobs);
            var used = Environment.CpuUsage.TotalTime;
            var began = Stopwatch.GetTimestamp();
            var ids = await Run(market, crew, level, "load", jobs);
            var elapsed = Stopwatch.GetElapsedTime(began);
            used = Environment.CpuUsage.TotalTime - used;
            var prices = await Task.WhenAll(ids.Select((own, account) => market.MeanPrice(market.Accounts[account], own)));
            var shared = await Verify(market, ids[0], level);
            var result = new LevelResult(jobs / elapsed.TotalSeconds, used.TotalMicroseconds / jobs, prices.Average());
            none ??= result;
            var line = new
            {
                Bench = "assurance",
                Level = level.ToString(),
                Jobs = jobs,
                JobsPerS = Math.Round(result.JobsPerS),
                CpuUs = Math.Round(result.CpuUs, 1),
                Price = Math.Round(result.Price, 2),
                CpuOfNone = Math.Round(result.CpuUs / none.CpuUs, 2),
                PriceOfNone = Math.Round(result.Price / none.Price, 2),
                ReceiptsVerified = VerifiedReceipts,
                ReceiptsPerSignature = Math.Round(shared, 1),
            };
            Console.WriteLine(JsonSerializer.Serialize(line, BenchmarkJson.Options));
            last = result;
        }
        return Math.Round(last.JobsPerS);
    }

    /// <returns>The jobs of each account, ended.</returns>
    private static async Task<IReadOnlyList<JobId>[]> Run(MarketNode market, AssuredCrew crew, Assurance level, string name, int jobs)
    {
        var submitted = Task.WhenAll(market.Accounts.Select(account => market.Submit(account, $"{name} {level}", jobs / Accounts, level)));
        await crew.Until(submitted);
        await crew.Until(market.Settled());
        return await submitted;
    }

    /// <summary>Verifies a sample of the first account's receipts.</summary>
    /// <returns>The mean number of receipts that share a signature, at most, as their paths tell.</returns>
    private static async Task<double> Verify(MarketNode market, IReadOnlyList<JobId> jobs, Assurance level)
    {
        var shared = 0.0;
        for (var sample = 0; sample < VerifiedReceipts; sample++)
        {
            var job = jobs[(int)((long)sample * jobs.Count / VerifiedReceipts)];
            var file = await market.Receipt(market.Accounts[0], job);
            if (ReceiptChecks.Of(file).FirstOrDefault(check => check.Result == CheckResult.Broken) is { } broken)
            {
                throw new BenchmarkException($"The receipt of job {job} is refused: {broken.Finding}");
            }
            if (file.Receipt.Assurance != level.ToString() || level.Kind == AssuranceKind.Committee != file.Certificate is not null)
            {
                throw new BenchmarkException($"The receipt of job {job} is of the assurance {file.Receipt.Assurance}, not of {level}.");
            }
            shared += 1 << (file.Certificate?.Path ?? file.WorkerSignatures[0].Path).Count;
        }
        return shared / VerifiedReceipts;
    }

    private sealed record LevelResult(double JobsPerS, double CpuUs, double Price);
}
