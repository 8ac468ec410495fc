using System.Diagnostics;
using System.Text.Json;
using Marketplace.Receipts;
using Marketplace.Storage;
using Marketplace.Tests;
using Marketplace.Verify.Kill9;

namespace Marketplace.Verify.Backups;

/// <summary>
/// A real silo under load is backed up again and again, while silo, backups and restores are killed at random moments. A node that is
/// restored at a random time has every job that was acknowledged by then and none that was made later, ends as they were seen, receipts
/// that hold, whole blobs, and books that balance.
/// </summary>
public static class BackupCheck
{
    private const int Clients = 2;

    /// <summary>Receipts that are verified of a restored node: each takes some milliseconds.</summary>
    private const int ReceiptsPerRestore = 20;

    public static async Task<VerifyResult> Run(VerifyArguments arguments)
    {
        var run = new CheckRun(arguments.Number("seed", Environment.TickCount & 0xFFFF));
        var cycles = arguments.Number("cycles", 20);
        var clock = Stopwatch.StartNew();
        using var folder = new Marketplace.Tests.TemporaryFolder();
        await run.Prepare(folder.Path);
        for (var cycle = 0; cycle < cycles; cycle++)
        {
            await run.Cycle(cycle);
        }
        var line = new
        {
            Verify = "backup",
            run.Seed,
            Cycles = cycles,
            Requests = run.Workload.Requests.Count,
            run.Backups,
            run.BackupsKilled,
            run.Restores,
            run.RestoresKilled,
            run.JobsCompared,
            run.ReceiptsVerified,
            Violations = run.Violations.Count,
            Seconds = Math.Round(clock.Elapsed.TotalSeconds, 1),
        };
        return new VerifyResult(line, run.Violations);
    }

    private sealed class CheckRun(int seed)
    {
        private readonly Random _chance = new(seed);
        private string _data = "";
        private string _backup = "";
        private BackupProcess.Moments? _moments;

        public int Seed => seed;
        public Workload Workload { get; private set; } = null!;
        public List<string> Violations { get; } = [];
        public int Backups { get; private set; }
        public int BackupsKilled { get; private set; }
        public int Restores { get; private set; }
        public int RestoresKilled { get; private set; }
        public int JobsCompared { get; private set; }
        public int ReceiptsVerified { get; private set; }

        public async Task Prepare(string folder)
        {
            (_data, _backup) = (Path.Combine(folder, "data"), Path.Combine(folder, "backup"));
            await using var silo = await SiloProcess.Start(_data, CancellationToken.None);
            await using var client = silo.Client();
            Workload = await Workload.Prepare(client, dedup: true);
        }

        public async Task Cycle(int cycle)
        {
            await using (var silo = SiloProcess.Launch(_data))
            {
                await silo.Ready(CancellationToken.None);
                using var gone = new CancellationTokenSource();
                var options = MarketplaceClientOptions.FromDataFolder(_data);
                options.Retries = 0;
                await using var client = new MarketplaceClient(options);
                var load = Enumerable
                    .Range(0, Clients)
                    .Select(index => Workload.Run(client, seed + (cycle * Clients) + index, TimeSpan.Zero, gone.Token))
                    .ToArray();
                await Task.Delay(_chance.Next(50, 800));
                var backing = Backup();
                // Half of the silos are killed while the backup is under way, where it takes as long.
                if (_chance.Next(2) == 0)
                {
                    await backing;
                }
                await Task.Delay(_chance.Next(50, 800));
                await silo.Kill();
                await gone.CancelAsync();
                await Task.WhenAll(load);
                await backing;
            }
            if (_moments is { } moments)
            {
                await Restore(Path.Combine(Path.GetDirectoryName(_data)!, $"restored-{cycle}"), moments.At(_chance));
            }
        }

        private async Task Backup()
        {
            await using var process = BackupProcess.Backup(_data, _backup);
            if (_chance.Next(3) == 0)
            {
                await Task.Delay(_chance.Next(100, 900));
                BackupsKilled++;
                return;
            }
            try
            {
                _moments = JsonSerializer.Deserialize<BackupProcess.Moments>(await process.Ended());
                Backups++;
            }
            catch (InvalidOperationException failed)
            {
                Violations.Add($"A backup failed. {failed.Message}");
            }
        }

        private async Task Restore(string to, DateTimeOffset at)
        {
            if (_chance.Next(3) == 0)
            {
                await using var killed = BackupProcess.Restore(_backup, to, at);
                await Task.Delay(_chance.Next(100, 900));
                RestoresKilled++;
            }
            try
            {
                // The one that was to be killed may have come to its end before.
                if (!Directory.Exists(to))
                {
                    await using var process = BackupProcess.Restore(_backup, to, at);
                    await process.Ended();
                }
                Restores++;
                await Compare(to, at);
            }
            catch (InvalidOperationException failed)
            {
                Violations.Add($"The restore to {at:O} failed. {failed.Message}");
            }
            if (Directory.Exists(to))
            {
                Directory.Delete(to, recursive: true);
            }
        }

        private async Task Compare(string data, DateTimeOffset at)
        {
            await CheckFiles(data, at);
            if ((await Refusal(data)) is { } missing)
            {
                Violations.Add(missing);
            }
            await using (var silo = await SiloProcess.Start(data, CancellationToken.None, "--worker=false", "--accept-restored=true"))
            {
                await using var client = silo.Client();
                foreach (var some in Workload.Requests.Where(request => request.Acknowledged is not null).Chunk(500))
                {
                    await CompareJobs(client, some, at);
                }
                await silo.Stop(CancellationToken.None);
            }
            Violations.AddRange((await Books.Read(data)).Violations.Select(broken => $"Restored to {at:O}: {broken}"));
        }

        private async Task CheckFiles(string data, DateTimeOffset at)
        {
            using var check = StoreCheck.Open(Path.Combine(data, "store"), TimeProvider.System);
            var blobs = FileBlobStore.OpenBeside(Path.Combine(data, "blobs"), TimeProvider.System);
            await foreach (var finding in check.Findings())
            {
                Violations.Add($"Restored to {at:O}: {finding.File}: {finding.What}");
            }
            await foreach (var damage in blobs.Check())
            {
                Violations.Add($"Restored to {at:O}: {damage.Id}: {damage.What}");
            }
        }

        /// <summary>A silo that was not told that the other one is gone must not start.</summary>
        private static async Task<string?> Refusal(string data)
        {
            await using var silo = SiloProcess.Launch(data, "--worker=false");
            var code = await silo.Ended(CancellationToken.None);
            return code == 2 && silo.Output.Contains("--accept-restored", StringComparison.Ordinal)
                ? null
                : $"A silo on restored data ended with {code} and said: {silo.Output}";
        }

        private async Task CompareJobs(MarketplaceClient client, IReadOnlyList<Request> requests, DateTimeOffset at)
        {
            var found = await client.Jobs.GetMany([.. requests.Select(request => request.Acknowledged!.Value)]);
            var jobs = found.Jobs.ToDictionary(job => job.Id);
            foreach (var request in requests)
            {
                JobsCompared++;
                var job = jobs.GetValueOrDefault(request.Acknowledged!.Value);
                if (job is null && request.AcknowledgedAt <= at)
                {
                    Violations.Add($"Restored to {at:O}: {request.Name} was acknowledged at {request.AcknowledgedAt:O} and is lost.");
                }
                if (job is not null && request.MadeAt > at)
                {
                    Violations.Add($"Restored to {at:O}: {request.Name} was made at {request.MadeAt:O} and is there.");
                }
                if (
                    request is { Ended: { } seen }
                    && request.EndedAt <= at
                    && (job?.State, job?.FuelUsed, job?.Charge, job?.EndedAt) != (seen.State, seen.FuelUsed, seen.Charge, seen.EndedAt)
                )
                {
                    Violations.Add($"Restored to {at:O}: {request.Name} was seen {seen.State} at {request.EndedAt:O}, now {job?.State}.");
                }
            }
            foreach (var job in jobs.Values.Where(job => job.State == JobState.Completed).Take(ReceiptsPerRestore))
            {
                ReceiptsVerified++;
                foreach (
                    var check in ReceiptChecks.Of(await client.Jobs.Receipt(job.Id)).Where(check => check.Result == CheckResult.Broken)
                )
                {
                    Violations.Add($"Restored to {at:O}: the receipt of {job.Id} is broken: {check}");
                }
            }
        }
    }
}
