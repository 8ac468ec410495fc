using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Marketplace.Crypto;
using Marketplace.Engine.Guests;
using Marketplace.GrainHost.Hosting;
using Marketplace.GrainInterfaces;
using Marketplace.Grains;
using Marketplace.Receipts;
using Marketplace.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Marketplace.Benchmarks;

/// <summary>
/// A program's state with a million keys: commits of as many changes as one run may make, through the grain and the durable log of the
/// embedded store, with the checkpoints that come due meanwhile; then what a start reads, and proofs with all pages in memory and with
/// those that a silo's cache holds.
/// </summary>
internal static class StateBenchmark
{
    private const int ValueBytes = 32;
    private static readonly ProgramId Program = new(default);

    public static async Task<int> Run(BenchmarkArguments arguments)
    {
        Console.WriteLine(JsonSerializer.Serialize(await Measure(arguments), BenchmarkJson.Options));
        return 0;
    }

    public static async Task<StateResult> Measure(BenchmarkArguments arguments)
    {
        var (keys, seconds, proofs) = (
            arguments.Number("keys", 1_000_000),
            arguments.Number("seconds", 20),
            arguments.Number("proofs", 100_000)
        );
        var folder = Directory.CreateTempSubdirectory("state-benchmark-");
        try
        {
            await using var store = EmbeddedStore.Open(folder.FullName, new EmbeddedStoreOptions(), TimeProvider.System);
            var filled = await Commits(store, Fill(keys), null);
            var updated = await Commits(store, Updates(keys), TimeSpan.FromSeconds(seconds));
            var clock = Stopwatch.StartNew();
            var (tree, replayed) = await Start(store);
            var startMs = clock.Elapsed.TotalMilliseconds;
            for (var number = 0; number < keys; number++)
            {
                _ = await tree.Find(Key(number));
            }
            var treeUs = await TreeAlone(tree, keys);
            var warm = await Proofs(tree, keys, proofs);
            (tree, _) = await Start(store, StateTreePolicy.CacheBytesMax);
            var any = await Proofs(tree, keys, proofs / 10);
            return new StateResult(
                Bench: "state",
                Keys: tree.Count,
                FilledKeysPerS: Math.Round(filled.KeysPerS),
                UpdatedKeysPerS: Math.Round(updated.KeysPerS),
                CommitP50Ms: updated.Latency.P50,
                CommitP99Ms: updated.Latency.P99,
                CpuUsPerKey: Math.Round(updated.CpuUsPerKey, 1),
                TreeCpuUsPerKey: Math.Round(treeUs, 1),
                ProofUs: Math.Round(warm.Us, 1),
                ProofBytesMean: Math.Round(warm.MeanBytes),
                ProofBytesMost: Math.Max(warm.MostBytes, any.MostBytes),
                VerifyUs: Math.Round(warm.VerifyUs, 1),
                ProofOfAnyKeyUs: Math.Round(any.Us, 1),
                StartMs: Math.Round(startMs, 1),
                StartReplayedCommits: replayed,
                PeakMiB: Process.GetCurrentProcess().PeakWorkingSet64 >> 20
            );
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>As a start of the grain reads it.</summary>
    private static async Task<(StateTree Tree, long Replayed)> Start(EmbeddedStore store, long cacheBytes = long.MaxValue)
    {
        var stored = await new StateStore(store, Program.ToString(), new StatePageCache(cacheBytes)).Load();
        var state = new ProgramState(stored.Tree, stored.Height);
        await foreach (var entry in store.Read($"state/{Program}", stored.Height + 1))
        {
            await state.Apply(StateEvent.Read(entry.Content.Span));
        }
        return (state.Tree, state.Height - stored.Height);
    }

    /// <summary>A grain host of its own for each part: it starts with what the part before has stored.</summary>
    private static async Task<(double KeysPerS, double CpuUsPerKey, Percentiles Latency)> Commits(
        EmbeddedStore store,
        IEnumerable<ImmutableArray<StateChange>> batches,
        TimeSpan? time
    )
    {
        await using var services = new ServiceCollection()
            .AddLogging()
            .AddSingleton(TimeProvider.System)
            .AddSingleton<IDocumentStore>(store)
            .AddSingleton<IEventLog>(store)
            .AddMarketGrains()
            .AddEmbeddedGrainHost(options => options.Assemblies.Add(typeof(MarketServices).Assembly))
            .BuildServiceProvider();
        foreach (var hosted in services.GetServices<IHostedService>())
        {
            await hosted.StartAsync(CancellationToken.None);
        }
        var state = services.GetRequiredService<IGrainFactory>().GetGrain<IStateGrain>(Program.ToString());
        var head = await state.Begin(default);
        var (height, root, changed) = (head.Height, head.Root, 0L);
        var latencies = new List<double>();
        var used = Environment.CpuUsage.TotalTime;
        var clock = Stopwatch.StartNew();
        foreach (var batch in batches)
        {
            var start = clock.Elapsed;
            if (start > time)
            {
                break;
            }
            var job = new JobId(Blake3.Hash(Encoding.UTF8.GetBytes($"{height}")));
            var end = await state.Commit(job, height, root, batch, End, Authority.Market);
            await state.Acknowledge(job, Authority.Market);
            (height, root, changed) = (height + 1, end!.RootAfter!.Value, changed + batch.Length);
            latencies.Add((clock.Elapsed - start).TotalMilliseconds);
        }
        var perS = changed / clock.Elapsed.TotalSeconds;
        var usPerKey = (Environment.CpuUsage.TotalTime - used).TotalMicroseconds / changed;
        foreach (var hosted in services.GetServices<IHostedService>())
        {
            await hosted.StopAsync(CancellationToken.None);
        }
        return (perS, usPerKey, new Percentiles(latencies));
    }

    /// <summary>Processor time of the tree's part of an update, all pages in memory.</summary>
    private static async Task<double> TreeAlone(StateTree tree, int keys)
    {
        const int batches = 20;
        var writes = Updates(keys)
            .Take(batches)
            .Select(batch => batch.Select(change => new Storage.StateWrite(change.Key, change.Value)).ToArray())
            .ToArray();
        var used = Environment.CpuUsage.TotalTime;
        foreach (var batch in writes)
        {
            tree = await tree.With(batch);
        }
        return (Environment.CpuUsage.TotalTime - used).TotalMicroseconds / (batches * GuestPolicy.StateWritesMax);
    }

    private static async Task<(double Us, double MeanBytes, int MostBytes, double VerifyUs)> Proofs(StateTree tree, int keys, int count)
    {
        var random = new Random(1);
        var made = new (ReadOnlyMemory<byte> Key, byte[] Proof)[count];
        var clock = Stopwatch.StartNew();
        for (var index = 0; index < count; index++)
        {
            var key = Key(random.Next(keys));
            made[index] = (key, (await tree.Prove(key)).ToBytes());
        }
        var us = clock.Elapsed.TotalMicroseconds / count;
        clock.Restart();
        foreach (var (key, proof) in made)
        {
            if (StateProofs.Verify(tree.Root, key.Span, proof).Finding != StateFinding.Present)
            {
                throw new BenchmarkException($"The proof of key {Encoding.UTF8.GetString(key.Span)} is refused.");
            }
        }
        return (us, made.Average(one => one.Proof.Length), made.Max(one => one.Proof.Length), clock.Elapsed.TotalMicroseconds / count);
    }

    private static IEnumerable<ImmutableArray<StateChange>> Fill(int keys)
    {
        for (var first = 0; first < keys; first += GuestPolicy.StateWritesMax)
        {
            yield return
            [
                .. Enumerable
                    .Range(first, Math.Min(GuestPolicy.StateWritesMax, keys - first))
                    .Select(number => new StateChange(Key(number), new byte[ValueBytes])),
            ];
        }
    }

    private static IEnumerable<ImmutableArray<StateChange>> Updates(int keys)
    {
        for (var random = new Random(2); ; )
        {
            var changes = new StateChange[GuestPolicy.StateWritesMax];
            for (var index = 0; index < changes.Length; index++)
            {
                var value = new byte[ValueBytes];
                random.NextBytes(value);
                changes[index] = new StateChange(Key(random.Next(keys)), value);
            }
            yield return [.. changes];
        }
    }

    private static ReadOnlyMemory<byte> Key(int number) =>
        Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"account/{number:000000000}"));

    private static JobEnd End { get; } =
        new(
            Status: JobStatus.Completed,
            Fault: JobFault.None,
            Code: null,
            Reason: null,
            Worker: null,
            Payee: null,
            PricePerMillionFuel: default,
            FuelUsed: 0,
            Output: default,
            Log: default,
            RootBefore: null,
            RootAfter: null,
            History: [],
            Explanation: new GrainInterfaces.JobExplanation("", [])
        );
}

/// <summary>The line that <c>state</c> prints.</summary>
/// <param name="ProofUs">To make a proof with all pages in memory.</param>
/// <param name="ProofOfAnyKeyUs">To make one with those that a silo's cache holds.</param>
/// <param name="TreeCpuUsPerKey">Processor time of the tree's part of an update.</param>
internal sealed record StateResult(
    string Bench,
    long Keys,
    double FilledKeysPerS,
    double UpdatedKeysPerS,
    double CommitP50Ms,
    double CommitP99Ms,
    double CpuUsPerKey,
    double TreeCpuUsPerKey,
    double ProofUs,
    double ProofBytesMean,
    int ProofBytesMost,
    double VerifyUs,
    double ProofOfAnyKeyUs,
    double StartMs,
    long StartReplayedCommits,
    long PeakMiB
);
