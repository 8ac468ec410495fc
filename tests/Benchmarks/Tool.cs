using System.Diagnostics;

namespace Marketplace.Benchmarks;

/// <summary>Programs of the machine that a benchmark compares with.</summary>
internal static class Tool
{
    public static async Task<bool> Exists(string program, string question = "--version")
    {
        try
        {
            await Run(program, question);
            return true;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    /// <returns>What it wrote.</returns>
    /// <exception cref="BenchmarkException">It failed.</exception>
    public static async Task<string> Run(string program, params string[] words)
    {
        using var process = Process.Start(
            new ProcessStartInfo(program, words) { RedirectStandardOutput = true, RedirectStandardError = true }
        )!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? await output : throw new BenchmarkException($"{program} failed: {await error}");
    }

    /// <returns>How long it ran.</returns>
    public static async Task<TimeSpan> Time(string program, params string[] words)
    {
        var start = Stopwatch.GetTimestamp();
        await Run(program, words);
        return Stopwatch.GetElapsedTime(start);
    }
}
