using System.Diagnostics;

namespace Marketplace.Tests.Silo;

/// <summary>The built command line in a process of its own, typed in a folder.</summary>
internal static class CommandLine
{
    public static async Task<(int Code, string Output, string Error)> Run(string folder, params string[] arguments)
    {
        var mine = new DirectoryInfo(AppContext.BaseDirectory);
        var binary = Path.Combine(mine.Parent!.Parent!.FullName, "Cli", mine.Name, "market.dll");
        var start = new ProcessStartInfo("dotnet") { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])[binary, .. arguments])
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, await output, await error);
    }

    public static string Program(string name) => Path.Combine(AppContext.BaseDirectory, "programs", name, $"{name}.wasm");
}
