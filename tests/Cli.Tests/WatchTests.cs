using System.Text;
using System.Text.Json;
using Marketplace.Tests;

namespace Marketplace.Cli.Tests;

/// <summary><c>market watch</c>.</summary>
public sealed class WatchTests : IDisposable
{
    private readonly Shell _shell = new();

    public void Dispose() => _shell.Dispose();

    [Fact]
    public async Task Events_AreLinesForPeopleOnATerminal()
    {
        _shell.OutputIsTerminal = true;
        Streams("GET /v1/events?stream=jobs,capabilities,results,reputation,health");

        var ran = await _shell.Run("watch");

        Assert.Equal(ExitCodes.Interrupted, ran.ExitCode);
        var lines = ran.Text.TrimEnd('\n').Split('\n');
        Assert.Contains("  leased    wasm/1 · up to 16 MiB", lines[0], StringComparison.Ordinal);
        Assert.EndsWith("  12,000 per million fuel  at most 1,000,000 fuel  worker 070707070707", lines[0], StringComparison.Ordinal);
        Assert.Equal("3 or more events were missed here", lines[1]);
        Assert.EndsWith("  pulse     1,500 jobs wait, 3 run, 2 workers", lines[2], StringComparison.Ordinal);
        Assert.DoesNotContain('\e', ran.Text);
    }

    [Fact]
    public async Task Events_AreDocumentsElsewhere_WithTheFiltersThatWereTyped()
    {
        Streams("GET /v1/events?stream=jobs,health&worker=0707070707070707070707070707070707070707070707070707070707070707&kind=leased");

        var ran = await _shell.Run(
            "watch",
            "--stream",
            "jobs",
            "--stream",
            "health",
            "--worker",
            new WorkerId(Samples.Digits(7)).ToString(),
            "--kind",
            "leased"
        );

        var lines = ran.Text.TrimEnd('\n').Split('\n').Select(line => JsonDocument.Parse(line).RootElement).ToArray();
        Assert.Equal("leased", lines[0].GetProperty("kind").GetString());
        Assert.Equal(3, lines[1].GetProperty("missed").GetInt64());
        Assert.Equal(1500, lines[2].GetProperty("queuedJobs").GetInt32());
    }

    [Theory]
    [InlineData("--stream", "ledger", "expected one of jobs, capabilities, results, reputation, health")]
    [InlineData("--kind", "born", "expected one of queued, leased, retried")]
    [InlineData("--job", "7", "expected 64 hexadecimal digits")]
    public async Task WrongFilter_IsRefusedWithWhatIsExpected(string option, string value, string says)
    {
        var ran = await _shell.Run("watch", option, value);

        Assert.Equal(ExitCodes.Usage, ran.ExitCode);
        Assert.Contains(says, ran.Error, StringComparison.Ordinal);
    }

    /// <summary>
    /// The stream has two events, of which one has a stranger's words; it breaks, and is interrupted when it is asked for again.
    /// </summary>
    private void Streams(string request)
    {
        var leased = new MarketEvent(EventStream.Jobs, MarketEventKind.Leased)
        {
            Class = "wasm/1 · up to 16 MiB\e[31m",
            Price = new TokenAmount(12_000),
            FuelMax = 1_000_000,
            Worker = new WorkerId(Samples.Digits(7)),
        };
        var pulse = new MarketEvent(EventStream.Health, MarketEventKind.Pulse)
        {
            QueuedJobs = 1500,
            RunningJobs = 3,
            Workers = 2,
        };
        var text = new StringBuilder("id: a-1\n\n");
        text.Append(
            System.Globalization.CultureInfo.InvariantCulture,
            $"id: a-2\nevent: jobs\ndata: {JsonSerializer.Serialize(leased, Answers.Of<MarketEvent>())}\n\n"
        );
        text.Append("event: lagged\ndata: {\"missed\":3}\n\n");
        text.Append(
            System.Globalization.CultureInfo.InvariantCulture,
            $"id: a-6\nevent: health\ndata: {JsonSerializer.Serialize(pulse, Answers.Of<MarketEvent>())}\n\n"
        );
        _shell
            .Service.On(request, _ => FakeService.Bytes(Encoding.UTF8.GetBytes(text.ToString()), "text/event-stream"))
            .On(
                request,
                async (_, cancellation) =>
                {
                    _shell.Running!.Interrupt();
                    await Task.Delay(Timeout.Infinite, cancellation);
                    return FakeService.Bytes([], "text/event-stream");
                }
            );
    }
}
