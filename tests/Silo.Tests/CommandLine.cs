using System.Diagnostics;

namespace Marketplace.Tests.Silo;

/// <summary>The built command line in a process of its own, typed in a folder.</summary>
internal static class CommandLine
{
    public static Task<(int Code, string Output, string Error)> Run(string folder, params string[] arguments) =>
        RunWithInput(folder, "", arguments);

    public static async Task<(int Code, string Output, string Error)> RunWithInput(string folder, string input, params string[] arguments)
    {
        using var process = Start(folder, arguments);
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, await output, await error);
    }

    public static Process Start(string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in (string[])[Binary(), .. arguments])
        {
            start.ArgumentList.Add(argument);
        }
        return Process.Start(start)!;
    }

    public static string Binary()
    {
        var mine = new DirectoryInfo(AppContext.BaseDirectory);
        return Path.Combine(mine.Parent!.Parent!.FullName, "Cli", mine.Name, "market.dll");
    }

    public static string Program(string name) => Path.Combine(AppContext.BaseDirectory, "programs", name, $"{name}.wasm");
}
