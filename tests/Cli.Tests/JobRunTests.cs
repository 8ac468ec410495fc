using System.Net;
using System.Text.Json;
using Marketplace.Api;
using Marketplace.Crypto;
using Marketplace.Tests;

namespace Marketplace.Cli.Tests;

public sealed class JobRunTests : IDisposable
{
    private const string Submit = "POST /v1/jobs?wait=1";
    private static readonly string Wait = $"GET /v1/jobs/{Samples.JobId}?wait=1";
    private static readonly string Program = Samples.Program.ToString();

    private readonly Shell _shell = new();

    public JobRunTests() => _shell.Service.On("GET /v1/market", Samples.Market());

    public void Dispose() => _shell.Dispose();

    [Fact]
    public async Task Module_IsDeployedAndRun_AndItsOutputWritten()
    {
        var module = "\0asm and more"u8.ToArray();
        _shell.Write("programs/echo.wasm", module);
        var blob = IdDerivation.Blob(module);
        var program = IdDerivation.Program(blob, default);
        _shell.Service
            .Refuses($"GET /v1/programs/{program}", ErrorCode.ProgramNotFound, HttpStatusCode.NotFound)
            .On("POST /v1/blobs", Samples.Blob(module))
            .On("POST /v1/programs", Samples.Deployed(program, blob))
            .On(Submit, Samples.Job(JobState.Completed, "HELLO MARKETPLACE"u8.ToArray()));

        var ran = await _shell.Run("job", "run", "programs/echo.wasm", "--text", "hello marketplace");

        Assert.Equal((ExitCodes.Ok, "HELLO MARKETPLACE", ""), (ran.ExitCode, ran.Text, ran.Error));
        var request = Sent();
        Assert.Equal("hello marketplace"u8.ToArray(), request.GetProperty("input").GetBytesFromBase64());
        Assert.Equal(program.ToString(), request.GetProperty("program").GetString());
        Assert.Equal("100", request.GetProperty("priceMax").GetString());
        Assert.Equal(32, request.GetProperty("requestId").GetString()!.Length);
    }

    [Fact]
    public async Task Limits_AreSentAsGiven()
    {
        _shell.Service.On(Submit, Samples.Job(JobState.Completed));

        var ran = await _shell.Run(
            "job", "run", Program, "--max-price", "7", "--fuel", "2G", "--timeout", "1.5s", "--memory", "16", "--entry", "main",
            "--arg", "-v", "--arg", "x y", "--request-id", "mine");

        Assert.Equal(ExitCodes.Ok, ran.ExitCode);
        var request = Sent();
        Assert.Equal(
            $$"""{"requestId":"mine","program":"{{Program}}","entryPoint":"main","arguments":["-v","x y"],"priceMax":"7","""
            + "\"fuelMax\":2000000000,\"memoryPagesMax\":16,\"timeMaxMs\":1500}",
            request.GetRawText());
        Assert.DoesNotContain(_shell.Service.Received, asked => asked.Path == "/v1/market");
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
        _shell.Service
            .On(Submit, Samples.Job(JobState.Pending))
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
    public async Task FirstInterrupt_TellsHowToLookLater_SecondLeaves()
    {
        var asked = 0;
        _shell.Service
            .On(Submit, Samples.Job(JobState.Running))
            .On(Wait, async (_, cancellation) =>
            {
                _shell.Running!.Interrupt();
                if (++asked == 2)
                    await Task.Delay(Timeout.Infinite, cancellation);
                return FakeService.Json(Samples.Job(JobState.Running));
            });

        var ran = await _shell.Run("job", "run", Program);

        Assert.Equal(ExitCodes.Interrupted, ran.ExitCode);
        Expectation.Matches("errors/job-run-interrupted.txt", ran.Error);
        Assert.DoesNotContain(_shell.Service.Received, received => received.Path.EndsWith("/cancel", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Interrupt_CancelsTheJob_WhereAsked()
    {
        var cancelled = new TaskCompletionSource();
        _shell.Service
            .On(Submit, Samples.Job(JobState.Running))
            .On(Wait, async (_, _) =>
            {
                _shell.Running!.Interrupt();
                await cancelled.Task;
                return FakeService.Json(Samples.Job(JobState.Cancelled));
            })
            .On($"POST /v1/jobs/{Samples.JobId}/cancel", _ =>
            {
                cancelled.SetResult();
                return FakeService.Json(Samples.Job(JobState.Cancelled));
            });

        var ran = await _shell.Run("job", "run", Program, "--cancel-on-interrupt");

        Assert.Equal(ExitCodes.NotCompleted, ran.ExitCode);
        Assert.Contains("the job was cancelled", ran.Error);
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

    [Fact]
    public async Task MissingModule_NamesTheFolderOfTheCommand()
    {
        var ran = await _shell.Run("job", "run", "none.wasm");

        Assert.Equal(ExitCodes.LocalFile, ran.ExitCode);
        Assert.Contains(Path.Combine(_shell.Folder, "none.wasm"), ran.Error);
        Assert.DoesNotContain(_shell.Service.Received, asked => asked.Method == HttpMethod.Post);
    }

    [Fact]
    public async Task NoWorker_MeansNoPriceToGoBy()
    {
        using var shell = new Shell { Service = new FakeService().On("GET /v1/market", Samples.Market(workers: 0)) };

        var ran = await shell.Run("job", "run", Program);

        Assert.Equal(ExitCodes.Refused, ran.ExitCode);
        Expectation.Matches("errors/job-run-no-worker.txt", ran.Error);
    }

    private JsonElement Sent()
    {
        using var document = JsonDocument.Parse(
            _shell.Service.Received.Single(asked => asked.Path.StartsWith("/v1/jobs?", StringComparison.Ordinal)).Body);
        return document.RootElement.Clone();
    }
}
