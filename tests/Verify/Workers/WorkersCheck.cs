using System.Diagnostics;
using Marketplace.Tests;

namespace Marketplace.Verify.Workers;

/// <summary>
/// Two worker processes serve jobs while one of them is killed again and again. A killed worker comes back after a moment, or after more
/// than a lease lasts without it; the other one lives meanwhile.
/// </summary>
public static class WorkersCheck
{
    private const int WorkerCount = 2;

    /// <summary>Fewer than one worker's slots: no job waits for another one.</summary>
    private const int OpenJobs = 3;

    private const int Slots = 8;

    public static async Task<VerifyResult> Run(VerifyArguments arguments)
    {
        var seed = arguments.Number("seed", 1);
        var time = TimeSpan.FromMinutes(arguments.Number("minutes", 0)) + TimeSpan.FromSeconds(arguments.Number("seconds", 0));
        time = time > TimeSpan.Zero ? time : TimeSpan.FromMinutes(2);
        var every = TimeSpan.FromSeconds(arguments.Number("every", 4));
        using var data = new TemporaryFolder();
        await using var silo = await SiloProcess.Start(Path.Combine(data.Path, "silo"), default, "--worker", "false");
        await using var client = silo.Client();
        var url = (await File.ReadAllTextAsync(Path.Combine(silo.Folder, "url"))).Trim();
        await using var crew = new Crew(url, data.Path, WorkerCount, Slots, arguments.Text("isolation") ?? "auto");
        await crew.Start();
        var load = new Load(client, await Deploy(client, "primes"), await Deploy(client, "echo"));

        using var over = new CancellationTokenSource(time);
        using var enough = new CancellationTokenSource();
        var clients = Enumerable.Range(0, OpenJobs).Select(number => load.Run(number, enough.Token)).ToArray();
        await crew.KillSome(new Random(seed), every, load.HasRun, over.Token);
        await enough.CancelAsync();
        await Task.WhenAll(clients);

        var rules = new WorkersRules(crew.Kills);
        var account = await SettledAccount(client);
        var violations = new List<string>(load.Jobs.SelectMany(rules.Check));
        violations.AddRange(rules.CheckMoney(load.Jobs, account, await crew.Earned(), await AuditedBooks(client)));
        if (rules.Interrupted == 0)
        {
            violations.Add($"{crew.Kills.Count} kills met a run, and no job tells of it.");
        }
        var line = new
        {
            Verify = "workers",
            Seconds = (int)time.TotalSeconds,
            Kills = crew.Kills.Count,
            Jobs = load.Jobs.Count,
            rules.Interrupted,
            LongestWaitSeconds = Math.Round(rules.LongestWait.TotalSeconds, 1),
            Seed = seed,
            Violations = violations.Count,
        };
        return new VerifyResult(line, violations);
    }

    private static async Task<ProgramId> Deploy(MarketplaceClient client, string name)
    {
        await using var module = File.OpenRead(Path.Combine(AppContext.BaseDirectory, "programs", name, $"{name}.wasm"));
        return (await client.Programs.Deploy(module, name)).Id;
    }

    /// <summary>A job's money moves after its end. What has not come to rest within a minute is judged as it is.</summary>
    private static async Task<Account> SettledAccount(MarketplaceClient client)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            var account = await client.Account.Get();
            if ((account.Held.IsZero && account.UnderWay.IsZero) || clock.Elapsed > TimeSpan.FromMinutes(1))
            {
                return account;
            }
            await Task.Delay(50);
        }
    }

    private static async Task<CheckedBooks> AuditedBooks(MarketplaceClient client)
    {
        var before = (await client.Books.Check()).CheckedAt;
        var clock = Stopwatch.StartNew();
        while (true)
        {
            var books = await client.Books.Get();
            if (books.CheckedAt != before && !books.Checking)
            {
                return books;
            }
            if (clock.Elapsed > TimeSpan.FromMinutes(1))
            {
                throw new TimeoutException("The silo did not check its books within a minute.");
            }
            await Task.Delay(50);
        }
    }

    /// <summary>Clients that have one job open each, some of a moment and some of a second or two.</summary>
    private sealed class Load(MarketplaceClient client, ProgramId primes, ProgramId echo)
    {
        private readonly Lock _lock = new();
        private readonly HashSet<JobId> _open = [];

        public List<Job> Jobs { get; } = [];

        /// <summary>Whether a job is with this worker, as the market says.</summary>
        public async Task<bool> HasRun(WorkerId worker)
        {
            JobId[] open;
            lock (_lock)
            {
                open = [.. _open];
            }
            var jobs = await Task.WhenAll(open.Select(id => client.Jobs.Get(id)));
            return jobs.Any(job => !job.State.HasEnded() && job.History[^1] is { State: JobState.Matched } step && step.Worker == worker);
        }

        public async Task Run(int number, CancellationToken over)
        {
            for (var count = 0; !over.IsCancellationRequested; count++)
            {
                var isLong = (count + number) % 3 != 0;
                var spec = new JobSpec
                {
                    Program = isLong ? primes : echo,
                    InputText = isLong ? "3000000" : $"hello {number} {count}",
                    RequestId = $"job-{number}-{count}",
                    FuelMax = 100_000_000_000,
                    PriceMax = new TokenAmount(100_000),
                };
                var started = await client.Jobs.Start(spec);
                lock (_lock)
                {
                    _open.Add(started.Id);
                }
                var job = await started.Wait();
                lock (_lock)
                {
                    _open.Remove(started.Id);
                    Jobs.Add(job);
                }
            }
        }
    }
}
