using System.Diagnostics;
using System.Text.Json;

namespace Marketplace.Tests.Silo;

/// <summary>The command line beside the real silo: where a person's command ends in the market's books.</summary>
public sealed class CommandLineTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ProgramThatExits_HasItsCodeInTheJob_AndItsLogShown()
    {
        using var folder = new TemporaryFolder();
        await using var silo = await SiloProcess.Start(Path.Combine(folder.Path, "data"), Cancellation);

        var (code, output, error) = await CommandLine.Run(folder.Path, "job", "run", CommandLine.Program("faulty"), "--text", "nonsense");
        var (jsonCode, json, _) = await CommandLine.Run(
            folder.Path,
            "job",
            "run",
            CommandLine.Program("faulty"),
            "--text",
            "nonsense",
            "--json"
        );
        var (_, completed, _) = await CommandLine.Run(folder.Path, "job", "run", CommandLine.Program("echo"), "--text", "x", "--json");
        var (_, trapped, _) = await CommandLine.Run(
            folder.Path,
            "job",
            "run",
            CommandLine.Program("faulty"),
            "--text",
            "unreachable",
            "--json"
        );

        Assert.Equal((1, "", 1), (code, output, jsonCode));
        Assert.Contains("exited with code 64", error);
        Assert.StartsWith("unknown mode; see programs/README.md\nmarket: the job failed", error);
        Assert.Equal(64, ExitCode(json));
        Assert.Equal(0, ExitCode(completed));
        Assert.Null(ExitCode(trapped));
    }

    [Fact]
    public async Task PipedInput_AndWordsBehindDashes_ReachTheProgram()
    {
        using var folder = new TemporaryFolder();
        await using var silo = await SiloProcess.Start(Path.Combine(folder.Path, "data"), Cancellation);

        var (code, output, error) = await CommandLine.RunWithInput(
            folder.Path,
            "one two two",
            "job",
            "run",
            CommandLine.Program("wordcount"),
            "--",
            "-n",
            "1"
        );

        Assert.Equal((0, "lines 0\nwords 3\nbytes 11\n", ""), (code, output, error));
    }

    [Fact]
    public async Task StateOfAProgram_IsProvedTakenAlongAndBroughtIn()
    {
        using var folder = new TemporaryFolder();
        await using var silo = await SiloProcess.Start(Path.Combine(folder.Path, "data"), Cancellation);
        var program = await Ok("program", "deploy", CommandLine.Program("kvstore"));
        foreach (var key in new[] { "a", "b" })
        {
            await Ok("job", "run", program, "--text", $$$"""{"op":"put","key":"{{{key}}}","data_base64":"NDI="}""");
        }
        var keys = (await Ok("state", "list", program)).Split('\n');
        Assert.Equal(2, keys.Length);
        Assert.Equal("42", await Ok("state", "get", program, keys[1]));
        var proof = await Ok("state", "prove", program, keys[0]);
        var root = JsonDocument.Parse(proof).RootElement.GetProperty("root").GetString()!;
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "proof.json"), proof, Cancellation);
        Assert.Contains("the value of 2 bytes", await Ok("state", "verify", "proof.json", "--root", root));

        Assert.Contains(root, await Ok("state", "export", program, "store.state"));
        var copy = await Ok("program", "deploy", CommandLine.Program("kvstore"), "--salt", "copy");
        await Ok("state", "import", copy, "store.state");
        Assert.Contains("NDI=", await Ok("job", "run", copy, "--text", """{"op":"get","key":"b"}"""));
        Assert.Contains(root, await Ok("state", "prove", copy, keys[1]));

        async Task<string> Ok(params string[] arguments)
        {
            var (code, output, error) = await CommandLine.Run(folder.Path, arguments);
            Assert.True(code == 0, error);
            return output.TrimEnd('\n');
        }
    }

    [Fact]
    public async Task BeginningOfAnId_NamesTheJob_OnlyForItsAccount()
    {
        using var folder = new TemporaryFolder();
        await using var silo = await SiloProcess.Start(Path.Combine(folder.Path, "data"), Cancellation);
        var (_, json, _) = await CommandLine.Run(folder.Path, "job", "run", CommandLine.Program("echo"), "--text", "x", "--json");
        var job = JsonDocument.Parse(json).RootElement;
        var (id, program) = (job.GetProperty("id").GetString()!, job.GetProperty("program").GetString()!);

        var (code, status, _) = await CommandLine.Run(folder.Path, "job", "status", id[..8]);
        var (_, listed, _) = await CommandLine.Run(folder.Path, "job", "list", "--program", program[..12]);
        var (_, none, _) = await CommandLine.Run(folder.Path, "job", "list", "--program", "prog" + new string('0', 64));
        var (_, again, _) = await CommandLine.Run(folder.Path, "job", "run", program[..12], "--text", "again");

        Assert.Equal(0, code);
        Assert.Contains(id, status);
        Assert.Contains(id, listed);
        Assert.Contains("echo", listed);
        Assert.DoesNotContain(id, none);
        Assert.Equal("AGAIN", again);
    }

    [Fact]
    public async Task PriceLimitBelowTheCheapestOffer_IsSaid_AndAnInterruptLeavesTheJobAndItsId()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }
        using var folder = new TemporaryFolder();
        await using var silo = await SiloProcess.Start(Path.Combine(folder.Path, "data"), Cancellation, "--worker-price", "5");
        using var run = CommandLine.Start(folder.Path, "job", "run", CommandLine.Program("echo"), "--text", "x", "--max-price", "107");
        run.StandardInput.Close();
        var warned = await run.StandardError.ReadLineAsync(Cancellation);
        var waits = await run.StandardError.ReadLineAsync(Cancellation);
        await run.StandardError.ReadLineAsync(Cancellation);

        using (var signal = Process.Start("kill", ["-INT", $"{run.Id}"]))
        {
            await signal.WaitForExitAsync(Cancellation);
        }
        var left = await run.StandardError.ReadToEndAsync(Cancellation);
        await run.WaitForExitAsync(Cancellation);

        Assert.Contains("--max-price 107 is too low now: the cheapest worker asks 500 for 100,000,000 fuel", warned);
        Assert.Contains("its price limit is 107, and the cheapest offer that fits asks 500 for 100,000,000 fuel", waits);
        Assert.Equal(130, run.ExitCode);
        var id = waits!.Split(' ')[3];
        Assert.Contains($"The job {id} goes on.", left);
        var (code, _, _) = await CommandLine.Run(folder.Path, "job", "cancel", id);
        Assert.Equal(0, code);
    }

    private static int? ExitCode(string json) =>
        JsonDocument.Parse(json).RootElement.TryGetProperty("exitCode", out var code) && code.ValueKind == JsonValueKind.Number
            ? code.GetInt32()
            : null;
}
