using Marketplace.Benchmarks;
using Marketplace.Benchmarks.Blobs;
using Marketplace.Benchmarks.Crypto;
using Marketplace.Benchmarks.Engine;
using Marketplace.Benchmarks.Overload;
using Marketplace.Benchmarks.Pages;

var benchmarks = new Dictionary<string, (string Help, Func<BenchmarkArguments, Task<int>> Run)>
{
    ["jobs"] = (
        "durable jobs end to end over HTTP, then single jobs when idle [--jobs N] [--seconds S] [--idle N] [--warm N] [--batch N] "
            + "[--clients N] [--worker none|process|sandbox] [--silos N, of a cluster, each with a share of the clients]",
        JobsBenchmark.Run
    ),
    ["peers"] = ("the same, and ../shared/peers/jobs.sh where it is found, with the ratio", PeersBenchmark.Run),
    ["postgres"] = (
        "documents written on PostgreSQL by 1, 32 and 128 callers, beside pgbench [--seconds S] [--connections N]",
        PostgresBenchmark.Run
    ),
    ["engine"] = ("the engine against V8 (node) on the same kernels, where node is found [--rounds N]", EngineBenchmark.Run),
    ["market"] = (
        "leases a second with 10 to 10,000 simulated workers and a backlog, from submission to lease, and fairness [--jobs N] "
            + "[--workers N] [--slots N] [--connected N, over sockets] [--rounds N]",
        MarketBenchmark.Run
    ),
    ["overload"] = (
        "simulated workers and buyers that send 0.8 to 5 times what the market can, whether answered or not [--workers N] [--slots N] "
            + "[--run-ms N] [--batch N] [--connections N] [--seconds N] [--warm N] [--window N, jobs open at the peak] [--wait-ms N]",
        OverloadBenchmark.Run
    ),
    ["bls"] = (
        "BLS signatures beside blst, where ../shared/peers/bls.sh, node and npm are found [--turns N] [--rounds N]",
        BlsBenchmark.Run
    ),
    ["blobs"] = (
        "a large blob and many of 16 KiB over HTTP, beside cp + b3sum + sync of the same bytes, and beside nginx where it is found "
            + "[--mib N] [--small N] [--clients N] [--turns N]",
        BlobsBenchmark.Run
    ),
    ["crypto"] = ("BLAKE3 beside b3sum, Ed25519 beside openssl speed, where they are found [--turns N] [--mib N]", CryptoBenchmark.Run),
    ["pages"] = (
        "the web pages of a silo with a million jobs in Chromium, where it is found: first view, list, live pages [--jobs N] [--rounds N] "
            + "[--seconds N] [--data FOLDER, kept for the next run]",
        PagesBenchmark.Run
    ),
    ["hour"] = ("pages left open for an hour of 1,000 events a second, sent faster [--events N] [--data FOLDER]", HourBenchmark.Run),
    ["rest"] = (
        "what a silo takes of a core while nothing happens, minute by minute [--minutes N] [--silos N, of a cluster]",
        RestBenchmark.Run
    ),
    ["start"] = (
        "time to ready of a new silo and to its first answered job [--runs N] [--silo PROGRAM, as it was published]",
        StartBenchmark.Run
    ),
};
foreach (var (name, own) in HostBenchmarks.All)
{
    benchmarks.Add(name, own);
}

if (args.Length == 0 || !benchmarks.TryGetValue(args[0], out var benchmark))
{
    foreach (var (name, (help, _)) in benchmarks)
    {
        Console.Error.WriteLine($"  {name, -8} {help}");
    }
    return args is ["--help"] ? 0 : 2;
}
try
{
    return await benchmark.Run(new BenchmarkArguments(args[1..]));
}
catch (BenchmarkException here)
{
    await Console.Error.WriteLineAsync(here.Message);
    return 2;
}
