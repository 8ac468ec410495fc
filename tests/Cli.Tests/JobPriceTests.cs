using System.Net;
using System.Text.Json;
using Marketplace.Crypto;
using Marketplace.Tests;

namespace Marketplace.Cli.Tests;

/// <summary>What a job may cost and use where people say it, and where they do not.</summary>
public sealed class JobPriceTests : IDisposable
{
    private const string Submit = "POST /v1/jobs?wait=1";
    private static readonly string Wait = $"GET /v1/jobs/{Samples.JobId}?wait=1";
    private static readonly string Program = Samples.Program.ToString();

    private readonly Shell _shell = new();

    public JobPriceTests() =>
        _shell.Service.On("GET /v1/market", Samples.Market()).On($"GET /v1/jobs/{Samples.JobId}/log", _ => FakeService.Bytes([]));

    public void Dispose() => _shell.Dispose();

    [Fact]
    public async Task PriceBelowTheCheapestOffer_IsWarnedOfBeforeTheJobIsSubmitted()
    {
        var warned = "";
        _shell.Service.On(
            Submit,
            _ =>
            {
                warned = _shell.Error.ToString();
                return FakeService.Json(Samples.Job(JobState.Completed));
            }
        );

        await _shell.Run("job", "run", Program, "--fuel", "2G", "--max-price", "1999");

        Expectation.Matches("errors/job-run-price-warned.txt", warned);
    }

    [Theory]
    [InlineData("5000", "", 1_000_000_000)]
    [InlineData("250", "", 250_000_000)]
    [InlineData("750", "--assurance quorum:2/3", 250_000_000)]
    [InlineData("500", "--priority 2", 250_000_000)]
    [InlineData("7", "", 100_000_000)]
    public async Task UnstatedFuel_IsWhatThePriceLimitBuysNow(string limit, string options, long fuel)
    {
        _shell.Service.On(Submit, Samples.Job(JobState.Completed));

        await _shell.Run(["job", "run", Program, "--max-price", limit, .. options.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);

        Assert.Equal(fuel, Sent().GetProperty("fuelMax").GetInt64());
    }

    [Fact]
    public async Task KeyThatMayNotReadPrices_SubmitsWithoutAWarning()
    {
        using var shell = new Shell
        {
            Service = new FakeService()
                .Refuses("GET /v1/market", ErrorCode.Forbidden, HttpStatusCode.Forbidden)
                .On(Submit, Samples.Job(JobState.Completed)),
        };

        var ran = await shell.Run("job", "run", Program, "--max-price", "1");

        Assert.Equal((ExitCodes.Ok, ""), (ran.ExitCode, ran.Error));
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task PriceLimitThatNoOfferMeets_IsSaidAtOnce_AlsoWherePiped(bool terminal)
    {
        _shell.ErrorIsTerminal = terminal;
        var said = "";
        _shell
            .Service.On(Submit, Samples.Job(JobState.Pending))
            .On(
                Wait,
                _ =>
                {
                    said = said.Length > 0 ? said : _shell.Error.ToString();
                    return FakeService.Json(Samples.Job(JobState.Completed));
                }
            )
            .On(
                $"GET /v1/jobs/{Samples.JobId}/explain",
                new JobExplanation(
                    Samples.JobId,
                    JobState.Pending,
                    "It waits for an offer that fits and has a free slot.",
                    [
                        new OfferVerdict(Samples.Worker, new TokenAmount(2000), false, "asks more"),
                        new OfferVerdict(Samples.Worker, new TokenAmount(1500), false, "asks more"),
                        new OfferVerdict(Samples.Worker, new TokenAmount(150), false, "has too little memory"),
                    ],
                    new TokenAmount(1500)
                )
            );

        await _shell.Run("job", "run", Program);

        Assert.Contains(
            $"market: the job {Samples.JobId} waits: its price limit is 100, and the cheapest offer that fits asks 1,500 for 1,000 fuel.",
            said
        );
        Assert.Contains("--max-price 1500", said);
    }

    [Fact]
    public async Task OfferThatDoesNotFit_IsNotNamedAsThePrice()
    {
        _shell
            .Service.On(Submit, Samples.Job(JobState.Pending))
            .On(Wait, Samples.Job(JobState.Completed))
            .On(
                $"GET /v1/jobs/{Samples.JobId}/explain",
                new JobExplanation(
                    Samples.JobId,
                    JobState.Pending,
                    "No offer has enough memory.",
                    [new OfferVerdict(Samples.Worker, new TokenAmount(1500), false, "has too little memory")]
                )
            );

        var ran = await _shell.Run("job", "run", Program);

        Assert.Equal("", ran.Error);
    }

    [Fact]
    public async Task JobThatWaitsForLong_IsExplainedOnce_WherePiped()
    {
        _shell
            .Service.On(Submit, Samples.Job(JobState.Pending))
            .On(Wait, Samples.Job(JobState.Pending))
            .On(Wait, Samples.Job(JobState.Pending))
            .On(Wait, Samples.Job(JobState.Pending))
            .On(Wait, Samples.Job(JobState.Pending))
            .On(Wait, Samples.Job(JobState.Completed))
            .On($"GET /v1/jobs/{Samples.JobId}/explain", new JobExplanation(Samples.JobId, JobState.Pending, "All slots are taken.", []));

        var ran = await _shell.Run("job", "run", Program);

        Assert.Equal($"market: the job {Samples.JobId} waits: All slots are taken.\n", ran.Error);
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
            _shell.Service.Received.Single(asked => asked.Path.StartsWith("/v1/jobs?", StringComparison.Ordinal)).Body
        );
        return document.RootElement.Clone();
    }
}
