using System.Diagnostics;
using System.Globalization;
using System.Text;
using Marketplace.Engine.Guests;

namespace Marketplace.Benchmarks.Engine;

/// <summary>
/// From a module's bytes to its output, in a process that has run others: decoding, validation, IL and machine code of what runs, the
/// instance, the run, with fuel on. Each turn has a module that the process has not seen. V8 starts the same files, for information.
/// </summary>
internal static class StartUp
{
    private const int LargeBytes = 2_000_000;
    private const int Turns = 7;
    private const string Input = "the quick brown fox jumps over the lazy dog\n";

    /// <returns>Milliseconds for the large module, the least of all turns: what is slower was disturbed.</returns>
    public static double Measure()
    {
        var small = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "kernels", "rust_command.wasm"));
        Report("start, 95 KB", seed => LargeProgram.Make(small, 1, seed));
        return Report("start, 2 MB", seed => LargeProgram.Make(small, LargeBytes, seed));
    }

    private static double Report(string name, Func<int, byte[]> make)
    {
        var ours = new List<double>();
        var emitted = 0;
        var bytes = 0;
        for (var turn = 0; turn <= Turns; turn++)
        {
            var module = make(turn);
            GC.Collect();
            var clock = Stopwatch.GetTimestamp();
            using var program = GuestProgram.Load(module);
            var result = program.Run(Invocation());
            var taken = Stopwatch.GetElapsedTime(clock).TotalMilliseconds;
            var output = Encoding.UTF8.GetString(result.Output.Span);
            if (output != new string([.. Input.Reverse()]))
            {
                throw new InvalidOperationException($"The program ended as {result.Outcome} with \"{output}\".");
            }

            // The first one warms the engine.
            if (turn > 0)
            {
                ours.Add(taken);
            }
            (emitted, bytes) = (program.EmittedFunctions, module.Length);
        }

        ours.Sort();
        var line = string.Create(
            CultureInfo.InvariantCulture,
            $"{name, -14}{ours[0], 8:F1} ms (median {ours[Turns / 2]:F1}), {bytes} bytes, {emitted} functions emitted"
        );
        var v8 = V8Milliseconds([make(0), make(1), make(2), make(3)]);
        Console.WriteLine(v8 is null ? line : string.Create(CultureInfo.InvariantCulture, $"{line}   V8{v8, 8:F1} ms"));
        return ours[0];
    }

    /// <returns>The least, but of the first module, which warms V8; null where Node is not installed.</returns>
    private static double? V8Milliseconds(byte[][] modules)
    {
        var folder = Directory.CreateTempSubdirectory("start-up-");
        try
        {
            var input = Path.Combine(folder.FullName, "input");
            File.WriteAllText(input, Input);
            var files = modules.Select((_, i) => Path.Combine(folder.FullName, $"{i}.wasm")).ToArray();
            for (var i = 0; i < files.Length; i++)
            {
                File.WriteAllBytes(files[i], modules[i]);
            }
            var script = Path.Combine(AppContext.BaseDirectory, "start.mjs");
            var start = new ProcessStartInfo("node", ["--no-warnings", script, input, Path.Combine(folder.FullName, "output"), .. files])
            {
                RedirectStandardOutput = true,
            };
            using var node = Process.Start(start)!;
            return node.StandardOutput.ReadToEnd().Split('\t').Skip(1).Min(time => double.Parse(time, CultureInfo.InvariantCulture));
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    public static GuestInvocation Invocation() =>
        new()
        {
            Input = Encoding.UTF8.GetBytes(Input),
            Seed = default,
            Now = DateTimeOffset.UnixEpoch,
            Limits = new GuestLimits(
                FuelMax: 1_000_000_000,
                MemoryPagesMax: 64,
                TimeMax: TimeSpan.FromMinutes(1),
                OutputBytesMax: 1 << 20,
                LogBytesMax: 1 << 16
            ),
        };
}
