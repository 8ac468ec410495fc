namespace Marketplace.Benchmarks;

/// <summary>Benchmarks that run grains within this process: none on this host.</summary>
internal static class HostBenchmarks
{
    public static readonly Dictionary<string, (string Help, Func<BenchmarkArguments, Task<int>> Run)> All = [];
}
