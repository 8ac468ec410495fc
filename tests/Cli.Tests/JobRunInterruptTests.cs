using Marketplace.Tests;

namespace Marketplace.Cli.Tests;

public sealed class JobRunInterruptTests : IDisposable
{
    private const string Submit = "POST /v1/jobs?wait=1";
    private static readonly string Wait = $"GET /v1/jobs/{Samples.JobId}?wait=1";
    private static readonly string Program = Samples.Program.ToString();

    private readonly Shell _shell = new();

    public JobRunInterruptTests() => _shell.Service.On("GET /v1/market", Samples.Market());

    public void Dispose() => _shell.Dispose();

    [Fact]
    public async Task Interrupt_EndsTheWait_WhereNoTerminalIs_AndSaysHowToGoOn()
    {
        _shell
            .Service.On(Submit, Samples.Job(JobState.Running))
            .On(
                Wait,
                async (_, cancellation) =>
                {
                    _shell.Running!.Interrupt();
                    await Task.Delay(Timeout.Infinite, cancellation);
                    return FakeService.Json(Samples.Job(JobState.Running));
                }
            );

        var ran = await _shell.Run("job", "run", Program);

        Assert.Equal(ExitCodes.Interrupted, ran.ExitCode);
        Expectation.Matches("errors/job-run-interrupted-piped.txt", ran.Error);
        Assert.DoesNotContain(_shell.Service.Received, received => received.Path.EndsWith("/cancel", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Interrupt_WhileTheJobIsSubmitted_TellsItsRequestId()
    {
        _shell.Service.On(
            Submit,
            async (_, cancellation) =>
            {
                _shell.Running!.Interrupt();
                await Task.Delay(Timeout.Infinite, cancellation);
                return FakeService.Json(Samples.Job(JobState.Running));
            }
        );

        var ran = await _shell.Run("job", "run", Program, "--request-id", "mine");

        Assert.Equal(ExitCodes.Interrupted, ran.ExitCode);
        Expectation.Matches("errors/job-run-interrupted-early.txt", ran.Error);
    }

    [Fact]
    public async Task FirstInterrupt_TellsHowToLookLater_SecondLeaves()
    {
        _shell.ErrorIsTerminal = true;
        var asked = 0;
        _shell
            .Service.On(Submit, Samples.Job(JobState.Running))
            .On(
                Wait,
                async (_, cancellation) =>
                {
                    _shell.Running!.Interrupt();
                    if (++asked == 2)
                    {
                        await Task.Delay(Timeout.Infinite, cancellation);
                    }
                    return FakeService.Json(Samples.Job(JobState.Running));
                }
            );

        var ran = await _shell.Run("job", "run", Program);

        Assert.Equal(ExitCodes.Interrupted, ran.ExitCode);
        Expectation.Matches("errors/job-run-interrupted.txt", ran.Error.Split("\r\u001b[K")[^1]);
        Assert.DoesNotContain(_shell.Service.Received, received => received.Path.EndsWith("/cancel", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Interrupt_CancelsTheJob_WhereAsked()
    {
        var cancelled = new TaskCompletionSource();
        _shell
            .Service.On(Submit, Samples.Job(JobState.Running))
            .On(
                Wait,
                async (_, _) =>
                {
                    _shell.Running!.Interrupt();
                    await cancelled.Task;
                    return FakeService.Json(Samples.Job(JobState.Cancelled));
                }
            )
            .On(
                $"POST /v1/jobs/{Samples.JobId}/cancel",
                _ =>
                {
                    cancelled.SetResult();
                    return FakeService.Json(Samples.Job(JobState.Cancelled));
                }
            );

        var ran = await _shell.Run("job", "run", Program, "--cancel-on-interrupt");

        Assert.Equal(ExitCodes.Interrupted, ran.ExitCode);
        Assert.Contains("the job was cancelled", ran.Error);
    }
}
