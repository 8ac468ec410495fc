using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Marketplace.Engine;
using Marketplace.Engine.Tests.Frames;

namespace Marketplace.Verify.Checks;

/// <summary>
/// Native bytes that a function's frame takes for each slot of the stack budget: every instruction, in every way of using its result, in small and huge
/// functions, optimised and not, with and without the processor's vector instructions. None may take more than the guest's stack was made for.
/// </summary>
public static class FramesCheck
{
    public const string ProcessName = "frames-process";

    private const int Worst = 5;

    public static async Task<VerifyResult> Run(VerifyArguments arguments)
    {
        var clock = Stopwatch.StartNew();
        var every = arguments.Number("every", 1);
        var found = new List<string>();
        var worst = new List<object>();
        var (most, count) = (0.0, 0);
        foreach (var setting in FrameSurvey.Settings)
        {
            var sizes = await RunWith(setting, every);
            var ordered = sizes.OrderByDescending(size => size.BytesPerSlot).ToArray();
            foreach (var size in ordered.Take(Worst))
            {
                Console.Error.WriteLine($"{setting ?? "all instructions"}: {size}");
            }
            found.AddRange(ordered.TakeWhile(size => size.BytesPerSlot > EnginePolicy.FrameBytesPerSlotMax).Select(size => $"{setting}: {size}"));
            if (ordered.Length == 0)
                found.Add($"{setting}: nothing was measured.");
            else
                worst.Add(new { Without = setting ?? "", BytesPerSlot = Math.Round(ordered[0].BytesPerSlot, 1), ordered[0].Case, ordered[0].Repetitions });
            most = Math.Max(most, ordered.Max(size => size.BytesPerSlot));
            count += ordered.Length;
        }
        var line = new
        {
            Verify = "frames",
            Frames = count,
            WorstBytesPerSlot = Math.Round(most, 1),
            AllowedBytesPerSlot = EnginePolicy.FrameBytesPerSlotMax,
            Worst = worst,
            Violations = found.Count,
            Seconds = Math.Round(clock.Elapsed.TotalSeconds, 1),
        };
        return new VerifyResult(line, found);
    }

    /// <summary>In a process of its own: measures, and writes a line for each frame.</summary>
    public static async Task<int> RunProcess(string[] args)
    {
        var every = int.Parse(args[0], CultureInfo.InvariantCulture);
        using var guests = new GuestThreads(1);
        for (var i = 0; i < FrameCase.All.Count; i += every)
        {
            foreach (var repetitions in FrameSurvey.Sizes)
            {
                var frame = FrameCase.All[i];
                Console.WriteLine(JsonSerializer.Serialize(await guests.Run(() => FrameSurvey.Measure(frame, repetitions))));
            }
        }
        return 0;
    }

    private static async Task<List<FrameSize>> RunWith(string? setting, int every)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
            start.ArgumentList.Add(typeof(FramesCheck).Assembly.Location);
        start.ArgumentList.Add(ProcessName);
        start.ArgumentList.Add(every.ToString(CultureInfo.InvariantCulture));
        if (setting is not null)
            start.Environment[setting] = "0";
        using var process = Process.Start(start)!;
        var sizes = new List<FrameSize>();
        while (await process.StandardOutput.ReadLineAsync() is { } text)
            sizes.Add(JsonSerializer.Deserialize<FrameSize>(text)!);
        await process.WaitForExitAsync();
        return process.ExitCode == 0
            ? sizes
            : throw new InvalidOperationException(
                $"The process that measures without {setting} ended with code {process.ExitCode} after {sizes.Count} frames.");
    }
}
