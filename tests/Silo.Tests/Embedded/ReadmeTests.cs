using System.Diagnostics;

namespace Marketplace.Tests.Silo;

/// <summary>What the README tells to type does what it says.</summary>
public sealed class ReadmeTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task JobByCurl_PrintsTheOutput()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }
        using var folder = new TemporaryFolder();
        await using var silo = await SiloProcess.Start(Path.Combine(folder.Path, "data"), Cancellation);
        var program = Path.Combine(folder.Path, "programs", "echo", "echo.wasm");
        Directory.CreateDirectory(Path.GetDirectoryName(program)!);
        File.Copy(CommandLine.Program("echo"), program);
        var start = new ProcessStartInfo("bash", ["-euo", "pipefail", "-c", Commands("## A job by `curl`")])
        {
            WorkingDirectory = folder.Path,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        using var bash = Process.Start(start)!;
        var output = bash.StandardOutput.ReadToEndAsync(Cancellation);
        var error = await bash.StandardError.ReadToEndAsync(Cancellation);
        await bash.WaitForExitAsync(Cancellation);

        Assert.Equal((0, ""), (bash.ExitCode, error));
        var lines = (await output).Split('\n');
        Assert.StartsWith("""{"id":""", lines[0]);
        Assert.Equal("HELLO MARKETPLACE", lines[1]);
    }

    /// <summary>The first block of shell commands under a heading.</summary>
    private static string Commands(string heading)
    {
        const string Fence = "```";
        var text = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "README.md"));
        var section = text[text.IndexOf(heading, StringComparison.Ordinal)..];
        var start = section.IndexOf(Fence + "sh\n", StringComparison.Ordinal) + Fence.Length + "sh\n".Length;
        return section[start..section.IndexOf(Fence, start, StringComparison.Ordinal)];
    }
}
