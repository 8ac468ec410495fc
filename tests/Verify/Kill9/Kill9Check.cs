using System.Diagnostics;
using Marketplace.Tests;

namespace Marketplace.Verify.Kill9;

/// <summary>
/// Kills the real silo process at random moments of load, fold and restart. Afterwards: no acknowledged job is lost, none is paid twice,
/// all end, none that had ended has changed, every wish was done once, and the books balance.
/// </summary>
public static class Kill9Check
{
    private const int Clients = 2;

    public static async Task<VerifyResult> Run(VerifyArguments arguments)
    {
        var seed = arguments.Number("seed", Environment.TickCount & 0xFFFF);
        var cycles = arguments.Number("cycles", 20);
        var without = arguments.Text("without");
        if (without is not (null or "dedup"))
        {
            throw new ArgumentException($"'{without}' is no safeguard of this check; known: dedup.");
        }

        var clock = Stopwatch.StartNew();
        var chance = new Random(seed);
        using var data = new TemporaryFolder();
        var workload = await Prepare(data.Path, dedup: without is null);
        var whileStarting = 0;
        for (var cycle = 0; cycle < cycles; cycle++)
        {
            if (await Cycle(data.Path, workload, chance, seed + (cycle * Clients)))
            {
                whileStarting++;
            }
        }

        var violations = await Finish(data.Path, workload);
        var line = new
        {
            Verify = "kill9",
            Seed = seed,
            Cycles = cycles,
            KilledWhileStarting = whileStarting,
            Without = without ?? "",
            Requests = workload.Requests.Count,
            UnknownOutcomes = workload.Unknown,
            Cancelled = workload.Requests.Count(request => request.Ended?.State == JobState.Cancelled),
            Violations = violations.Count,
            Seconds = Math.Round(clock.Elapsed.TotalSeconds, 1),
        };
        return new VerifyResult(line, violations);
    }

    private static async Task<Workload> Prepare(string folder, bool dedup)
    {
        await using var silo = await SiloProcess.Start(folder, CancellationToken.None);
        await using var client = silo.Client();
        return await Workload.Prepare(client, dedup);
    }

    /// <returns>Whether the silo was killed before it was ready.</returns>
    private static async Task<bool> Cycle(string folder, Workload workload, Random chance, int seed)
    {
        await using var silo = SiloProcess.Launch(folder);
        if (chance.Next(4) == 0)
        {
            await Task.Delay(chance.Next(50, 600));
            await silo.Kill();
            return true;
        }
        await silo.Ready(CancellationToken.None);
        using var gone = new CancellationTokenSource();
        await using var client = new MarketplaceClient(Impatient(folder));
        var clients = Enumerable.Range(0, Clients).Select(index => workload.Run(client, seed + index, TimeSpan.Zero, gone.Token)).ToArray();
        await Task.Delay(chance.Next(50, 1500));
        await silo.Kill();
        await gone.CancelAsync();
        await Task.WhenAll(clients);
        return false;
    }

    /// <summary>Without the SDK's own retries: an unknown outcome is what this check is about.</summary>
    private static MarketplaceClientOptions Impatient(string folder)
    {
        var options = MarketplaceClientOptions.FromDataFolder(folder);
        options.Retries = 0;
        return options;
    }

    private static async Task<IReadOnlyList<string>> Finish(string folder, Workload workload)
    {
        var violations = new List<string>();
        await using var silo = await SiloProcess.Start(folder, CancellationToken.None);
        await using var client = silo.Client();
        var jobs = await workload.EndAll(client, violations);
        var listed = new List<JobListItem>();
        await foreach (var item in client.Jobs.List(pageSize: 1000))
        {
            listed.Add(item);
        }
        var account = await client.Account.Get();
        await silo.Stop(CancellationToken.None);

        violations.AddRange(workload.Requests.SelectMany(request => Kill9Rules.Check(request, jobs)));
        violations.AddRange(Kill9Rules.CheckOnce(listed));
        violations.AddRange(Kill9Rules.CheckMoney(listed, account));
        violations.AddRange((await Books.Read(folder)).Violations);
        return violations;
    }
}
