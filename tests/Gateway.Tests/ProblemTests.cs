using System.Net;
using System.Text.RegularExpressions;
using Marketplace.Gateway;
using Marketplace.GrainInterfaces;
using Marketplace.Storage;
using Orleans.Storage;

namespace Marketplace.Tests.Gateway;

/// <summary>What goes wrong inside leaves as a problem of the closed list, and nothing of the inside leaves with it.</summary>
public sealed partial class ProblemTests
{
    public static TheoryData<ErrorCode> Codes => [.. Enum.GetValues<ErrorCode>()];

    [Theory, MemberData(nameof(Codes))]
    public void EveryCode_HasStatusAndTitle(ErrorCode code)
    {
        var problem = ProblemFactory.Create(code, "detail");

        Assert.InRange(problem.Status, 400, 599);
        Assert.NotEmpty(problem.Title);
        Assert.Matches("^urn:marketplace:problem:[a-z_]+$", problem.Type);
    }

    [Theory]
    [InlineData(ErrorCode.NotFound, 405), InlineData(ErrorCode.LimitExceeded, 408), InlineData(ErrorCode.LimitExceeded, 414)]
    [InlineData(ErrorCode.HeaderRefused, 415), InlineData(ErrorCode.LimitExceeded, 431)]
    public void SecondStatusOfACode_HasATitleOfItsOwn(ErrorCode code, int status)
    {
        Assert.NotEqual(ProblemFactory.TitleOf(code), ProblemFactory.Create(code, "detail", status).Title);
        Assert.Equal(ProblemFactory.TitleOf(code), ProblemFactory.Create(code, "detail").Title);
    }

    [Theory, MemberData(nameof(Codes))]
    public async Task EveryRefusalOfTheMarket_KeepsItsCodeAndWords(ErrorCode code)
    {
        await using var gateway = await GatewayFixture.Start();
        gateway.Market.Fault = () => new MarketException(code, "what was seen");
        using var client = gateway.ClientOf(gateway.Key, isChecked: false);

        var detail = await client.Get(Routes.Account).Refused((HttpStatusCode)ProblemFactory.StatusOf(code), code);

        Assert.Equal("what was seen", detail);
    }

    [Fact]
    public async Task OwnFault_HasAnIncidentThatTheLogHasToo_AndNothingElse()
    {
        await using var gateway = await GatewayFixture.Start();
        gateway.Market.Fault = () => new InvalidOperationException("secret path /root/data");

        var detail = await gateway.Client.Get(Routes.Account).Refused(HttpStatusCode.InternalServerError, ErrorCode.Internal);

        Assert.DoesNotContain("secret", detail, StringComparison.Ordinal);
        var incident = Incident().Match(detail).Groups[1].Value;
        Assert.Contains(
            gateway.LogLines,
            line => line.Contains(incident, StringComparison.Ordinal) && line.Contains("secret path", StringComparison.Ordinal)
        );
        Assert.DoesNotContain(gateway.LogLines, line => line.Contains(gateway.Key[^64..], StringComparison.Ordinal));
    }

    [Fact]
    public async Task OverloadAndUnknownOutcome_AreToldApart()
    {
        await using var gateway = await GatewayFixture.Start();

        gateway.Market.Fault = () => new LimitExceededException("mailbox");
        using var overloaded = await gateway.Client.Post(Routes.Jobs, gateway.Request(), ApiJson.Default.JobRequest);
        Assert.NotNull(overloaded.Headers.RetryAfter);
        await Task.FromResult(overloaded).Refused(HttpStatusCode.ServiceUnavailable, ErrorCode.Unavailable);
        gateway.Market.Fault = () => new SiloUnavailableException();
        await gateway.Client.Get(Routes.Market).Refused(HttpStatusCode.ServiceUnavailable, ErrorCode.Unavailable);
        await gateway
            .Client.Post(Routes.Jobs, gateway.Request(), ApiJson.Default.JobRequest)
            .Refused(HttpStatusCode.GatewayTimeout, ErrorCode.OutcomeUnknown);
        gateway.Market.Fault = () => new InconsistentStateException("account/a1 is at version 7", "7", "6");
        using var lost = await gateway.Client.Post(Routes.Jobs, gateway.Request(), ApiJson.Default.JobRequest);
        Assert.NotNull(lost.Headers.RetryAfter);
        Assert.DoesNotContain(
            "account/",
            await Task.FromResult(lost).Refused(HttpStatusCode.ServiceUnavailable, ErrorCode.Unavailable),
            StringComparison.Ordinal
        );
        gateway.Market.Fault = () => new TimeoutException("Response did not arrive");
        await gateway
            .Client.Post(Routes.Jobs, gateway.Request(), ApiJson.Default.JobRequest)
            .Refused(HttpStatusCode.GatewayTimeout, ErrorCode.OutcomeUnknown);
    }

    [Fact]
    public async Task JobBelowTheBar_IsToldWhenToComeAgain_AloneAndInABatch()
    {
        await using var gateway = await GatewayFixture.Start();
        gateway.Market.Overload = ("The market is overloaded: a job waits 7 s.", TimeSpan.FromSeconds(7));

        using var alone = await gateway.Client.Post(Routes.Jobs, gateway.Request(), ApiJson.Default.JobRequest);
        Assert.Equal("7", alone.Headers.RetryAfter!.ToString());
        var detail = await Task.FromResult(alone).Refused(HttpStatusCode.ServiceUnavailable, ErrorCode.Unavailable);
        Assert.Equal("The market is overloaded: a job waits 7 s.", detail);

        using var batch = await gateway.Client.Post(
            Routes.JobsBatch,
            new JobBatchRequest([gateway.Request()]),
            ApiJson.Default.JobBatchRequest
        );
        Assert.Equal((HttpStatusCode.OK, "7"), (batch.StatusCode, batch.Headers.RetryAfter!.ToString()));

        gateway.Market.Overload = null;
        using var taken = await gateway.Client.Post(Routes.Jobs, gateway.Request(), ApiJson.Default.JobRequest);
        Assert.Equal((HttpStatusCode.Created, null), (taken.StatusCode, taken.Headers.RetryAfter));
    }

    [Fact]
    public async Task FullDisk_AndStoppedStore_AreToldApart()
    {
        await using var gateway = await GatewayFixture.Start();
        gateway.Market.Blobs.Fault = () => new InsufficientDiskException(1, 2);
        await gateway.Client.Send(HttpMethod.Post, Routes.Blobs, [1]).Refused(HttpStatusCode.InsufficientStorage, ErrorCode.StorageFull);
        gateway.Market.Blobs.Fault = () => new BlobFolderException("/root/blobs is not mounted.");
        await gateway.Client.Send(HttpMethod.Post, Routes.Blobs, [1]).Refused(HttpStatusCode.ServiceUnavailable, ErrorCode.Unavailable);
        gateway.Market.Blobs.Fault = () => new StoreStoppedException("fsync failed on /root/data.");

        var detail = await gateway
            .Client.Send(HttpMethod.Post, Routes.Blobs, [1])
            .Refused(HttpStatusCode.GatewayTimeout, ErrorCode.OutcomeUnknown);

        Assert.DoesNotContain("/root", detail, StringComparison.Ordinal);
        Assert.Contains(gateway.LogLines, line => line.Contains("/root/data", StringComparison.Ordinal));
    }

    [Fact]
    public async Task SlowRequest_IsAnsweredInTime()
    {
        await using var gateway = await GatewayFixture.Start(options => options.RequestTimeout = TimeSpan.FromMilliseconds(100));
        gateway.Market.Gate = Task.Delay(Timeout.Infinite, TestContext.Current.CancellationToken);

        var batch = new JobBatchRequest([gateway.Request()]);

        await gateway
            .Client.Post(Routes.JobsBatch, batch, ApiJson.Default.JobBatchRequest)
            .Refused(HttpStatusCode.GatewayTimeout, ErrorCode.OutcomeUnknown);
    }

    [Theory]
    [InlineData(ServiceState.Starting, "starting"), InlineData(ServiceState.Stopping, "stopping")]
    [InlineData(ServiceState.Failed, "failed"), InlineData(ServiceState.Unavailable, "unavailable")]
    public async Task ServiceThatIsNotReady_RefusesAllButHealth(ServiceState state, string word)
    {
        await using var gateway = await GatewayFixture.Start();
        gateway.Current = new(state, "1.2.3", "reading the journal");

        using var live = await gateway.Client.Get(Routes.HealthLive);
        using var ready = await gateway.Client.Get(Routes.HealthReady);

        Assert.Equal(new Health("live", "1.2.3", null), await live.Read(ApiJson.Default.Health));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        Assert.Equal(
            $$"""{"status":"{{word}}","version":"1.2.3","reason":"reading the journal"}""",
            await ready.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)
        );
        (await gateway.Client.Get(Routes.OpenApi)).EnsureSuccessStatusCode();
        await gateway.Client.Get(Routes.Account).Refused(HttpStatusCode.ServiceUnavailable, ErrorCode.Unavailable);
        await gateway.Client.Get("/nothing").Refused(HttpStatusCode.NotFound, ErrorCode.NotFound);
        Assert.Equal(0, gateway.Market.Verifications);
    }

    [Fact]
    public async Task Market_IsShownAtAGlance()
    {
        await using var gateway = await GatewayFixture.Start();

        using var response = await gateway.Client.Get(Routes.Market);

        Assert.Equal(new MarketStatus(1, 2, 3, 4, new TokenAmount(1), 7), await response.Read(ApiJson.Default.MarketStatus));
    }

    [GeneratedRegex("incident ([0-9a-f]{12})")]
    private static partial Regex Incident();
}
