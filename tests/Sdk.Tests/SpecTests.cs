using System.Diagnostics;
using System.Net;
using System.Text.Json;
using Marketplace.Tests;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Marketplace.Sdk.Tests;

/// <summary>Jobs whose request id and price limit are left out, handles, and many jobs at once.</summary>
public sealed class SpecTests : IDisposable
{
    private const string Submit = "POST /v1/jobs";
    private const string Market = "GET /v1/market";
    private const string Quotes = "POST /v1/quotes";
    private const string Batch = "POST /v1/jobs:batch";
    private const string Many = "POST /v1/jobs:get";

    private readonly Fixture _fixture = new();

    private FakeService Service => _fixture.Service;

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task MadeRequestId_IsKeptForTheRepetitionsOfACall_AndNewForTheNextCall()
    {
        Service
            .On(Market, Samples.Market())
            .Fails(Submit)
            .Refuses(Submit, ErrorCode.OutcomeUnknown, HttpStatusCode.GatewayTimeout)
            .On(Submit, Samples.Job(JobState.Pending));

        await _fixture.Client.Jobs.Start(Spec(), Fixture.Cancellation);
        await _fixture.Client.Jobs.Start(Spec(), Fixture.Cancellation);

        var ids = Sent(Submit).Select(request => request.RequestId).ToArray();
        Assert.Equal(4, ids.Length);
        Assert.Single(ids[..3].Distinct());
        Assert.NotEqual(ids[0], ids[3]);
        Assert.Equal("mine", (await Only(Spec() with { RequestId = "mine" })).RequestId);
    }

    [Fact]
    public async Task UnstatedPrice_IsTheCheapestWorkersForAllOfTheFuel()
    {
        Service.On(Market, Samples.Market() with { LowestPricePerMillionFuel = new TokenAmount(3) });

        Assert.Equal(new TokenAmount(5), (await Only(Spec() with { FuelMax = 1_500_001 })).PriceMax);
        Assert.Equal(new TokenAmount(7), (await Only(Spec() with { PriceMax = new TokenAmount(7) })).PriceMax);
    }

    [Theory]
    [InlineData(3, 1_000_000_000, 3_000)]
    [InlineData(30, 333_000_000, 9_990)]
    [InlineData(100, 100_000_000, 10_000)]
    public async Task UnstatedFuelAndPrice_AreABillionOrWhatTheCapBuys(uint price, long fuel, uint limit)
    {
        Service.On(Market, Samples.Market() with { LowestPricePerMillionFuel = new TokenAmount(price) });

        var sent = await Only(Spec());

        Assert.Equal((fuel, new TokenAmount(limit)), (sent.FuelMax!.Value, sent.PriceMax));
    }

    [Fact]
    public async Task UnstatedFuelOfAStatedPrice_IsTheServices()
    {
        Assert.Null((await Only(Spec() with { PriceMax = new TokenAmount(7) })).FuelMax);
    }

    [Fact]
    public async Task UnstatedPriceBeyondTheCap_OrWithoutAnyWorker_SubmitsNothing()
    {
        Service
            .On(Market, Samples.Market() with { LowestPricePerMillionFuel = SdkPolicy.UnstatedPriceMax })
            .On(Market, Samples.Market(workers: 0));

        var dear = await Assert.ThrowsAsync<PriceNotStatedException>(() => _fixture.Client.Jobs.Start(Spec(), Fixture.Cancellation));
        var alone = await Assert.ThrowsAsync<PriceNotStatedException>(() =>
            _fixture.Client.Jobs.Run(Spec(), cancellation: Fixture.Cancellation)
        );

        Assert.Equal((SdkPolicy.UnstatedPriceMax * 100, SdkPolicy.UnstatedPriceMax), (dear.Quote, dear.Max));
        Assert.Null(alone.Quote);
        Assert.Empty(Sent(Submit));
    }

    [Fact]
    public async Task UnstatedPriceOfAnAssuredJob_IsTheLimitOfAQuote_AskedOnceForTheKind()
    {
        Service.On(Market, Samples.Market()).On(Quotes, Samples.Quotes()).On(Submit, Samples.Job(JobState.Pending));
        var assured = Spec() with
        {
            Assurance = Assurance.Quorum(2, 3),
            FuelMax = 7,
            Priority = 2,
            Needs = new JobNeeds { Labels = ["gpu"] },
        };

        await _fixture.Client.Jobs.Start(assured, Fixture.Cancellation);

        Assert.Equal(new TokenAmount(420), Assert.Single(Sent(Submit)).PriceMax);
        var asked = JsonSerializer.Deserialize(
            Service.Received.Single(sent => sent.Path == "/v1/quotes").Body,
            ApiJson.Default.QuoteRequest
        )!;
        Assert.Equal((Samples.Program, 7L, 2), (asked.Program, asked.FuelMax!.Value, asked.Priority!.Value));
        Assert.Equal([Assurance.Quorum(2, 3)], asked.Assurances!);
        Assert.Equal(["gpu"], asked.Needs!.Labels!);
        Assert.DoesNotContain(Service.Received, sent => sent.Path == "/v1/market");
    }

    [Fact]
    public async Task BatchOfAssuredJobs_AsksOnceForEachKindOfThem()
    {
        Service
            .On(Market, Samples.Market())
            .On(Quotes, Samples.Quotes())
            .On(
                Batch,
                new JobBatchResponse([
                    .. Enumerable.Repeat(new JobBatchItem(Samples.JobId, false, ErrorCode.InsufficientFunds, "no money"), 4),
                ])
            );
        var assured = Spec() with { Assurance = Assurance.Quorum(2, 3) };
        JobSpec[] specs = [assured, Spec(), assured with { InputText = "other" }, assured with { FuelMax = 7 }];

        await foreach (var result in _fixture.Client.Jobs.RunMany(specs, cancellation: Fixture.Cancellation))
        {
            Assert.Equal(ErrorCode.InsufficientFunds, result.Refusal);
        }

        Assert.Equal(2, Service.Received.Count(sent => sent.Path == "/v1/quotes"));
        Assert.Single(Service.Received, sent => sent.Path == "/v1/market");
        var sent = JsonSerializer.Deserialize(Service.Received[^1].Body, ApiJson.Default.JobBatchRequest)!.Jobs;
        Assert.Equal([1_000_000_000, 1_000_000_000, 1_000_000_000, 7], sent.Select(job => (int)job.FuelMax!.Value));
        Assert.Equal([420, 1000, 420, 420], sent.Select(job => (int)job.PriceMax.BaseUnits));
    }

    [Fact]
    public async Task AssuranceThatCannotBeHad_SubmitsNothingWithoutALimit()
    {
        var sheet = Samples.Quotes();
        Service.On(Quotes, sheet with { Quotes = [sheet.Quotes[2]] });

        var refused = await Assert.ThrowsAsync<PriceNotStatedException>(() =>
            _fixture.Client.Jobs.Start(Spec() with { Assurance = Assurance.Quorum(16, 16) }, Fixture.Cancellation)
        );

        Assert.Contains("Not now.", refused.Message, StringComparison.Ordinal);
        Assert.Empty(Sent(Submit));
    }

    /// <summary>A member that the copy of terms forgot would be lost without a word.</summary>
    [Fact]
    public async Task EveryTermOfASpec_IsSent()
    {
        var spec = new JobSpec
        {
            Program = Samples.Program,
            RequestId = "r",
            PriceMax = new TokenAmount(1),
            EntryPoint = "e",
            Input = new byte[] { 1 },
            InputText = "t",
            InputBlob = new BlobId(Samples.Digits(5)),
            Arguments = ["a"],
            Environment = new Dictionary<string, string> { ["k"] = "v" },
            InputFiles = new Dictionary<string, BlobId> { ["f"] = new BlobId(Samples.Digits(6)) },
            FuelMax = 1,
            MemoryPagesMax = 2,
            TimeMaxMs = 3,
            RetriesMax = 4,
            ExpiresAfterMs = 5,
            Needs = new JobNeeds { Labels = ["gpu"] },
            Priority = 2,
            AuctionMs = 6,
            Group = "g",
            Spread = GroupSpread.Owner,
            Assurance = Assurance.Audit(125),
            Reuse = true,
        };
        Service.On(Submit, Samples.Job(JobState.Pending));

        await _fixture.Client.Jobs.Start(spec, Fixture.Cancellation);

        using var sent = JsonDocument.Parse(Service.Received[^1].Body);
        Assert.Equal(
            typeof(JobRequest).GetProperties().Select(member => JsonNamingPolicy.CamelCase.ConvertName(member.Name)).Order(),
            sent.RootElement.EnumerateObject().Select(member => member.Name).Order()
        );
    }

    [Fact]
    public async Task Handle_WaitsCancelsAndGivesTheOutput()
    {
        var (job, text) = ($"/v1/jobs/{Samples.JobId}", "done"u8.ToArray());
        Service
            .On(Submit, Samples.Job(JobState.Pending))
            .On($"GET {job}?wait=20", Samples.Job(JobState.Completed, text))
            .Refuses($"POST {job}/cancel", ErrorCode.JobEnded, HttpStatusCode.Conflict)
            .On($"GET {job}", Samples.Job(JobState.Completed, text));

        var handle = await _fixture.Client.Jobs.Start(Spec() with { PriceMax = new TokenAmount(1) }, Fixture.Cancellation);

        Assert.Equal(JobState.Pending, handle.Last.State);
        Assert.Equal("done", await handle.OutputText(Fixture.Cancellation));
        Assert.Equal(JobState.Completed, (await handle.Wait(cancellation: Fixture.Cancellation)).State);
        Assert.Equal(ErrorCode.JobEnded, (await Assert.ThrowsAsync<MarketplaceException>(() => handle.Cancel(Fixture.Cancellation))).Code);
        Assert.Single(Service.Received, request => request.Path.EndsWith("?wait=20", StringComparison.Ordinal));
    }

    [Fact]
    public async Task OutputOfAFailedJob_SaysHowItEnded()
    {
        Service.On(Submit, Samples.Job(JobState.Failed, reason: "unreachable"));

        var handle = await _fixture.Client.Jobs.Start(Spec() with { PriceMax = new TokenAmount(1) }, Fixture.Cancellation);
        var failed = await Assert.ThrowsAsync<JobNotCompletedException>(() => handle.Output(Fixture.Cancellation));

        Assert.Contains("unreachable", failed.Message, StringComparison.Ordinal);
        Assert.Equal(ErrorCode.ProgramTrapped, failed.Job.Code);
    }

    [Theory]
    [InlineData(1), InlineData(7), InlineData(1000)]
    public async Task RunMany_KeepsAtMostSoManyOpen_AndGivesEachSpecOneResult(int openMax)
    {
        const int Count = 23;
        var open = new Dictionary<JobId, int>();
        var (most, next) = (0, 0);
        Service.On(
            Batch,
            request =>
            {
                var requests = JsonSerializer.Deserialize(request.Body, ApiJson.Default.JobBatchRequest)!.Jobs;
                var items = requests
                    .Select(job =>
                    {
                        var id = new JobId(Samples.Digits((byte)++next));
                        if (job.RequestId == "refused")
                        {
                            return new JobBatchItem(id, false, ErrorCode.InsufficientFunds, "no money");
                        }
                        open.Add(id, 0);
                        Service.On($"GET /v1/jobs/{id}?wait=1", Samples.Job(JobState.Pending));
                        return new JobBatchItem(id, false, null, null);
                    })
                    .ToArray();
                most = Math.Max(most, open.Count);
                return FakeService.Json(new JobBatchResponse(items));
            }
        );
        // A job ends when it is asked for the second time.
        Service.On(
            Many,
            request =>
            {
                var ids = JsonSerializer.Deserialize(request.Body, ApiJson.Default.JobsGetRequest)!.Ids;
                return FakeService.Json(
                    new JobsGetResponse(
                        [
                            .. ids.Select(id =>
                            {
                                if (++open[id] < 2)
                                {
                                    return Samples.Job(JobState.Running) with { Id = id };
                                }
                                open.Remove(id);
                                return Samples.Job(JobState.Completed) with { Id = id };
                            }),
                        ],
                        []
                    )
                );
            }
        );
        var specs = Enumerable
            .Range(0, Count)
            .Select(index => Spec() with { PriceMax = new TokenAmount(1), RequestId = index == 11 ? "refused" : $"r{index}" });

        var results = await _fixture.Client.Jobs.RunMany(specs, openMax, Fixture.Cancellation).ToListAsync(Fixture.Cancellation);

        Assert.Equal(Enumerable.Range(0, Count), results.Select(result => result.Index).Order());
        Assert.Equal(ErrorCode.InsufficientFunds, Assert.Single(results, result => result.Job is null).Refusal);
        Assert.All(results, result => Assert.True(result.Job is null || result.Job.State == JobState.Completed));
        Assert.Equal(Math.Min(openMax, Count - 1), most);
    }

    [Fact]
    public async Task List_ByProgram_AsksForThatProgram()
    {
        Service.On($"GET /v1/jobs?state=timed_out&program={Samples.Program}&limit=100", new Page<JobListItem>([], null));

        var jobs = _fixture.Client.Jobs.List(JobState.TimedOut, program: Samples.Program, cancellation: Fixture.Cancellation);
        Assert.Empty(await jobs.ToListAsync(Fixture.Cancellation));
    }

    [Fact]
    public async Task EventStreamTooMany_FailsWithTheServicesWords()
    {
        Service.Refuses("GET /v1/events", ErrorCode.RateLimited, HttpStatusCode.TooManyRequests, "The account has 16 event streams open.");

        var refused = await Assert.ThrowsAsync<MarketplaceException>(async () =>
            await _fixture.Client.Events.Jobs(cancellation: Fixture.Cancellation).FirstAsync(Fixture.Cancellation)
        );

        Assert.Contains("16", refused.Message, StringComparison.Ordinal);
        Assert.Equal(5, Service.Received.Count);
    }

    [Fact]
    public async Task ClientsMadeUpByATest_StandForRealOnes()
    {
        MarketplaceClient client = new MadeUp();

        var handle = await client.Jobs.Start(Spec(), Fixture.Cancellation);

        Assert.Equal("made up", await handle.OutputText(Fixture.Cancellation));
    }

    [Fact]
    public async Task Retries_AreLogged_AndEachAttemptIsTraced()
    {
        var log = new LogLines();
        var traces = new List<Activity>();
        var mine = new Activity("test").Start();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == MarketplaceTrace.SourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> options) =>
                options.Parent.TraceId == mine.TraceId ? ActivitySamplingResult.AllData : ActivitySamplingResult.None,
            ActivityStopped = traces.Add,
        };
        ActivitySource.AddActivityListener(listener);
        using var fixture = new Fixture(options => options.LoggerFactory = log);
        fixture
            .Service.Refuses("GET /v1/account", ErrorCode.Unavailable, HttpStatusCode.ServiceUnavailable, "starting")
            .On("GET /v1/account", Samples.Account());

        await fixture.Client.Account.Get(Fixture.Cancellation);
        mine.Stop();

        Assert.Contains("Attempt 1 failed", Assert.Single(log.Written), StringComparison.Ordinal);
        Assert.Equal([503, 200], traces.Select(trace => trace.GetTagItem("http.response.status_code")));
        Assert.Equal("Unavailable", traces[0].GetTagItem("error.type"));
        Assert.Equal(1, traces[1].GetTagItem("http.request.resend_count"));
    }

    [Fact]
    public void Configuration_SetsTheOptions_AndRefusesWhatItDoesNotKnow()
    {
        var options = MarketplaceClientOptions.FromConfiguration(
            Section(("Url", "http://127.0.0.1:9"), ("Key", "mk_x"), ("requestTimeout", "00:00:07"), ("UnstatedPriceMax", "5"))
        );
        var unknown = Assert.Throws<ArgumentException>(() => MarketplaceClientOptions.FromConfiguration(Section(("Adress", "x"))));
        var malformed = Assert.Throws<ArgumentException>(() => MarketplaceClientOptions.FromConfiguration(Section(("Retries", "secret"))));

        Assert.Equal(
            ("http://127.0.0.1:9/", "mk_x", 7.0, new TokenAmount(5)),
            (options.Url!.AbsoluteUri, options.Key, options.RequestTimeout.TotalSeconds, options.UnstatedPriceMax)
        );
        Assert.Contains("Marketplace:Adress", unknown.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", malformed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ClientOfAServiceCollection_ComesFromItsConfiguration()
    {
        var services = new ServiceCollection().AddMarketplaceClient(Section(("Url", "http://127.0.0.1:9")));

        using var provider = services.BuildServiceProvider();

        Assert.Equal(9, provider.GetRequiredService<MarketplaceClient>().Url.Port);
    }

    private static JobSpec Spec() => new() { Program = Samples.Program, InputText = "hello" };

    private static IConfigurationSection Section(params (string Name, string Value)[] settings) =>
        new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create($"Marketplace:{setting.Name}", (string?)setting.Value)))
            .Build()
            .GetSection("Marketplace");

    /// <summary>The request that a spec becomes.</summary>
    private async Task<JobRequest> Only(JobSpec spec)
    {
        Service.On(Submit, Samples.Job(JobState.Pending));
        await _fixture.Client.Jobs.Start(spec, Fixture.Cancellation);
        return Sent(Submit)[^1];
    }

    private JobRequest[] Sent(string request) =>
        [
            .. Service
                .Received.Where(received => received.ToString() == request)
                .Select(received => JsonSerializer.Deserialize(received.Body, ApiJson.Default.JobRequest)!),
        ];

    private sealed class MadeUp : MarketplaceClient
    {
        public override JobsClient Jobs { get; } = new MadeUpJobs();
    }

    private sealed class MadeUpJobs : JobsClient
    {
        public override Task<JobHandle> Start(JobSpec spec, CancellationToken cancellation = default) =>
            Task.FromResult(new JobHandle(this, Samples.Job(JobState.Completed)));

        public override Task<string> OutputText(Job job, CancellationToken cancellation = default) => Task.FromResult("made up");
    }
}
