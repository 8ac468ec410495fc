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
        CopyEcho(folder.Path);

        var (code, output, error) = await Bash(folder.Path, Commands("## A job by `curl`"));

        Assert.Equal((0, ""), (code, error));
        var lines = output.Split('\n');
        Assert.StartsWith("""{"id":""", lines[0]);
        Assert.Equal("HELLO MARKETPLACE", lines[1]);
    }

    [Fact]
    public async Task WorkerOfYourOwn_Earns_AndItsOwnerSpends()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }
        using var folder = new TemporaryFolder();
        await using var silo = await SiloProcess.Start(Path.Combine(folder.Path, "data"), Cancellation, "--worker", "false");
        var url = (await File.ReadAllTextAsync(Path.Combine(folder.Path, "data", "url"), Cancellation)).Trim();
        CopyEcho(folder.Path);
        await using var worker = WorkerProgram.Start(folder.Path, new Dictionary<string, string>(), "--url", url);
        await worker.Line("offers its slots", Cancellation);

        var (code, output, error) = await Bash(
            folder.Path,
            $"market() {{ dotnet '{CommandLine.Binary()}' \"$@\"; }}\n{Commands("## A worker of your own")}"
        );

        Assert.True(code == 0, $"{code}: {error}\n{output}");
        Assert.Contains("HELLO WORKER", output);
        await using var mine = MarketplaceClient.FromDataFolder(Path.Combine(folder.Path, "worker-data"));
        var account = await mine.Account.Get(Cancellation);
        Assert.True(account.Earned > TokenAmount.Zero);
        Assert.Equal(account.Earned - TokenAmount.Parse("1"), account.Available);
    }

    private static void CopyEcho(string folder)
    {
        var program = Path.Combine(folder, "programs", "echo", "echo.wasm");
        Directory.CreateDirectory(Path.GetDirectoryName(program)!);
        File.Copy(CommandLine.Program("echo"), program);
    }

    private static async Task<(int Code, string Output, string Error)> Bash(string folder, string commands)
    {
        var start = new ProcessStartInfo("bash", ["-euo", "pipefail", "-c", commands])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var bash = Process.Start(start)!;
        var output = bash.StandardOutput.ReadToEndAsync(Cancellation);
        var error = await bash.StandardError.ReadToEndAsync(Cancellation);
        await bash.WaitForExitAsync(Cancellation);
        return (bash.ExitCode, await output, error);
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
