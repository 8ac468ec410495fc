using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Marketplace.Storage;
using Marketplace.Testing;
using Npgsql;

namespace Marketplace.Benchmarks;

/// <summary>
/// Durable documents of 400 bytes a second on PostgreSQL, each created and changed once as a job is, by 1, 32 and 128 callers of the store
/// and by as many clients of <c>pgbench</c> that send the same writes one by one: same server, same table, same run.
/// </summary>
internal static partial class PostgresBenchmark
{
    private const int ContentBytes = 400;

    // Two transactions: each statement commits by itself.
    private const string PeerScript = """
        \set id random(1, 1000000000000)
        insert into market.documents(kind, id, version, checksum, content)
            values('peer', md5(:id::text) || md5(:id::text), 1, 0, decode(repeat('ab', 400), 'hex')) on conflict do nothing;
        update market.documents set version = 2, checksum = 0, content = decode(repeat('cd', 400), 'hex')
            where kind = 'peer' and id = md5(:id::text) || md5(:id::text) and version = 1;
        """;

    public static async Task<int> Run(BenchmarkArguments arguments)
    {
        await using var server = await PostgresServer.Start(durable: true);
        var database = await server.CreateDatabase();
        var options = new PostgresStoreOptions { ConnectionString = database };
        options = options with { WriteConnections = arguments.Number("connections", options.WriteConnections) };
        await using var store = await PostgresStore.Open(options, TimeProvider.System);
        var seconds = arguments.Number("seconds", 4);
        await Ours(store, 32, seconds: 1);
        var pidFile = Path.Combine(new NpgsqlConnectionStringBuilder(database).Host!, "data", "postmaster.pid");
        var postmaster = int.Parse(File.ReadLines(pidFile).First(), CultureInfo.InvariantCulture);
        foreach (var writers in (int[])[1, 32, 128])
        {
            var before = await Peer(database, writers, seconds);
            var (used, client) = (ProcessorTime.OfTree(postmaster), Environment.CpuUsage.TotalTime);
            var ours = await Ours(store, writers, seconds);
            (used, client) = (ProcessorTime.OfTree(postmaster) - used, Environment.CpuUsage.TotalTime - client);
            var usedByPeer = ProcessorTime.OfTree(postmaster);
            var after = await Peer(database, writers, seconds);
            usedByPeer = ProcessorTime.OfTree(postmaster) - usedByPeer;
            var line = new
            {
                Bench = "postgres",
                Writers = writers,
                WritesPerS = Math.Round(ours.PerS),
                P50Ms = ours.Latency.P50,
                P99Ms = ours.Latency.P99,
                PgbenchBefore = Math.Round(before),
                PgbenchAfter = Math.Round(after),
                Ratio = Math.Round(2 * ours.PerS / (before + after), 2),
                ServerUs = Math.Round(used.TotalMicroseconds / ours.Count, 1),
                ClientUs = Math.Round(client.TotalMicroseconds / ours.Count, 1),
                PgbenchServerUs = Math.Round(usedByPeer.TotalMicroseconds / (after * seconds), 1),
            };
            Console.WriteLine(JsonSerializer.Serialize(line, BenchmarkJson.Options));
        }
        return 0;
    }

    private static async Task<(int Count, double PerS, Percentiles Latency)> Ours(PostgresStore store, int writers, int seconds)
    {
        var clock = Stopwatch.StartNew();
        var content = new byte[ContentBytes];
        var latencies = await Task.WhenAll(
            Enumerable
                .Range(0, writers)
                .Select(_ =>
                    Task.Run(async () =>
                    {
                        var mine = new List<double>();
                        while (clock.Elapsed.TotalSeconds < seconds)
                        {
                            var key = new DocumentKey("ours", $"{Guid.NewGuid():n}{Guid.NewGuid():n}");
                            for (var version = 0; version < 2; version++)
                            {
                                var began = clock.Elapsed;
                                await store.Write(key, version, content);
                                mine.Add((clock.Elapsed - began).TotalMilliseconds);
                            }
                        }
                        return mine;
                    })
                )
        );
        var all = latencies.SelectMany(mine => mine).ToList();
        return (all.Count, all.Count / clock.Elapsed.TotalSeconds, new Percentiles(all));
    }

    private static async Task<double> Peer(string database, int clients, int seconds)
    {
        var script = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(script, PeerScript);
            var connection = new NpgsqlConnectionStringBuilder(database);
            var start = new ProcessStartInfo(Path.Combine(PostgresServer.Programs, "pgbench")) { RedirectStandardOutput = true };
            foreach (
                var argument in (string[])
                    [
                        "-h",
                        connection.Host!,
                        "-U",
                        connection.Username!,
                        "-n",
                        "-M",
                        "prepared",
                        "-j",
                        "2",
                        "-c",
                        $"{clients}",
                        "-T",
                        $"{seconds}",
                        "-f",
                        script,
                        connection.Database!,
                    ]
            )
            {
                start.ArgumentList.Add(argument);
            }
            using var process = Process.Start(start)!;
            var output = await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            // A round of the script is two writes.
            return 2 * double.Parse(Rate().Match(output).Groups[1].Value, CultureInfo.InvariantCulture);
        }
        finally
        {
            File.Delete(script);
        }
    }

    [GeneratedRegex(@"tps = ([0-9.]+) ")]
    private static partial Regex Rate();
}
