using System.Diagnostics;
using System.Globalization;
using Marketplace.Engine;

namespace Marketplace.Benchmarks.Engine;

/// <summary>What a trap costs with as many calls open as there can be: the runtime unwinds them one by one.</summary>
internal static class DeepTrap
{
    private const int Times = 5;

    /// <summary>Of each call: it, the constant and the addition.</summary>
    private const int FuelPerCall = 3;

    /// <summary>A function of type [] -> [i32] that calls itself and adds one, exported as "run".</summary>
    private static readonly byte[] Recursion =
    [
        0,
        (byte)'a',
        (byte)'s',
        (byte)'m',
        1,
        0,
        0,
        0,
        1,
        5,
        1,
        0x60,
        0,
        1,
        0x7F,
        3,
        2,
        1,
        0,
        7,
        7,
        1,
        3,
        (byte)'r',
        (byte)'u',
        (byte)'n',
        0,
        0,
        10,
        9,
        1,
        7,
        0,
        0x10,
        0,
        0x41,
        1,
        0x6A,
        0x0B,
    ];

    /// <returns>Milliseconds from the entry to the exception's arrival, the calls included.</returns>
    public static async Task<double> Measure(GuestThreads threads)
    {
        var compiled = CompiledModule.Compile(WasmModule.Decode(Recursion, EngineLimits.Default));
        var times = new List<double>();
        var calls = 0L;
        for (var time = 0; time <= Times; time++)
        {
            var (taken, fuel) = await threads.Run(() => Once(compiled));
            calls = fuel / FuelPerCall;
            if (time > 0)
            {
                times.Add(taken);
            }
        }

        times.Sort();
        var median = times[Times / 2];
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"a trap behind {calls} calls {median, 8:F1} ms"));
        return median;
    }

    private static (double Milliseconds, long Fuel) Once(CompiledModule compiled)
    {
        using var run = new Run(new RunLimits { FuelMax = long.MaxValue / 4, MemoryPagesMax = 1 }, TimeProvider.System);
        using var instance = Instance.Instantiate(compiled, new Imports(), run);
        var clock = Stopwatch.GetTimestamp();
        try
        {
            instance.Invoke("run");
        }
        catch (TrapException trap) when (trap.Kind == TrapKind.CallStackExhausted)
        {
            return (Stopwatch.GetElapsedTime(clock).TotalMilliseconds, run.FuelUsed);
        }

        throw new InvalidOperationException("A recursion without an end came back.");
    }
}
