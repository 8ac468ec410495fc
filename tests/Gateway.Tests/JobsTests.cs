using System.Net;
using Marketplace.Gateway;
using Marketplace.GrainInterfaces;

namespace Marketplace.Tests.Gateway;

/// <summary>Submitting, waiting for, looking at and cancelling single jobs.</summary>
public sealed class JobsTests
{
    private static readonly GrainInterfaces.JobOutput Hello = new("HELLO"u8.ToArray(), null, 5);

    [Fact]
    public async Task NewJob_IsCreatedWithItsPlaceAndTheDefaults()
    {
        await using var gateway = await GatewayFixture.Start();

        using var response = await gateway.Client.Post(Routes.Jobs, gateway.Request(), ApiJson.Default.JobRequest);

        var job = await response.Read(ApiJson.Default.Job);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        Assert.Equal(Routes.Job(job.Id), response.Headers.Location?.ToString());
        Assert.Equal(("job-1", JobState.Pending, 100_000_000L), (job.RequestId, job.State, job.FuelMax));
        var spec = gateway.Market.Jobs[job.Id].View.Spec;
        Assert.Equal(
            (1024, 3, TimeSpan.FromSeconds(30), TimeSpan.FromHours(1)),
            (spec.MemoryPagesMax, spec.RetriesMax, spec.TimeMax, spec.ExpiresAfter)
        );
        Assert.Equal("hello"u8, spec.Input.Span);
    }

    [Fact]
    public async Task FilesAndEnvironment_ComeInTheOrderOfTheirNames()
    {
        await using var gateway = await GatewayFixture.Start();
        var request = gateway.Request() with
        {
            InputFiles = new Dictionary<string, BlobId> { ["b"] = default, ["a/c"] = default },
            Environment = new Dictionary<string, string> { ["Z"] = "1", ["A"] = "" },
        };

        using var response = await gateway.Client.Post(Routes.Jobs, request, ApiJson.Default.JobRequest);

        var spec = gateway.Market.Jobs[(await response.Read(ApiJson.Default.Job)).Id].View.Spec;
        Assert.Equal(["a/c", "b"], spec.Files.Select(file => file.Name));
        Assert.Equal([new EnvironmentVariable("A", ""), new EnvironmentVariable("Z", "1")], spec.Environment);
    }

    [Fact]
    public async Task Needs_AreTheSameInAnyOrder_AndNoneWhereNothingIsNeeded()
    {
        await using var gateway = await GatewayFixture.Start();
        var request = gateway.Request() with
        {
            Needs = new JobNeeds
            {
                Labels = ["region=eu", "gpu", "gpu"],
                ReputationMin = 900,
                StakeMin = new TokenAmount(7),
                RefusedWorkers = [default],
                RefusedOwners = [GatewayFixture.Alice],
            },
        };

        using var response = await gateway.Client.Post(Routes.Jobs, request, ApiJson.Default.JobRequest);

        var needs = gateway.Market.Jobs[(await response.Read(ApiJson.Default.Job)).Id].View.Spec.Needs!;
        Assert.Equal(["gpu", "region=eu"], needs.Labels);
        Assert.Equal((900, new TokenAmount(7)), (needs.ReputationMin, needs.StakeMin));
        Assert.Equal((default, GatewayFixture.Alice), (Assert.Single(needs.RefusedWorkers), Assert.Single(needs.RefusedOwners)));

        var none = gateway.Request() with
        {
            RequestId = "none",
            Needs = new JobNeeds { Labels = [], ReputationMin = 0 },
        };
        using var second = await gateway.Client.Post(Routes.Jobs, none, ApiJson.Default.JobRequest);
        Assert.Null(gateway.Market.Jobs[(await second.Read(ApiJson.Default.Job)).Id].View.Spec.Needs);
    }

    [Fact]
    public async Task DroppedJob_IsGone_WithASentenceThatSaysHowLongJobsAreKept_AndIsNotFoundAmongMany()
    {
        await using var gateway = await GatewayFixture.Start();
        var id = await gateway.Submit();
        gateway.Market.Fault = () => new MarketException(ErrorCode.JobDropped, "the market keeps ended jobs for 30 days");

        foreach (var path in (string[])["", "/explain", "/input", "/output", "/log", "/receipt"])
        {
            var detail = await gateway.Client.Get(Routes.Job(id) + path).Refused(HttpStatusCode.Gone, ErrorCode.JobDropped);

            Assert.Equal("the market keeps ended jobs for 30 days", detail);
        }
        using var many = await gateway.Client.Post(Routes.JobsGet, new JobsGetRequest([id]), ApiJson.Default.JobsGetRequest);
        Assert.Equal([id], (await many.Read(ApiJson.Default.JobsGetResponse)).NotFound);
    }

    [Fact]
    public async Task FilesThatAJobLeft_AreInItsView()
    {
        await using var gateway = await GatewayFixture.Start();
        var id = await gateway.Submit();
        gateway.Market.End(id, JobStatus.Completed, Hello with { Files = [new OutputFile("x/y", default, 7)] });

        using var response = await gateway.Client.Get(Routes.Job(id));

        Assert.Equal([new JobFile("x/y", default, 7)], (await response.Read(ApiJson.Default.Job)).Output!.Files!);
    }

    [Fact]
    public async Task SameRequestAgain_GivesTheSameJob_AndAnotherSpecIsRefused()
    {
        await using var gateway = await GatewayFixture.Start();
        var id = await gateway.Submit();

        using var again = await gateway.Client.Post(Routes.Jobs, gateway.Request(), ApiJson.Default.JobRequest);

        Assert.Equal(HttpStatusCode.OK, again.StatusCode);
        Assert.Equal(id, (await again.Read(ApiJson.Default.Job)).Id);
        await gateway
            .Client.Post(Routes.Jobs, gateway.Request(text: "other"), ApiJson.Default.JobRequest)
            .Refused(HttpStatusCode.Conflict, ErrorCode.RequestIdReused);
    }

    [Fact]
    public async Task RefusedJob_IsAProblemWithTheMarketsWords()
    {
        await using var gateway = await GatewayFixture.Start();
        var request = gateway.Request() with { InputText = new string('x', MarketLimits.InlineBytesMax + 1) };

        var detail = await gateway
            .Client.Post(Routes.Jobs, request, ApiJson.Default.JobRequest)
            .Refused(HttpStatusCode.BadRequest, ErrorCode.LimitExceeded);

        Assert.Equal("The input has 16385 bytes.", detail);
        Assert.Empty(gateway.Market.Jobs);
    }

    [Theory]
    [InlineData(long.MaxValue), InlineData(long.MinValue), InlineData(0)]
    public async Task TimeThatNoClockHolds_IsRefusedByTheMarket(long milliseconds)
    {
        await using var gateway = await GatewayFixture.Start();

        await gateway
            .Client.Post(Routes.Jobs, gateway.Request() with { TimeMaxMs = milliseconds }, ApiJson.Default.JobRequest)
            .Refused(HttpStatusCode.BadRequest, ErrorCode.LimitExceeded);
    }

    [Fact]
    public async Task Wait_AnswersWithTheEndedJob()
    {
        await using var gateway = await GatewayFixture.Start();

        var submitting = gateway.Client.Post($"{Routes.Jobs}?wait=60", gateway.Request(), ApiJson.Default.JobRequest);
        await gateway.Time.UntilArmed(MarketLimits.WaitMax);
        gateway.Market.End(gateway.Market.Jobs.Keys.Single(), JobStatus.Completed, Hello);

        using var response = await submitting;
        var job = await response.Read(ApiJson.Default.Job);
        Assert.Equal((HttpStatusCode.Created, JobState.Completed), (response.StatusCode, job.State));
        Assert.Equal("HELLO"u8, job.Output!.Inline!.Value.Span);
    }

    [Fact]
    public async Task Wait_ThatTheJobDoesNotHold_IsAskedAgainAfterAPause()
    {
        await using var gateway = await GatewayFixture.Start();
        var id = await gateway.Submit();
        gateway.Market.WaitsNotHeld = 2;

        var waiting = gateway.Client.Get($"{Routes.Job(id)}?wait=60");
        await Task.WhenAny(waiting, gateway.Time.UntilArmed(GatewayPolicy.WaitAgainAfter));
        gateway.Market.End(id, JobStatus.Completed, Hello);
        gateway.Time.Advance(GatewayPolicy.WaitAgainAfter);

        using var response = await waiting;
        Assert.Equal(JobState.Completed, (await response.Read(ApiJson.Default.Job)).State);
        Assert.Equal(0, gateway.Market.WaitsNotHeld);
    }

    [Fact]
    public async Task Wait_ThatIsOver_AnswersAcceptedWithTheOpenJob()
    {
        await using var gateway = await GatewayFixture.Start();

        var submitting = gateway.Client.Post($"{Routes.Jobs}?wait=30", gateway.Request(), ApiJson.Default.JobRequest);
        await gateway.Time.UntilArmed(MarketLimits.WaitMax);
        gateway.Time.Advance(MarketLimits.WaitMax);
        await gateway.Time.UntilArmed(TimeSpan.FromSeconds(10));
        gateway.Time.Advance(TimeSpan.FromSeconds(10));

        using var response = await submitting;
        Assert.Equal((HttpStatusCode.Accepted, JobState.Pending), (response.StatusCode, (await response.Read(ApiJson.Default.Job)).State));
    }

    [Theory]
    [InlineData("61"), InlineData("-1"), InlineData("x"), InlineData(""), InlineData("1.5"), InlineData("999999999999")]
    public async Task Wait_OutsideItsBounds_IsRefused(string wait)
    {
        await using var gateway = await GatewayFixture.Start();

        var detail = await gateway
            .Client.Post($"{Routes.Jobs}?wait={wait}", gateway.Request(), ApiJson.Default.JobRequest)
            .Refused(HttpStatusCode.BadRequest, ErrorCode.MalformedRequest);

        Assert.Contains("from 0 to 60", detail, StringComparison.Ordinal);
        Assert.Empty(gateway.Market.Jobs);
    }

    [Fact]
    public async Task Get_ShowsTheWholeJob()
    {
        await using var gateway = await GatewayFixture.Start();
        var id = await gateway.Submit();
        gateway.Market.End(id, JobStatus.Failed, code: ErrorCode.ProgramTrapped);

        using var response = await gateway.Client.Get(Routes.Job(id));

        var job = await response.Read(ApiJson.Default.Job);
        Assert.Equal((JobState.Failed, ErrorCode.ProgramTrapped, 42L), (job.State, job.Code, job.FuelUsed));
        Assert.Null(job.Output);
        Assert.Equal([JobState.Pending, JobState.Failed], job.History.Select(step => step.State));
    }

    [Fact]
    public async Task Cancel_EndsTheJob_AndAnEndedOneIsRefused()
    {
        await using var gateway = await GatewayFixture.Start();
        var open = await gateway.Submit("open");
        var ended = await gateway.Submit("ended");
        gateway.Market.End(ended, JobStatus.Completed, Hello);

        using var response = await gateway.Client.Send(HttpMethod.Post, Routes.JobCancel(open));

        Assert.Equal(JobState.Cancelled, (await response.Read(ApiJson.Default.Job)).State);
        await gateway.Client.Send(HttpMethod.Post, Routes.JobCancel(ended)).Refused(HttpStatusCode.Conflict, ErrorCode.JobEnded);
    }

    [Fact]
    public async Task Explain_SaysWhyEachOfferLost()
    {
        await using var gateway = await GatewayFixture.Start();
        var id = await gateway.Submit();

        using var response = await gateway.Client.Get(Routes.JobExplanation(id));

        var explanation = await response.Read(ApiJson.Default.JobExplanation);
        Assert.Equal((id, JobState.Pending, "Too dear."), (explanation.Id, explanation.State, explanation.Offers.Single().Reason));
    }

    [Theory]
    [InlineData("x"), InlineData("blob"), InlineData("..%2f..%2fkey")]
    [InlineData("00000000000000000000000000000000000000000000000000000000000000g0")]
    public async Task IdThatIsNone_IsRefusedWithItsForm(string id)
    {
        await using var gateway = await GatewayFixture.Start();

        var detail = await gateway.Client.Get($"{Routes.Jobs}/{id}").Refused(HttpStatusCode.BadRequest, ErrorCode.MalformedRequest);

        Assert.Contains("64 hexadecimal digits", detail, StringComparison.Ordinal);
    }
}
