using Marketplace.Tests;

namespace Marketplace.Cli.Tests;

/// <summary><c>job wait</c> and <c>job watch</c>.</summary>
public sealed class JobFollowTests : IDisposable
{
    private static readonly string Job = Samples.JobId.ToString();

    private readonly Shell _shell = new();

    public void Dispose() => _shell.Dispose();

    [Fact]
    public async Task Wait_EndsWithTheJob()
    {
        _shell
            .Service.On($"GET /v1/jobs/{Job}", Samples.Job(JobState.Running))
            .On($"GET /v1/jobs/{Job}?wait=1", Samples.Job(JobState.Running))
            .On($"GET /v1/jobs/{Job}?wait=1", Samples.Job(JobState.Completed));

        var ran = await _shell.Run("job", "wait", Job);

        Assert.Equal((ExitCodes.Ok, $"{Job} completed\n", ""), (ran.ExitCode, ran.Text, ran.Error));
    }

    [Fact]
    public async Task Wait_ForAJobThatFailed_EndsWithOneAndSaysWhy()
    {
        _shell.Service.On($"GET /v1/jobs/{Job}", Samples.Job(JobState.Failed, reason: "unreachable"));

        var ran = await _shell.Run("job", "wait", Job);

        Assert.Equal((ExitCodes.NotCompleted, $"{Job} failed\n"), (ran.ExitCode, ran.Text));
        Assert.StartsWith("market: the job failed (program_trapped): unreachable\n", ran.Error);
    }

    [Fact]
    public async Task Watch_WritesALineForEachState()
    {
        _shell
            .Service.On($"GET /v1/jobs/{Job}?wait=1", Samples.Job(JobState.Pending))
            .On($"GET /v1/jobs/{Job}?wait=1", Samples.Job(JobState.Running))
            .On($"GET /v1/jobs/{Job}?wait=1", Samples.Job(JobState.Running))
            .On($"GET /v1/jobs/{Job}?wait=1", Samples.Job(JobState.Completed));

        var ran = await _shell.Run("job", "watch", Job);

        Assert.Equal(ExitCodes.Ok, ran.ExitCode);
        Assert.Equal(["pending", "running", "completed"], ran.Text.TrimEnd('\n').Split('\n').Select(line => line.Split("  ")[^1]));
    }

    [Fact]
    public async Task WatchWithoutAnId_WritesALineForEachJobThatEnds_UntilInterrupted()
    {
        var ended = $$"""
            event: job
            data: {"id":"{{Job}}","requestId":"r","state":"failed","code":"out_of_fuel","fuelUsed":5,"charge":"1234"}


            """.ReplaceLineEndings("\n");
        _shell
            .Service.On("GET /v1/events", _ => FakeService.Bytes(System.Text.Encoding.UTF8.GetBytes(ended), "text/event-stream"))
            .On(
                "GET /v1/events",
                async (_, cancellation) =>
                {
                    _shell.Running!.Interrupt();
                    await Task.Delay(Timeout.Infinite, cancellation);
                    return FakeService.Bytes([], "text/event-stream");
                }
            );

        var ran = await _shell.Run("job", "watch");

        Assert.Equal(ExitCodes.Interrupted, ran.ExitCode);
        Assert.EndsWith($"  {Job}  failed (out_of_fuel)  1,234\n", ran.Text);
        Assert.Single(ran.Text.TrimEnd('\n').Split('\n'));
    }
}
