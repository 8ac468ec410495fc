using System.Text.Json;
using Marketplace.Tests;

namespace Marketplace.Cli.Tests;

public sealed class JobNeedsTests : IDisposable
{
    private const string Submit = "POST /v1/jobs?wait=1";
    private static readonly string Program = Samples.Program.ToString();

    private readonly Shell _shell = new();

    public JobNeedsTests() => _shell.Service.On("GET /v1/market", Samples.Market());

    public void Dispose() => _shell.Dispose();

    [Fact]
    public async Task Needs_AreSent_AsTheyWereGiven()
    {
        _shell.Service.On(Submit, Samples.Job(JobState.Completed));
        string[] needs = ["--need", "gpu", "--need", "region=eu", "--min-reputation", "900", "--min-stake", "7"];
        string[] refused = ["--refuse-worker", $"{Samples.Worker}", "--refuse-owner", new string('a', 64)];

        string[] more =
        [
            "--max-price",
            "5000",
            "--allow-newcomers",
            "--priority",
            "3",
            "--auction",
            "500ms",
            "--group",
            "g",
            "--spread",
            "owner",
        ];

        var ran = await _shell.Run(["job", "run", Program, "--text", "x", .. more, .. needs, .. refused]);

        Assert.Equal((ExitCodes.Ok, ""), (ran.ExitCode, ran.Error));
        var sent = Sent().GetProperty("needs");
        Assert.Equal(["gpu", "region=eu"], sent.GetProperty("labels").EnumerateArray().Select(label => label.GetString()));
        Assert.Equal((900, "7"), (sent.GetProperty("reputationMin").GetInt32(), sent.GetProperty("stakeMin").GetString()));
        Assert.Equal((true, 3), (sent.GetProperty("allowsNewcomers").GetBoolean(), Sent().GetProperty("priority").GetInt32()));
        Assert.Equal(("g", "owner"), (Sent().GetProperty("group").GetString(), Sent().GetProperty("spread").GetString()));
        Assert.Equal(500, Sent().GetProperty("auctionMs").GetInt64());
        Assert.Equal($"{Samples.Worker}", sent.GetProperty("refusedWorkers")[0].GetString());
        Assert.Equal(new string('a', 64), sent.GetProperty("refusedOwners")[0].GetString());
    }

    [Fact]
    public async Task AuctionAndGroup_AreShown()
    {
        _shell.Service.On(
            $"GET /v1/jobs/{Samples.JobId}",
            Samples.Job(JobState.Pending) with
            {
                AuctionMs = 500,
                Group = "g",
                Spread = GroupSpread.Owner,
            }
        );

        var ran = await _shell.Run("job", "status", $"{Samples.JobId}");

        Assert.Contains("500 ms for bids", ran.Text, StringComparison.Ordinal);
        Assert.Contains("g, one at a time for each owner", ran.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Assurance_IsSentAndShown()
    {
        _shell.Service.On(Submit, Samples.Job(JobState.Completed));
        _shell.Service.On($"GET /v1/jobs/{Samples.JobId}", Samples.Job(JobState.Pending) with { Assurance = Assurance.Quorum(2, 3) });

        var ran = await _shell.Run("job", "run", Program, "--text", "x", "--max-price", "5000", "--assurance", "audit:12.5%");
        Assert.Equal((ExitCodes.Ok, ""), (ran.ExitCode, ran.Error));
        Assert.Equal("audit:12.5%", Sent().GetProperty("assurance").GetString());

        var shown = await _shell.Run("job", "status", $"{Samples.JobId}");
        Assert.Contains("assurance   quorum:2/3\n", shown.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reuse_IsSent_AndTheAnswerIsShown()
    {
        _shell.Service.On(Submit, Samples.Job(JobState.Completed));
        var earlier = new JobId(new Bytes32([.. Enumerable.Repeat((byte)9, 32)]));
        _shell.Service.On($"GET /v1/jobs/{Samples.JobId}", Samples.Job(JobState.Completed) with { ReusedJob = earlier });

        var ran = await _shell.Run("job", "run", Program, "--text", "x", "--max-price", "5000", "--reuse");
        Assert.Equal((ExitCodes.Ok, ""), (ran.ExitCode, ran.Error));
        Assert.True(Sent().GetProperty("reuse").GetBoolean());

        var shown = await _shell.Run("job", "status", $"{Samples.JobId}");
        Assert.Contains($"the receipt of job {earlier}\n", shown.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AssuredJobWithoutALimit_TakesThatOfAQuote()
    {
        _shell.Service.On(Submit, Samples.Job(JobState.Completed)).On("POST /v1/quotes", Samples.Quotes());

        var ran = await _shell.Run([
            "job",
            "run",
            Program,
            "--text",
            "x",
            "--need",
            "gpu",
            "--priority",
            "2",
            "--fuel",
            "7",
            "--assurance",
            "quorum:2/3",
        ]);

        Assert.Equal((ExitCodes.Ok, ""), (ran.ExitCode, ran.Error));
        Assert.Equal(("420", "quorum:2/3"), (Sent().GetProperty("priceMax").GetString(), Sent().GetProperty("assurance").GetString()));
        using var asked = JsonDocument.Parse(_shell.Service.Received.Single(sent => sent.Path == "/v1/quotes").Body);
        Assert.Equal((7, 2), (asked.RootElement.GetProperty("fuelMax").GetInt32(), asked.RootElement.GetProperty("priority").GetInt32()));
        Assert.Equal("gpu", asked.RootElement.GetProperty("needs").GetProperty("labels")[0].GetString());
        Assert.Equal("quorum:2/3", asked.RootElement.GetProperty("assurances")[0].GetString());
    }

    [Fact]
    public async Task AssuranceThatCannotBeHad_IsNotSubmittedWithoutALimit()
    {
        var sheet = Samples.Quotes();
        _shell.Service.On("POST /v1/quotes", sheet with { Quotes = [sheet.Quotes[0] with { Available = false, Reason = "Not yet." }] });

        var ran = await _shell.Run("job", "run", Program, "--text", "x", "--assurance", "quorum:2/3");

        Assert.Equal(ExitCodes.Refused, ran.ExitCode);
        Assert.Contains("quorum:2/3 has no price now", ran.Error, StringComparison.Ordinal);
        Assert.Contains("market job quote", ran.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(_shell.Service.Received, asked => asked.Path.StartsWith("/v1/jobs", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("K over half of it", "--max-price", "5", "--assurance", "quorum:1/3")]
    [InlineData("is no label", "--max-price", "5", "--need", "GPU")]
    [InlineData("is no id", "--max-price", "5", "--refuse-worker", "me")]
    [InlineData("is no id", "--max-price", "5", "--refuse-owner", "me")]
    [InlineData("Give --max-price N", "--need", "gpu")]
    [InlineData("Give --max-price N", "--priority", "2")]
    [InlineData("Give --max-price N", "--auction", "500ms")]
    [InlineData("Give --group NAME", "--max-price", "5", "--spread", "owner")]
    [InlineData("worker or owner", "--max-price", "5", "--group", "g", "--spread", "region")]
    public async Task NeedsThatCannotBe_AreToldBeforeAnythingIsSent(string told, params string[] words)
    {
        var ran = await _shell.Run(["job", "run", Program, "--text", "x", .. words]);

        Assert.Equal(ExitCodes.Usage, ran.ExitCode);
        Assert.Contains(told, ran.Error, StringComparison.Ordinal);
        Assert.Empty(_shell.Service.Received);
    }

    private JsonElement Sent()
    {
        using var document = JsonDocument.Parse(
            _shell.Service.Received.Single(asked => asked.Path.StartsWith("/v1/jobs?", StringComparison.Ordinal)).Body
        );
        return document.RootElement.Clone();
    }
}
