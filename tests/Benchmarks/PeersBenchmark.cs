using System.Diagnostics;
using System.Text.Json;

namespace Marketplace.Benchmarks;

/// <summary>
/// The jobs benchmark between two runs of what a developer would pick instead, so that both see the same machine at the same time.
/// </summary>
internal static class PeersBenchmark
{
    public static async Task<int> Run(BenchmarkArguments arguments)
    {
        var script = PeerScripts.Find("jobs.sh");
        if (script is null)
        {
            Console.Error.WriteLine("../shared/peers/jobs.sh was not found beside the repository: there is nothing to compare with.");
            return 2;
        }
        var before = await RunPeers(script);
        var ours = await JobsBenchmark.Measure(arguments);
        var after = await RunPeers(script);
        Console.WriteLine(JsonSerializer.Serialize(ours, BenchmarkJson.Options));
        var best = before
            .Concat(after)
            .GroupBy(peer => peer.Name)
            .Select(group => (group.Key, Rate: group.Average(peer => peer.JobsPerS)))
            .MaxBy(peer => peer.Rate);
        var line = new
        {
            Bench = "peers",
            Best = best.Key,
            PeerJobsPerS = Math.Round(best.Rate),
            OurJobsPerS = ours.JobsPerS,
            Ratio = Math.Round(ours.JobsPerS / best.Rate, 2),
        };
        Console.WriteLine(JsonSerializer.Serialize(line, BenchmarkJson.Options));
        return 0;
    }

    private static async Task<IReadOnlyList<(string Name, double JobsPerS)>> RunPeers(string script)
    {
        using var process = Process.Start(new ProcessStartInfo("bash", [script]) { RedirectStandardOutput = true })!;
        var peers = new List<(string, double)>();
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            Console.WriteLine(line);
            using var json = JsonDocument.Parse(line);
            if (json.RootElement.TryGetProperty("jobs_per_s", out var rate))
            {
                peers.Add((json.RootElement.GetProperty("peer").GetString()!, rate.GetDouble()));
            }
        }
        await process.WaitForExitAsync();
        return peers.Count > 0 ? peers : throw new InvalidOperationException("No peer ran: install redis-server or postgresql, and Node.");
    }
}
