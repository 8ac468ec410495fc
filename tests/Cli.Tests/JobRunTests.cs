using System.Net;
using System.Text.Json;
using Marketplace.Crypto;
using Marketplace.Tests;

namespace Marketplace.Cli.Tests;

public sealed class JobRunTests : IDisposable
{
    private const string Submit = "POST /v1/jobs?wait=1";
    private static readonly string Wait = $"GET /v1/jobs/{Samples.JobId}?wait=1";
    private static readonly string Program = Samples.Program.ToString();

    private readonly Shell _shell = new();

    private readonly Queue<byte[]> _log = new();

    public JobRunTests() =>
        _shell
            .Service.On("GET /v1/market", Samples.Market())
            .On($"GET /v1/jobs/{Samples.JobId}/log", _ => FakeService.Bytes(_log.TryPeek(out var log) ? log : []));

    public void Dispose() => _shell.Dispose();

    [Fact]
    public async Task Module_IsDeployedAndRun_AndItsOutputWritten()
    {
        var module = "\0asm and more"u8.ToArray();
        _shell.Write("programs/echo.wasm", module);
        var blob = IdDerivation.Blob(module);
        var program = IdDerivation.Program(blob, default);
        _shell
            .Service.Refuses($"GET /v1/programs/{program}", ErrorCode.ProgramNotFound, HttpStatusCode.NotFound)
            .On("POST /v1/blobs", Samples.Blob(module))
            .On("POST /v1/programs", Samples.Deployed(program, blob))
            .On(Submit, Samples.Job(JobState.Completed, "HELLO MARKETPLACE"u8.ToArray()));

        var ran = await _shell.Run("job", "run", "programs/echo.wasm", "--text", "hello marketplace");

        Assert.Equal((ExitCodes.Ok, "HELLO MARKETPLACE", ""), (ran.ExitCode, ran.Text, ran.Error));
        var request = Sent();
        Assert.Equal("hello marketplace"u8.ToArray(), request.GetProperty("input").GetBytesFromBase64());
        Assert.Equal(program.ToString(), request.GetProperty("program").GetString());
        Assert.Equal("1000", request.GetProperty("priceMax").GetString());
        Assert.Equal(1_000_000_000, request.GetProperty("fuelMax").GetInt64());
        Assert.Equal(32, request.GetProperty("requestId").GetString()!.Length);
    }

    [Fact]
    public async Task Limits_AreSentAsGiven()
    {
        _shell.Service.On(Submit, Samples.Job(JobState.Completed));

        var ran = await _shell.Run(
            "job",
            "run",
            Program,
            "--max-price",
            "2,000",
            "--fuel",
            "2G",
            "--timeout",
            "1.5s",
            "--memory",
            "16",
            "--entry",
            "main",
            "--arg",
            "-v",
            "--arg",
            "x y",
            "--request-id",
            "mine"
        );

        Assert.Equal(ExitCodes.Ok, ran.ExitCode);
        var request = Sent();
        Assert.Equal(
            $$"""{"requestId":"mine","priceMax":"2000","program":"{{Program}}","entryPoint":"main","arguments":["-v","x y"],"""
                + "\"fuelMax\":2000000000,\"memoryPagesMax\":16,\"timeMaxMs\":1500}",
            request.GetRawText()
        );
    }

    [Fact]
    public async Task ServiceThatIsLostInTheWait_LeavesTheNameOfTheJob()
    {
        _shell
            .Service.On(Submit, Samples.Job(JobState.Pending))
            .On($"GET /v1/jobs/{Samples.JobId}/explain", new JobExplanation(Samples.JobId, JobState.Pending, "All slots are taken.", []))
            .Fails(Wait);

        var ran = await _shell.Run("job", "run", Program);

        Assert.Equal(ExitCodes.Unreachable, ran.ExitCode);
        Assert.Contains($"'market job wait {Ids.Short(Samples.JobId)}' waits for its end", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AtSign_BeginsAValueLikeAnyOther()
    {
        _shell.Write("words", "--fuel 1"u8.ToArray());
        _shell.Service.On(Submit, Samples.Job(JobState.Completed));

        var ran = await _shell.Run("job", "run", Program, "--text", "@words", "--arg", "@words", "--env", "USER=@me");

        Assert.Equal((ExitCodes.Ok, ""), (ran.ExitCode, ran.Error));
        Assert.Equal("@words"u8.ToArray(), Sent().GetProperty("input").GetBytesFromBase64());
        Assert.Equal("@words", Sent().GetProperty("arguments")[0].GetString());
        Assert.NotEqual(1, Sent().GetProperty("fuelMax").GetInt64());
    }

    [Theory]
    [InlineData("--input", "-")]
    [InlineData("--text", "-")]
    public async Task StandardInput_IsTheInput(string option, string value)
    {
        _shell.Input = [1, 2, 3];
        _shell.Service.On(Submit, Samples.Job(JobState.Completed));

        await _shell.Run("job", "run", Program, option, value);

        Assert.Equal("AQID", Sent().GetProperty("input").GetString());
    }

    [Fact]
    public async Task LargeInput_IsStoredAsABlob()
    {
        var input = new byte[16 * 1024 + 1];
        _shell.Write("large.bin", input);
        _shell.Service.On("POST /v1/blobs", Samples.Blob(input)).On(Submit, Samples.Job(JobState.Completed));

        var ran = await _shell.Run("job", "run", Program, "--input", "large.bin");

        Assert.Equal((ExitCodes.Ok, ""), (ran.ExitCode, ran.Error));
        Assert.Equal(Samples.Blob(input).Id.ToString(), Sent().GetProperty("inputBlob").GetString());
        Assert.Equal(input, _shell.Service.Received.Single(asked => asked.Path == "/v1/blobs").Body);
    }

    [Fact]
    public async Task LargeStandardInput_IsStoredAsABlobWhole()
    {
        _shell.Input = new byte[100_000];
        new Random(1).NextBytes(_shell.Input);
        _shell.Service.On("POST /v1/blobs", Samples.Blob(_shell.Input)).On(Submit, Samples.Job(JobState.Completed));

        await _shell.Run("job", "run", Program, "--input", "-");

        Assert.Equal(_shell.Input, _shell.Service.Received.Single(asked => asked.Path == "/v1/blobs").Body);
    }

    [Fact]
    public async Task JobThatFails_EndsWithOneAndSaysWhy()
    {
        _shell.Service.On(Submit, Samples.Job(JobState.Failed, reason: "integer divide by zero"));

        var ran = await _shell.Run("job", "run", Program);

        Assert.Equal((ExitCodes.NotCompleted, ""), (ran.ExitCode, ran.Text));
        Expectation.Matches("errors/job-run-failed.txt", ran.Error);
    }

    [Fact]
    public async Task Json_GivesTheJob_AlsoOneThatFailed()
    {
        _shell.Service.On(Submit, Samples.Job(JobState.Failed, reason: "unreachable"));

        var ran = await _shell.Run("job", "run", Program, "--json");

        Assert.Equal((ExitCodes.NotCompleted, ""), (ran.ExitCode, ran.Error));
        using var document = JsonDocument.Parse(ran.Output);
        Assert.Equal("failed", document.RootElement.GetProperty("state").GetString());
    }

    [Fact]
    public async Task OutputOfTheProgram_IsWrittenAsItIs_WhereNoTerminalIs()
    {
        byte[] hostile = [.. "\u001b[31mred\u202e\0"u8, 0xff];
        _shell.Service.On(Submit, Samples.Job(JobState.Completed, hostile));

        Assert.Equal(hostile, (await _shell.Run("job", "run", Program)).Output);
    }

    [Fact]
    public async Task OutputOfTheProgram_IsHarmlessOnATerminal_AndEndsTheLine()
    {
        _shell.OutputIsTerminal = true;
        _shell.Service.On(Submit, Samples.Job(JobState.Completed, "\u001b]0;title\a\u001b[2Jplain\u202e \u009b31mtext\r"u8.ToArray()));

        Assert.Equal("plain text\n", (await _shell.Run("job", "run", Program)).Text);
    }

    [Fact]
    public async Task ReasonOfAFailedJob_IsHarmlessOnATerminal()
    {
        _shell.ErrorIsTerminal = true;
        _shell.Service.On(Submit, Samples.Job(JobState.Failed, reason: "exit \u001b[1A\u001b[2Kok [bold]x[/]"));

        var ran = await _shell.Run("job", "run", Program);

        Assert.Contains("exit ok [bold]x[/]", ran.Error);
        Assert.DoesNotContain('\u001b', ran.Error);
    }

    [Fact]
    public async Task Wait_ShowsHowTheJobStandsAndWhyItWaits()
    {
        _shell.ErrorIsTerminal = true;
        _shell
            .Service.On(Submit, Samples.Job(JobState.Pending))
            .On(Wait, Samples.Job(JobState.Pending))
            .On(Wait, Samples.Job(JobState.Pending))
            .On(Wait, Samples.Job(JobState.Completed, "done"u8.ToArray()))
            .On($"GET /v1/jobs/{Samples.JobId}/explain", new JobExplanation(Samples.JobId, JobState.Pending, "All slots are taken.", []));

        var ran = await _shell.Run("job", "run", Program);

        Assert.Equal("done", ran.Text);
        Assert.Contains("\r\u001b[Kpending, 0 s", ran.Error);
        Assert.Contains("All slots are taken.", ran.Error);
        Assert.EndsWith("\r\u001b[K", ran.Error);
    }

    [Fact]
    public async Task WordsBehindTwoDashes_AreTheProgramsArguments()
    {
        _shell.Service.On(Submit, Samples.Job(JobState.Completed));

        var ran = await _shell.Run("job", "run", Program, "--arg", "first", "--fuel", "5", "--", "--text", "-v", "--", "@x", "");

        Assert.Equal((ExitCodes.Ok, ""), (ran.ExitCode, ran.Error));
        Assert.Equal(
            ["first", "--text", "-v", "--", "@x", ""],
            Sent().GetProperty("arguments").EnumerateArray().Select(word => word.GetString())
        );
        Assert.False(Sent().TryGetProperty("input", out _));
    }

    [Theory]
    [InlineData("--fule")]
    [InlineData("notes.txt")]
    public async Task WordThatIsNoOption_IsNotTakenForAnArgument(string word)
    {
        var ran = await _shell.Run("job", "run", Program, word, "--", "real");

        Assert.Equal(ExitCodes.Usage, ran.ExitCode);
        Expectation.Matches($"errors/usage-stray-{word.Trim('-').Split('.')[0]}.txt", ran.Error);
        Assert.Empty(_shell.Service.Received);
    }

    [Fact]
    public async Task PipedStandardInput_IsTheInput_WhereNoOtherIsNamed()
    {
        _shell.Input = [1, 2, 3];
        _shell.Service.On(Submit, Samples.Job(JobState.Completed));

        await _shell.Run("job", "run", Program);

        Assert.Equal("AQID", Sent().GetProperty("input").GetString());
    }

    [Theory]
    [InlineData(true, null)]
    [InlineData(false, "")]
    public async Task StandardInput_IsNotRead_WhereItIsATerminal_OrTheInputIsNamed(bool terminal, string? text)
    {
        _shell.Input = [1, 2, 3];
        _shell.InputIsTerminal = terminal;
        _shell.Service.On(Submit, Samples.Job(JobState.Completed));

        await _shell.Run(["job", "run", Program, .. text is null ? Array.Empty<string>() : ["--text", text]]);

        Assert.True(!Sent().TryGetProperty("input", out var input) || input.GetString() == "");
    }

    [Fact]
    public async Task ProgramThatFailed_HasTheEndOfItsLogShown()
    {
        _log.Enqueue([.. Enumerable.Range(1, 30).SelectMany(line => System.Text.Encoding.UTF8.GetBytes($"line {line}\n"))]);
        _shell.Service.On(
            Submit,
            Samples.Job(JobState.Failed, reason: "the program exited with code 3") with
            {
                Code = ErrorCode.ProgramFailed,
                ExitCode = 3,
            }
        );

        var ran = await _shell.Run("job", "run", Program);

        Assert.Equal(ExitCodes.NotCompleted, ran.ExitCode);
        Assert.StartsWith("…\nline 11\nline 12\n", ran.Error);
        Assert.Contains("\nline 30\nmarket: the job failed (program_failed): the program exited with code 3\n", ran.Error);
    }

    [Fact]
    public async Task LogOfAFailedProgram_IsHarmlessOnATerminal()
    {
        _shell.ErrorIsTerminal = true;
        _log.Enqueue("panic\u001b[2J\u001b]0;title\a at line 7"u8.ToArray());
        _shell.Service.On(Submit, Samples.Job(JobState.Failed, reason: "unreachable"));

        var ran = await _shell.Run("job", "run", Program);

        Assert.Contains("panic at line 7\n", ran.Error);
        Assert.DoesNotContain("\u001b[2J", ran.Error);
    }

    [Fact]
    public async Task ExitCodeOfTheProgram_IsAFieldOfTheJob()
    {
        _shell.Service.On(Submit, Samples.Job(JobState.Failed, reason: "exit") with { Code = ErrorCode.ProgramFailed, ExitCode = 3 });

        using var document = JsonDocument.Parse((await _shell.Run("job", "run", Program, "--json")).Output);

        Assert.Equal(3, document.RootElement.GetProperty("exitCode").GetInt32());
    }

    [Theory, InlineData("job", "run"), InlineData("program", "deploy")]
    public async Task FileThatIsNoModule_IsRefusedBeforeItIsSent(string group, string command)
    {
        _shell.Write("echo.c", "int main(void) { }"u8.ToArray());

        var ran = await _shell.Run(group, command, "echo.c");

        Assert.Equal(ExitCodes.LocalFile, ran.ExitCode);
        Assert.Contains("echo.c is not a WebAssembly module", ran.Error);
        Assert.DoesNotContain(_shell.Service.Received, asked => asked.Method == HttpMethod.Post);
    }

    [Theory, InlineData(null), InlineData("it imports env.onvm_blob_read")]
    public async Task Deployment_NotesWhyRunsCanDiffer(string? reason)
    {
        var module = "\0asm and more"u8.ToArray();
        _shell.Write("blobs.wasm", module);
        var blob = IdDerivation.Blob(module);
        var program = IdDerivation.Program(blob, default);
        _shell
            .Service.Refuses($"GET /v1/programs/{program}", ErrorCode.ProgramNotFound, HttpStatusCode.NotFound)
            .On("POST /v1/blobs", Samples.Blob(module))
            .On("POST /v1/programs", Samples.Deployed(program, blob) with { Deterministic = reason is null, Nondeterminism = reason });
        var note = $"market: its runs can differ though no worker lies, so no quorum or committee can be had: {reason}.\n";

        var ran = await _shell.Run("program", "deploy", "blobs.wasm");

        Assert.Equal((ExitCodes.Ok, $"{program}\n"), (ran.ExitCode, ran.Text));
        Assert.Equal(reason is null ? "" : note, ran.Error);
    }

    [Fact]
    public async Task MissingModule_NamesTheFolderOfTheCommand()
    {
        var ran = await _shell.Run("job", "run", "none.wasm");

        Assert.Equal(ExitCodes.LocalFile, ran.ExitCode);
        Assert.Contains(Path.Combine(_shell.Folder, "none.wasm"), ran.Error);
        Assert.DoesNotContain(_shell.Service.Received, asked => asked.Method == HttpMethod.Post);
    }

    private JsonElement Sent()
    {
        using var document = JsonDocument.Parse(
            _shell.Service.Received.Single(asked => asked.Path.StartsWith("/v1/jobs?", StringComparison.Ordinal)).Body
        );
        return document.RootElement.Clone();
    }
}
