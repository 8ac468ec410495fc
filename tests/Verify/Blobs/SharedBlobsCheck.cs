using System.Diagnostics;
using System.Globalization;
using Marketplace.Storage;

namespace Marketplace.Verify.Blobs;

/// <summary>
/// Real processes share one blob folder and are killed with <c>kill -9</c> while they store, read and collect. No blob that was pinned in
/// time is lost or damaged; at the end one collection leaves nothing but what is pinned.
/// </summary>
public static class SharedBlobsCheck
{
    public const string ProcessName = "blobs-process";

    public static Task<int> RunProcess(string[] args) => BlobsProcess.Run(args);

    public static async Task<VerifyResult> Run(VerifyArguments arguments)
    {
        var processes = arguments.Number("processes", 3);
        var kills = arguments.Number("kills", 40);
        var steps = arguments.Number("steps", 400);
        var seed = arguments.Number("seed", Environment.TickCount & 0xFFFF);
        var without = arguments.Text("without");
        if (without is not (null or "take"))
        {
            throw new ArgumentException($"'{without}' is no safeguard of this check; known: take.");
        }

        var clock = Stopwatch.StartNew();
        using var folder = new TemporaryFolder();
        var crew = new Crew(folder.Name, seed, steps, without is null);
        await crew.Run(processes, kills);
        var found = crew.Violations;
        found.AddRange(await Finish(folder.Name));
        var line = new
        {
            Verify = "blobs",
            Seed = seed,
            Processes = processes,
            Kills = kills,
            Steps = steps,
            Without = without ?? "",
            crew.Puts,
            crew.Reads,
            crew.Collected,
            Violations = found.Count,
            Seconds = Math.Round(clock.Elapsed.TotalSeconds, 1),
        };
        return new VerifyResult(line, found);
    }

    private static async Task<List<string>> Finish(string folder)
    {
        var found = new List<string>();
        var pins = new BlobPins(folder);
        var store = FileBlobStore.OpenShared(Path.Combine(folder, "blobs"), new FileBlobStoreOptions { FreeBytesMin = 0 });
        await new BlobCollector(store).Collect(id => new(pins.IsPinned(id)), TimeSpan.Zero);
        foreach (var id in pins.Promises().Select(promise => promise.Id).Distinct())
        {
            if (await BlobsProcess.Damage(store, id) is { } wrong)
            {
                found.Add($"at the end {id} {wrong}");
            }
        }
        await foreach (var damage in store.Check())
        {
            found.Add($"at the end {damage}");
        }
        var kept = new HashSet<string>();
        await foreach (var blob in store.List())
        {
            kept.UnionWith([store.Files.Data(blob.Id), store.Files.Tree(blob.Id)]);
            if (!pins.IsPinned(blob.Id))
            {
                found.Add($"at the end {blob.Id} is there, and nobody wants it");
            }
        }
        found.AddRange(
            Directory
                .EnumerateFiles(store.Files.Folder, "*", SearchOption.AllDirectories)
                .Where(file => !kept.Contains(file))
                .Select(file => $"at the end {file} is left over")
        );
        return found;
    }

    /// <summary>The processes that run, each replaced by a new one when it is killed.</summary>
    private sealed class Crew(string folder, int seed, int steps, bool looksBeforeItDeletes)
    {
        private readonly Random _chance = new(seed);
        private int _started;

        public List<string> Violations { get; } = [];
        public long Puts { get; private set; }
        public long Reads { get; private set; }
        public long Collected { get; private set; }

        public async Task Run(int count, int kills)
        {
            var running = Enumerable.Range(0, count).Select(_ => Start()).ToList();
            for (var kill = 0; kill < kills; kill++)
            {
                var index = _chance.Next(count);
                for (var lines = _chance.Next(1, 12); lines > 0 && await Read(running[index]); lines--)
                {
                    // Any number of steps may be the last.
                }
                running[index].Kill();
                await End(running[index]);
                running[index] = Start();
            }
            await Task.WhenAll(running.Select(End));
        }

        private Process Start()
        {
            var binary = Path.Combine(
                new DirectoryInfo(AppContext.BaseDirectory) is var mine ? mine.Parent!.Parent!.FullName : "",
                "Verify",
                mine.Name,
                "Marketplace.Verify.dll"
            );
            string[] arguments =
            [
                binary,
                ProcessName,
                folder,
                $"{seed + (1000 * ++_started)}",
                $"{steps}",
                looksBeforeItDeletes ? "take" : "name",
            ];
            return Process.Start(
                new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true, RedirectStandardError = true }
            )!;
        }

        private async Task End(Process process)
        {
            while (await Read(process))
            {
                // To the end of what it had to say.
            }
            // What it says there is no more than the exception that ended it, so no full pipe has kept it from its other lines.
            var why = await process.StandardError.ReadToEndAsync();
            await process.WaitForExitAsync();
            // 137: killed by signal 9.
            if (process.ExitCode is not (0 or 137))
            {
                Violations.Add($"a process ended with code {process.ExitCode}: {why.Trim()}");
            }
            process.Dispose();
        }

        private async Task<bool> Read(Process process)
        {
            if (await process.StandardOutput.ReadLineAsync() is not { } line)
            {
                return false;
            }
            if (line.StartsWith("violation ", StringComparison.Ordinal))
            {
                Violations.Add(line);
            }
            if (line.Split(' ') is ["done", var puts, var reads, var collected])
            {
                Puts += long.Parse(puts, CultureInfo.InvariantCulture);
                Reads += long.Parse(reads, CultureInfo.InvariantCulture);
                Collected += long.Parse(collected, CultureInfo.InvariantCulture);
            }
            return true;
        }
    }
}
