using System.Text.Json;

namespace Marketplace.Tests.Silo;

/// <summary><c>market swarm</c> beside a real silo that has no worker.</summary>
public sealed class SwarmTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Swarm_TakesTheJobs_AndItsAccountEarnsWhatTheClientPays()
    {
        const int jobs = 40;
        using var folder = new TemporaryFolder();
        var data = Path.Combine(folder.Path, "data");
        await using var silo = await SiloProcess.Start(data, Cancellation, "--worker", "false");
        await using var client = silo.Client();
        await using var module = File.OpenRead(CommandLine.Program("echo"));
        var program = (await client.Programs.Deploy(module, "echo", cancellation: Cancellation)).Id;
        var submitted = await client.Jobs.SubmitBatch(
            [
                .. Enumerable
                    .Range(0, jobs)
                    .Select(index => new JobRequest
                    {
                        RequestId = $"job {index}",
                        Program = program,
                        PriceMax = new TokenAmount(1000),
                        FuelMax = 1_000_000,
                    }),
            ],
            cancellation: Cancellation
        );

        var (code, output, error) = await CommandLine.Run(
            folder.Path,
            "swarm",
            "--workers",
            "5",
            "--jobs",
            $"{jobs}",
            "--run-time",
            "10ms",
            "--json"
        );

        Assert.True(code == 0, error);
        foreach (var item in submitted)
        {
            Assert.Equal(JobState.Completed, (await client.Jobs.Wait(item.Id, cancellation: Cancellation)).State);
        }
        using var answer = JsonDocument.Parse(output);
        // A job whose lease went back to the market is run again, and counts once there.
        Assert.InRange(answer.RootElement.GetProperty("jobs_reported").GetInt64(), jobs, long.MaxValue);
        Assert.NotEqual("0", answer.RootElement.GetProperty("earned").GetString());
        var known = answer.RootElement.EnumerateObject().Where(each => each.Name.StartsWith("workers_", StringComparison.Ordinal));
        // Some may not have come before the last job ended.
        Assert.InRange(known.Sum(level => level.Value.GetInt32()), 1, 5);
    }

    [Fact]
    public async Task Swarm_WorksForNoMarketOfOthers()
    {
        using var folder = new TemporaryFolder();
        var (code, _, error) = await CommandLine.Run(folder.Path, "swarm", "--url", "https://market.example.org", "--key", "mk_x");
        Assert.Equal(2, code);
        Assert.Contains("works only for a market on this machine", error);
    }

    [Theory]
    [InlineData("--workers", "1001", "at most 1000")]
    [InlineData("--slots", "1025", "SwarmOptions.Slots is 1025; allowed: 1 to 1024.")]
    [InlineData("--lies", "1.5", "a number from 0 to 1")]
    public async Task OptionBeyondItsBound_IsRefused(string option, string value, string expected)
    {
        using var folder = new TemporaryFolder();
        var (code, _, error) = await CommandLine.Run(folder.Path, "swarm", option, value, "--url", "http://127.0.0.1:1", "--key", "mk_x");
        Assert.Equal(2, code);
        Assert.Contains(expected, error);
    }
}
