namespace Marketplace.Benchmarks.Engine;

/// <summary>A module with one export <c>run(n) -> i32</c> and no imports, the same file for every engine.</summary>
/// <param name="Name">The file's name without <c>.wasm</c>.</param>
/// <param name="N">The size of the work: 20 to 60 ms in V8 on the machine of RESULTS.md, long against a clock's error and short enough for
/// many rounds.</param>
internal sealed record Kernel(string Name, int N)
{
    public static IReadOnlyList<Kernel> All { get; } =
    [
        new("sha256", 16_384),
        new("matrix", 512),
        new("sieve", 14_000_000),
        new("fibonacci", 36),
        new("nbody", 800_000),
        new("mandelbrot", 600),
        new("lz", 4_096),
        new("json", 60_000),
        new("calls", 50),
    ];

    public string File => Path.Combine(AppContext.BaseDirectory, "kernels", Name + ".wasm");
}

/// <summary>What a kernel gave, and how long it took each time.</summary>
internal sealed record KernelRun(int Result, IReadOnlyList<double> Milliseconds);
