using System.Diagnostics;
using Marketplace.Tests;

namespace Marketplace.Verify.Queue;

/// <summary>
/// One account sends jobs that no worker takes until it is refused, and goes on: the silo's memory stays bounded, what was accepted is held
/// for exactly, a killed silo has the whole queue again in seconds, and its jobs run with their inputs once there is a worker for them.
/// </summary>
public static class QueueCheck
{
    private const int BatchJobs = 500;
    private const int SamplesMax = 100;

    /// <summary>
    /// What the silo may take while the queue is full: .NET itself, the store's and the jobs' memory, a kilobyte for each waiting job.
    /// </summary>
    private const long ResidentBytesMax = 1L << 30;

    private static readonly TimeSpan QueuedMax = TimeSpan.FromMinutes(5);
    private static readonly TokenAmount Price = new(10);

    public static async Task<VerifyResult> Run(VerifyArguments arguments)
    {
        var jobs = arguments.Number("jobs", 1_000_000);
        var inputBytes = arguments.Number("input", 1024);

        // 0: not judged, for a machine that has other work.
        var readyMax = TimeSpan.FromSeconds(arguments.Number("ready", 10));
        string[] options = arguments.Text("queue-mib") is { } size ? ["--queue-mib", size] : [];
        using var data = new TemporaryFolder();
        var violations = new List<string>();
        var flood = await Fill(data.Path, jobs, inputBytes, options, violations);
        var (ready, queued, resident) = await Restart(data.Path, flood.Accepted.Count, readyMax, options, violations);
        await RunSome(data.Path, flood.Accepted, inputBytes, options, violations);
        var line = new
        {
            Verify = "queue",
            Jobs = jobs,
            Accepted = flood.Accepted.Count,
            flood.Refused,
            MibBefore = flood.Before >> 20,
            MibAtTheBound = flood.AtTheBound >> 20,
            MibPeak = flood.Peak >> 20,
            MibAfterRestart = resident >> 20,
            ReadyS = Math.Round(ready.TotalSeconds, 1),
            QueuedS = Math.Round(queued.TotalSeconds, 1),
            Violations = violations.Count,
        };
        return new VerifyResult(line, violations);
    }

    /// <summary>Sends all jobs; the worker asks more than any of them pays.</summary>
    private static async Task<Flood> Fill(string folder, int jobs, int inputBytes, string[] options, List<string> violations)
    {
        await using var silo = await Start(folder, "1000", options);
        await using var client = silo.Client();
        var program = await Deploy(client);
        var flood = new Flood { Before = silo.ResidentBytes };
        for (var first = 0; first < jobs; first += BatchJobs)
        {
            var requests = Enumerable
                .Range(first, Math.Min(BatchJobs, jobs - first))
                .Select(number => Request(program, number, inputBytes))
                .ToArray();
            var items = await client.Jobs.SubmitBatch(requests);
            flood.Take(first, items, violations);
            flood.Look(silo.ResidentBytes);
        }
        if (flood.Refused == 0)
        {
            violations.Add($"All {jobs} jobs were accepted.");
        }
        if (flood.Peak > ResidentBytesMax)
        {
            violations.Add($"The silo took {flood.Peak >> 20} MiB; allowed are {ResidentBytesMax >> 20}.");
        }
        var account = await client.Account.Get();
        if (account.OpenJobs != flood.Accepted.Count || account.Held != Price * (uint)flood.Accepted.Count)
        {
            violations.Add($"{flood.Accepted.Count} jobs were accepted; the account has {account.OpenJobs} open and holds {account.Held}.");
        }
        await silo.Kill();
        return flood;
    }

    /// <returns>When it served, when the whole queue was there, and its memory then.</returns>
    private static async Task<(TimeSpan Ready, TimeSpan Queued, long ResidentBytes)> Restart(
        string folder,
        int accepted,
        TimeSpan readyMax,
        string[] options,
        List<string> violations
    )
    {
        var clock = Stopwatch.StartNew();
        await using var silo = await Start(folder, "1000", options);
        var ready = clock.Elapsed;
        await using var client = silo.Client();
        var found = 0;
        while (clock.Elapsed < QueuedMax && (found = (await client.Market.Get()).QueuedJobs) < accepted)
        {
            await Task.Delay(20);
        }
        var queued = clock.Elapsed;
        if (found != accepted)
        {
            violations.Add($"After the restart {found} of {accepted} jobs are queued.");
        }
        if (readyMax > TimeSpan.Zero && queued > readyMax)
        {
            violations.Add(
                $"The silo served after {ready.TotalSeconds:F1} s and had its queue after {queued.TotalSeconds:F1} s; allowed are "
                    + $"{readyMax.TotalSeconds:F0}."
            );
        }
        var resident = silo.ResidentBytes;
        if (resident > ResidentBytesMax)
        {
            violations.Add($"After the restart the silo took {resident >> 20} MiB; allowed are {ResidentBytesMax >> 20}.");
        }
        await silo.Stop(CancellationToken.None);
        return (ready, queued, resident);
    }

    /// <summary>A worker that asks what the jobs pay runs them, those from behind what the queue keeps in memory as well.</summary>
    private static async Task RunSome(
        string folder,
        List<(int Number, JobId Id)> accepted,
        int inputBytes,
        string[] options,
        List<string> violations
    )
    {
        await using var silo = await Start(folder, "1", options);
        await using var client = silo.Client();
        foreach (var (number, id) in accepted.Take(SamplesMax / 2).Concat(accepted.TakeLast(SamplesMax / 2)))
        {
            var job = await client.Jobs.Wait(id);
            var output = job.Output?.Inline is { } bytes ? System.Text.Encoding.UTF8.GetString(bytes.Span) : null;
            if (job.State != JobState.Completed || output != Input(number, inputBytes).ToUpperInvariant())
            {
                violations.Add(
                    $"Job {number} is {job.State} ({job.Code}); its output has {output?.Length} characters and is not what its input gives."
                );
            }
        }
    }

    private static Task<SiloProcess> Start(string folder, string price, string[] options) =>
        SiloProcess.Start(folder, CancellationToken.None, ["--worker-price", price, .. options]);

    private static async Task<ProgramId> Deploy(MarketplaceClient client)
    {
        await using var module = File.OpenRead(Path.Combine(AppContext.BaseDirectory, "programs", "echo", "echo.wasm"));
        return (await client.Programs.Deploy(module, "echo")).Id;
    }

    private static JobRequest Request(ProgramId program, int number, int inputBytes) =>
        new()
        {
            RequestId = $"job-{number}",
            Program = program,
            InputText = Input(number, inputBytes),
            FuelMax = (long)Price.BaseUnits * FuelPrice.Unit,
            PriceMax = Price,
        };

    private static string Input(int number, int bytes) => $"input of job {number} ".PadRight(bytes, 'x');

    private sealed class Flood
    {
        public List<(int Number, JobId Id)> Accepted { get; } = [];
        public int Refused { get; private set; }
        public long Before { get; init; }
        public long AtTheBound { get; private set; }
        public long Peak { get; private set; }

        public void Take(int first, IReadOnlyList<JobBatchItem> items, List<string> violations)
        {
            for (var index = 0; index < items.Count; index++)
            {
                if (items[index].Code is null)
                {
                    Accepted.Add((first + index, items[index].Id));
                }
                else if (items[index].Code is ErrorCode.TooManyOpenJobs or ErrorCode.QueueFull)
                {
                    Refused++;
                }
                else
                {
                    violations.Add($"Job {first + index} was refused as {items[index].Code}: {items[index].Message}");
                }
            }
        }

        public void Look(long residentBytes)
        {
            Peak = Math.Max(Peak, residentBytes);
            if (Refused == 0)
            {
                AtTheBound = residentBytes;
            }
        }
    }
}
