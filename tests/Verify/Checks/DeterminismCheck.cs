using System.Diagnostics;
using Marketplace.Engine;
using Marketplace.Engine.Interpret;
using Marketplace.Reference.Comparison;
using Marketplace.Reference.Generation;

namespace Marketplace.Verify.Checks;

/// <summary>
/// The same jobs in the reference interpreter, in the engine cold and warm, interpreted, compiled and changing from one to the other, and
/// in processes of their own: started again, with the machine-code compiler told not to optimise, and with the processor's vector
/// instructions switched off. All hashes are equal.
/// </summary>
public static class DeterminismCheck
{
    /// <summary>Variables that the runtime reads when it starts.</summary>
    private static readonly (string Name, string? Variable, string Value)[] Processes =
    [
        ("restarted", null, ""),
        ("unoptimised", "DOTNET_JITMinOpts", "1"),
        ("without vector instructions", "DOTNET_EnableHWIntrinsic", "0"),
    ];

    public static async Task<VerifyResult> Run(VerifyArguments arguments)
    {
        var clock = Stopwatch.StartNew();
        var count = arguments.Number("n", 200);
        var seed = arguments.Number("seed", 1);
        using var guests = new GuestThreads(1);
        if (arguments.Text("digests") is { } path)
        {
            // What a process of its own does.
            await File.WriteAllLinesAsync(path, await Digests(guests, seed, count, module => new TieredEngine(module)));
            return new VerifyResult(
                new
                {
                    Verify = "determinism",
                    Jobs = count,
                    Digests = path,
                },
                []
            );
        }
        var found = new List<string>();
        var interpreted = await Digests(guests, seed, count, module => new InterpretingEngine(module));
        var seconds = new SortedDictionary<string, double>(StringComparer.Ordinal)
        {
            ["interpreter"] = clock.Elapsed.TotalSeconds,
            ["cold"] = await Compare("cold", () => Digests(guests, seed, count, module => new CompilingEngine(module, Tiers.CompiledOnly))),
            ["interpreted"] = await Compare(
                "interpreted",
                () => Digests(guests, seed, count, module => new CompilingEngine(module, TestTiers.InterpretedOnly))
            ),
            ["changing"] = await Compare(
                "changing",
                () => Digests(guests, seed, count, module => new CompilingEngine(module, TestTiers.Changing))
            ),
            ["warm"] = await Compare("warm", () => Digests(guests, seed, count, Warm)),
        };
        foreach (var process in Processes)
        {
            seconds[process.Name] = await Compare(process.Name, () => Child(process.Variable, process.Value, seed, count));
        }
        var line = new
        {
            Verify = "determinism",
            Jobs = count,
            Ways = seconds.Count,
            Profile = EngineProfile.Hash,
            Violations = found.Count,
            SecondsEach = seconds.ToDictionary(way => way.Key, way => Math.Round(way.Value, 1)),
            Seconds = Math.Round(clock.Elapsed.TotalSeconds, 1),
        };
        return new VerifyResult(line, found);

        async Task<double> Compare(string name, Func<Task<string[]>> run)
        {
            var started = clock.Elapsed;
            var digests = await run();
            for (var i = 0; i < count; i++)
            {
                if (digests[i] != interpreted[i])
                {
                    found.Add($"seed {seed + i}, {name}: {digests[i]}, the interpreter {interpreted[i]}");
                }
            }
            return (clock.Elapsed - started).TotalSeconds;
        }
    }

    /// <summary>Its machine code exists before the run that counts.</summary>
    private static CompilingEngine Warm(GeneratedModule module)
    {
        var engine = new CompilingEngine(module, Tiers.CompiledOnly);
        JobDigest.Of(module, engine);
        return engine;
    }

    private static Task<string[]> Digests(GuestThreads guests, int seed, int count, Func<GeneratedModule, IEngineUnderTest> make) =>
        guests.Run(() =>
            Enumerable
                .Range(seed, count)
                .Select(one =>
                {
                    var module = ModuleGenerator.Generate((ulong)one, new GeneratorOptions());
                    using var engine = make(module);
                    var (hash, fuel) = JobDigest.Of(module, engine);
                    return $"{hash} {fuel}";
                })
                .ToArray()
        );

    private static async Task<string[]> Child(string? variable, string value, int seed, int count)
    {
        var path = Path.GetTempFileName();
        try
        {
            var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true };
            if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
            {
                start.ArgumentList.Add(typeof(DeterminismCheck).Assembly.Location);
            }
            foreach (var argument in (string[])["determinism", "--digests", path, "--seed", $"{seed}", "--n", $"{count}"])
            {
                start.ArgumentList.Add(argument);
            }
            if (variable is not null)
            {
                start.Environment[variable] = value;
            }
            using var child = Process.Start(start)!;
            var output = await child.StandardOutput.ReadToEndAsync();
            await child.WaitForExitAsync();
            if (child.ExitCode != 0)
            {
                throw new InvalidOperationException($"{variable}={value}: the process ended with {child.ExitCode}: {output}");
            }
            Console.Error.Write($"{variable ?? "restarted"}: {output}");
            return await File.ReadAllLinesAsync(path);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
