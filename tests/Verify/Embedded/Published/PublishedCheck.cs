using System.Text;
using Marketplace.Tests;
using Marketplace.Verify.Checks;

namespace Marketplace.Verify.Published;

/// <summary>
/// Publishes the silo with a runtime of its own, as the README tells, starts it beside the built one, and again with what it has kept. Its
/// guests run where those of the built one do. Heavy: it compiles the whole framework. Needs the packages of the runtime and of its
/// compiler, from the registry where they were not restored before.
/// </summary>
internal static class PublishedCheck
{
    private static readonly string[] Isolations = ["auto", "process", "none"];

    public static async Task<VerifyResult> Run(VerifyArguments arguments)
    {
        using var folder = new TemporaryFolder();
        var root = arguments.Text("root") ?? PackagesCheck.Root();
        string[] command = ["publish", "silo", "-c", "Release", "--self-contained", "-p:GrainHost=embedded"];
        // Restored alone first: what fails there are packages that are not to be had, what fails later is ours.
        var restored = await Programs.Run(root, "dotnet", "restore", "silo", "-p:SelfContained=true", "-p:Configuration=Release");
        if (restored.Code != 0)
        {
            var line = new
            {
                Verify = "published",
                Skipped = $"the packages of the runtime cannot be restored, so nothing was checked: {restored.All.Trim()}",
                Violations = 0,
            };
            return new VerifyResult(line, []);
        }
        var published = await Programs.Run(root, "dotnet", [.. command, "-o", folder.Path]);
        var violations = new List<string>();
        if (published.Code != 0)
        {
            violations.Add($"dotnet {string.Join(' ', command)} ended with {published.Code}: {published.All}");
        }
        else
        {
            var program = Path.Combine(folder.Path, OperatingSystem.IsWindows() ? "Marketplace.Silo.exe" : "Marketplace.Silo");
            foreach (var isolation in Isolations)
            {
                await Compare(program, isolation, violations);
            }
        }
        return new VerifyResult(
            new
            {
                Verify = "published",
                Bytes = new DirectoryInfo(folder.Path).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length),
                Violations = violations.Count,
            },
            violations
        );
    }

    private static async Task Compare(string program, string isolation, List<string> violations)
    {
        string[] options = isolation == "auto" ? [] : ["--isolation", isolation];
        using var data = new TemporaryFolder();
        using var other = new TemporaryFolder();
        string expected;
        await using (var silo = await SiloProcess.Start(other.Path, CancellationToken.None, options))
        {
            expected = await FirstJob(silo);
        }
        for (var start = 1; start <= 2; start++)
        {
            await using var silo = await SiloProcess.StartPublished(program, data.Path, CancellationToken.None, options);
            if (await FirstJob(silo) is var seen && seen != expected)
            {
                violations.Add($"Isolation {isolation}, start {start}: the published silo gave '{seen}', the built one '{expected}'.");
            }
            if (await silo.Stop(CancellationToken.None) is var code && code != 0)
            {
                violations.Add($"Isolation {isolation}, start {start}: the published silo ended with {code}: {silo.Output}");
            }
        }
    }

    /// <summary>How the job ended, what it wrote, and where it ran.</summary>
    private static async Task<string> FirstJob(SiloProcess silo)
    {
        await using var client = silo.Client();
        await using var module = File.OpenRead(Path.Combine(AppContext.BaseDirectory, "programs", "echo", "echo.wasm"));
        var program = await client.Programs.Deploy(module, "echo");
        var job = await client.Jobs.Submit(
            new JobRequest
            {
                RequestId = "first",
                Program = program.Id,
                InputText = "published",
                PriceMax = new TokenAmount(1000),
            },
            TimeSpan.FromSeconds(20)
        );
        var isolation = await File.ReadAllTextAsync(Path.Combine(silo.Folder, "isolation"));
        return $"{job.State} {job.FuelUsed} {Encoding.UTF8.GetString(job.Output!.Inline!.Value.Span)} {isolation}";
    }
}
