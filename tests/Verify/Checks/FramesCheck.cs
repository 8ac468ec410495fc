using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Marketplace.Engine;
using Marketplace.Engine.Tests.Frames;

namespace Marketplace.Verify.Checks;

/// <summary>
/// Native bytes that a function's frame takes for each slot of the stack budget: every instruction, in every way of using its result, in
/// small and huge functions, optimised and not, with and without the processor's vector instructions. None may take more than the guest's
/// stack was made for.
/// </summary>
public static class FramesCheck
{
    public const string ProcessName = "frames-process";

    private const int Worst = 5;

    public static async Task<VerifyResult> Run(VerifyArguments arguments)
    {
        var clock = Stopwatch.StartNew();
        var every = arguments.Number("every", 1);
        var sizes = new ConcurrentBag<(string? Setting, FrameSize Size)>();
        var surveys = FrameSurvey.Settings.SelectMany(setting => new[] { (setting, true), (setting, false) });
        await Parallel.ForEachAsync(
            surveys,
            new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount },
            async (survey, _) =>
            {
                var (setting, optimised) = survey;
                foreach (var size in await Measure(setting, optimised, every))
                {
                    sizes.Add((setting, size));
                }
            }
        );

        // The compiler was told not to optimise those; here it comes to that by itself.
        foreach (var setting in FrameSurvey.Settings)
        {
            var worst = Ordered(sizes, setting).Select(size => size.Case).Distinct().Take(Worst).ToArray();
            foreach (var size in await MeasureHuge(setting, worst))
            {
                sizes.Add((setting, size));
            }
        }
        return Result(sizes, clock.Elapsed);
    }

    private static VerifyResult Result(IReadOnlyCollection<(string? Setting, FrameSize Size)> sizes, TimeSpan taken)
    {
        var found = new List<string>();
        var worst = new List<object>();
        foreach (var setting in FrameSurvey.Settings)
        {
            var ordered = Ordered(sizes, setting);
            var name = setting is null ? "all instructions" : $"{setting}=0";
            foreach (var size in ordered.Take(Worst))
            {
                Console.Error.WriteLine($"{name}: {size}");
            }
            found.AddRange(
                ordered.TakeWhile(size => size.BytesPerSlot > EnginePolicy.FrameBytesPerSlotMax).Select(size => $"{name}: {size}")
            );
            worst.Add(
                new
                {
                    Setting = name,
                    BytesPerSlot = Math.Round(ordered[0].BytesPerSlot, 1),
                    ordered[0].Case,
                    ordered[0].Repetitions,
                }
            );
        }
        var line = new
        {
            Verify = "frames",
            Frames = sizes.Count,
            WorstBytesPerSlot = Math.Round(sizes.Max(size => size.Size.BytesPerSlot), 1),
            AllowedBytesPerSlot = EnginePolicy.FrameBytesPerSlotMax,
            Worst = worst,
            Violations = found.Count,
            Seconds = Math.Round(taken.TotalSeconds, 1),
        };
        return new VerifyResult(line, found);
    }

    private static FrameSize[] Ordered(IEnumerable<(string? Setting, FrameSize Size)> sizes, string? setting) =>
        [.. sizes.Where(size => size.Setting == setting).Select(size => size.Size).OrderByDescending(size => size.BytesPerSlot)];

    /// <summary>In a process of its own: measures the cases that it reads by name, and writes a line for each frame.</summary>
    /// <param name="repetitions">How many of each.</param>
    public static async Task<int> RunProcess(string[] repetitions)
    {
        var cases = FrameCase.All.ToDictionary(frame => frame.Name);
        using var guests = new GuestThreads(1);
        while (await Console.In.ReadLineAsync() is { } name)
        {
            foreach (var count in repetitions)
            {
                var size = await guests.Run(() => FrameSurvey.Measure(cases[name], int.Parse(count, CultureInfo.InvariantCulture)));
                Console.WriteLine(JsonSerializer.Serialize(size));
            }
        }
        return 0;
    }

    private static Task<List<FrameSize>> Measure(string? setting, bool optimised, int every) =>
        RunWith(
            [(setting, "0"), (optimised ? null : FrameSurvey.NothingOptimised, "1")],
            optimised ? FrameSurvey.OptimisedSizes : FrameSurvey.NotOptimisedSizes,
            FrameCase.All.Where((_, i) => i % every == 0).Select(frame => frame.Name)
        );

    private static Task<List<FrameSize>> MeasureHuge(string? setting, IEnumerable<string> cases) =>
        RunWith([(setting, "0")], [FrameSurvey.Huge], cases);

    private static async Task<List<FrameSize>> RunWith(
        (string? Name, string Value)[] settings,
        IEnumerable<int> repetitions,
        IEnumerable<string> cases
    )
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardInput = true, RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
        {
            start.ArgumentList.Add(typeof(FramesCheck).Assembly.Location);
        }
        start.ArgumentList.Add(ProcessName);
        foreach (var count in repetitions)
        {
            start.ArgumentList.Add(count.ToString(CultureInfo.InvariantCulture));
        }
        foreach (var (name, value) in settings)
        {
            if (name is not null)
            {
                start.Environment[name] = value;
            }
        }
        using var process = Process.Start(start)!;
        var sizes = new List<FrameSize>();
        var reading = Task.Run(async () =>
        {
            while (await process.StandardOutput.ReadLineAsync() is { } text)
            {
                sizes.Add(JsonSerializer.Deserialize<FrameSize>(text)!);
            }
        });
        foreach (var name in cases)
        {
            await process.StandardInput.WriteLineAsync(name);
        }
        process.StandardInput.Close();
        await reading;
        await process.WaitForExitAsync();
        return process.ExitCode == 0
            ? sizes
            : throw new InvalidOperationException(
                $"The process that measures with {string.Join(", ", settings)} ended with code {process.ExitCode} "
                    + $"after {sizes.Count} frames."
            );
    }
}
