using System.Diagnostics;

namespace Marketplace.Verify;

/// <summary>Programs of the machine that a check uses: node, npm, a browser.</summary>
internal static class Programs
{
    public static async Task<bool> Exists(string program)
    {
        try
        {
            return (await Run(Path.GetTempPath(), program, "--version")).Code == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    /// <summary>Runs a program to its end.</summary>
    public static async Task<ProgramEnd> Run(string folder, string program, params string[] words)
    {
        using var process = Process.Start(
            new ProcessStartInfo(program, words)
            {
                WorkingDirectory = folder,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                Environment = { ["NO_COLOR"] = "1", ["REDOCLY_TELEMETRY"] = "off" },
            }
        )!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return new ProgramEnd(process.ExitCode, await output, await error);
    }
}

/// <summary>How a program ended, and what it wrote.</summary>
internal sealed record ProgramEnd(int Code, string Output, string Error)
{
    /// <summary>What a step failed with stands in either; its result is the output alone.</summary>
    public string All => Output + Error;
}
