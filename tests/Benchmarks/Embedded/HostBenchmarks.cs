namespace Marketplace.Benchmarks;

/// <summary>Benchmarks that run grains on the embedded host within this process.</summary>
internal static class HostBenchmarks
{
    public static readonly Dictionary<string, (string Help, Func<BenchmarkArguments, Task<int>> Run)> All = new()
    {
        ["state"] = (
            "commits of 4,096 keys to a program's state of a million, proofs and their bytes [--keys N] [--seconds S] [--proofs N]",
            StateBenchmark.Run
        ),
        ["receipts"] = (
            "what each level of certainty costs with five workers in this process, then BLS signatures and the state tree "
                + "[--jobs N of each level] [--rounds N] [--keys N] [--seconds S] [--proofs N]",
            ReceiptsBenchmark.Run
        ),
        ["idle"] = (
            "single jobs one at a time in this process, and where the time of the slowest went [--jobs N] [--worker none|process|sandbox]",
            IdleBenchmark.Run
        ),
    };
}
