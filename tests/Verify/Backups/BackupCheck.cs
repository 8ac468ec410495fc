using System.Diagnostics;
using System.Text.Json;
using Marketplace.Grains;
using Marketplace.Receipts;
using Marketplace.Storage;
using Marketplace.Tests;
using Marketplace.Verify.Kill9;
using Request = Marketplace.Verify.Kill9.Request;

namespace Marketplace.Verify.Backups;

/// <summary>
/// A real silo under load is backed up again and again, while silo, backups and restores are killed at random moments. A node that is
/// restored at a random time has every job that was acknowledged by then and none that was made later, ends as they were seen, receipts
/// that hold, every blob that its books or a client know, whole, and books that balance.
/// </summary>
public static class BackupCheck
{
    private const int Clients = 2;

    /// <summary>Receipts that are verified of some hundred jobs: each takes some milliseconds.</summary>
    private const int ReceiptsPerBatch = 20;

    /// <summary>So many cycles compare and kill something of everything, whatever the seed.</summary>
    private const int CyclesThatShow = 15;

    /// <summary>One that is in the books and one that is beside them, with a tree.</summary>
    private const int BlobBytesMax = 100_000;

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
        run.RequireWork(cycles);
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
            run.BlobsRead,
            Violations = run.Violations.Count,
            Seconds = Math.Round(clock.Elapsed.TotalSeconds, 1),
        };
        return new VerifyResult(line, run.Violations);
    }

    private sealed class CheckRun(int seed)
    {
        private readonly Random _chance = new(seed);
        private readonly List<(BlobId Id, DateTimeOffset PutAt)> _blobs = [];
        private string _data = "";
        private string _backup = "";
        private BackupProcess.Moments? _moments;

        /// <summary>How long the last ones took that came to their end: the next ones are killed within that.</summary>
        private TimeSpan _backupWorks = TimeSpan.FromMilliseconds(200);
        private TimeSpan _restoreWorks = TimeSpan.FromMilliseconds(200);

        public int Seed => seed;
        public Workload Workload { get; private set; } = null!;
        public List<string> Violations { get; } = [];
        public int Backups { get; private set; }
        public int BackupsKilled { get; private set; }
        public int Restores { get; private set; }
        public int RestoresKilled { get; private set; }
        public int JobsCompared { get; private set; }
        public int ReceiptsVerified { get; private set; }
        public int BlobsRead { get; private set; }

        public async Task Prepare(string folder)
        {
            (_data, _backup) = (Path.Combine(folder, "data"), Path.Combine(folder, "backup"));
            await using var silo = await SiloProcess.Start(_data, CancellationToken.None);
            await using var client = silo.Client();
            Workload = await Workload.Prepare(client, dedup: true);
        }

        /// <summary>
        /// A run that compared nothing, or killed nothing, has shown nothing. What a short one meets, chance and the machine decide.
        /// </summary>
        public void RequireWork(int cycles)
        {
            if (cycles < CyclesThatShow)
            {
                return;
            }
            if (Restores == 0 || JobsCompared == 0 || ReceiptsVerified == 0 || BlobsRead == 0)
            {
                Violations.Add(
                    $"{Restores} restores, {JobsCompared} jobs, {ReceiptsVerified} receipts and {BlobsRead} blobs were compared."
                );
            }
            if (BackupsKilled == 0 || RestoresKilled == 0)
            {
                Violations.Add($"{BackupsKilled} backups and {RestoresKilled} restores were killed at their work.");
            }
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
                await PutBlob(client);
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

        private async Task PutBlob(MarketplaceClient client)
        {
            var content = new byte[_chance.Next(1, BlobBytesMax)];
            _chance.NextBytes(content);
            var blob = await client.Blobs.Put(content);
            _blobs.Add((blob.Id, DateTimeOffset.UtcNow));
        }

        private async Task Backup()
        {
            await using var process = BackupProcess.Backup(_data, _backup);
            if (_chance.Next(2) == 0 && await process.KillAtWork(_backupWorks * _chance.NextDouble()))
            {
                BackupsKilled++;
                return;
            }
            try
            {
                (var output, _backupWorks) = await process.Ended();
                _moments = JsonSerializer.Deserialize<BackupProcess.Moments>(output);
                Backups++;
            }
            catch (InvalidOperationException failed)
            {
                Violations.Add($"A backup failed. {failed.Message}");
            }
        }

        private async Task Restore(string to, DateTimeOffset at)
        {
            if (_chance.Next(2) == 0)
            {
                await using var killed = BackupProcess.Restore(_backup, to, at);
                RestoresKilled += await killed.KillAtWork(_restoreWorks * _chance.NextDouble()) ? 1 : 0;
            }
            try
            {
                // The one that was to be killed may have come to its end before.
                if (!Directory.Exists(to))
                {
                    await using var process = BackupProcess.Restore(_backup, to, at);
                    (_, _restoreWorks) = await process.Ended();
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
                await ReadBlobs(client, at);
                await silo.Stop(CancellationToken.None);
            }
            await FindPinned(data, at);
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

        private async Task ReadBlobs(MarketplaceClient client, DateTimeOffset at)
        {
            foreach (var (id, _) in _blobs.Where(blob => blob.PutAt <= at))
            {
                BlobsRead++;
                try
                {
                    await using var content = await client.Blobs.Open(id);
                    await content.CopyToAsync(Stream.Null);
                }
                catch (Exception lost) when (lost is MarketplaceException or BlobVerificationException)
                {
                    Violations.Add($"Restored to {at:O}: {id} was acknowledged by then. {lost.Message}");
                }
            }
        }

        /// <summary>Modules, inputs and what accounts keep: all that the restored books say must be there.</summary>
        private async Task FindPinned(string data, DateTimeOffset at)
        {
            await using var store = EmbeddedStore.Open(
                Path.Combine(data, "store"),
                new EmbeddedStoreOptions { Projections = MarketProjections.All },
                TimeProvider.System
            );
            var blobs = FileBlobStore.OpenBeside(Path.Combine(data, "blobs"), TimeProvider.System);
            var there = await blobs.List().Select(blob => blob.Id).ToHashSetAsync();
            await foreach (var pinned in PinnedBlobs.Of(store).Where(pinned => !there.Contains(pinned)))
            {
                Violations.Add($"Restored to {at:O}: {pinned} is kept by the books and is not there.");
            }
        }

        /// <summary>A silo that was not told that the other one is gone must not start.</summary>
        private static async Task<string?> Refusal(string data)
        {
            await using var silo = SiloProcess.Launch(data, "--worker=false");
            try
            {
                await silo.Ready(CancellationToken.None);
                return "A silo that was not told that the other one is gone started on restored data.";
            }
            catch (InvalidOperationException refused) when (refused.Message.Contains("--accept-restored", StringComparison.Ordinal))
            {
                return null;
            }
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
            foreach (var job in jobs.Values.Where(job => job.State == JobState.Completed).Take(ReceiptsPerBatch))
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
