using System.Net;
using System.Text.Json;
using Marketplace.Tests;

namespace Marketplace.Sdk.Tests;

public sealed class RetryTests : IDisposable
{
    private readonly Fixture _fixture = new();

    private FakeService Service => _fixture.Service;

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task Submission_IsRepeatedWithTheSameRequestId_AfterAConnectionFailure()
    {
        Service.Fails("POST /v1/jobs").Fails("POST /v1/jobs").On("POST /v1/jobs", Samples.Job(JobState.Pending));

        await _fixture.Client.Jobs.Submit(Samples.Request(RequestId.New()), cancellation: Fixture.Cancellation);

        Assert.Equal(3, Service.Received.Count);
        Assert.Single(Service.Received.Select(request => request.Text).Distinct());
    }

    [Theory]
    [InlineData(ErrorCode.Unavailable, HttpStatusCode.ServiceUnavailable)]
    [InlineData(ErrorCode.RateLimited, HttpStatusCode.TooManyRequests)]
    [InlineData(ErrorCode.OutcomeUnknown, HttpStatusCode.GatewayTimeout)]
    public async Task TransientRefusal_IsRepeated_NotBeforeRetryAfter(ErrorCode code, HttpStatusCode status)
    {
        Service.Refuses("GET /v1/account", code, status, retryAfter: TimeSpan.FromSeconds(7)).On("GET /v1/account", Samples.Account());

        await _fixture.Client.Account.Get(Fixture.Cancellation);

        Assert.Equal([TimeSpan.FromSeconds(7)], _fixture.Time.Waits);
    }

    [Theory]
    [InlineData(HttpStatusCode.BadGateway)]
    [InlineData(HttpStatusCode.GatewayTimeout)]
    [InlineData(HttpStatusCode.ServiceUnavailable)]
    public async Task RefusalOfSomethingInBetween_IsRepeated(HttpStatusCode status)
    {
        Service.On("GET /v1/account", _ => new HttpResponseMessage(status)).On("GET /v1/account", Samples.Account());

        await _fixture.Client.Account.Get(Fixture.Cancellation);

        Assert.Equal(2, Service.Received.Count);
    }

    [Fact]
    public async Task AnswerThatBreaksOff_IsAskedForAgain()
    {
        Service
            .On("GET /v1/account", _ => new HttpResponseMessage { Content = new BrokenContent("application/json") })
            .On("GET /v1/account", Samples.Account());

        Assert.Equal(Samples.Payer, (await _fixture.Client.Account.Get(Fixture.Cancellation)).Id);
    }

    [Fact]
    public async Task RefusalForGood_IsNotRepeated()
    {
        Service.Refuses("POST /v1/jobs", ErrorCode.InsufficientFunds, HttpStatusCode.PaymentRequired);

        var refused = await Assert.ThrowsAsync<MarketplaceException>(() =>
            _fixture.Client.Jobs.Submit(Samples.Request(), cancellation: Fixture.Cancellation)
        );

        Assert.Equal(ErrorCode.InsufficientFunds, refused.Code);
        Assert.False(refused.IsRetrySafe);
        Assert.Single(Service.Received);
    }

    [Fact]
    public async Task Retries_EndAfterTheirNumber_WithThePausesGrowing()
    {
        Service.Fails("GET /v1/account");

        var unreachable = await Assert.ThrowsAsync<MarketplaceUnreachableException>(() =>
            _fixture.Client.Account.Get(Fixture.Cancellation)
        );

        Assert.Contains("http://127.0.0.1:8080/", unreachable.Message);
        Assert.Equal(5, Service.Received.Count);
        Assert.Equal(4, _fixture.Time.Waits.Count);
        for (var retry = 0; retry < 4; retry++)
        {
            Assert.InRange(_fixture.Time.Waits[retry].TotalMilliseconds, 50 << retry, 100 << retry);
        }
    }

    [Fact]
    public async Task RetryAfterBeyondTheBound_IsGivenToTheCallerAtOnce()
    {
        Service.Refuses("GET /v1/account", ErrorCode.RateLimited, HttpStatusCode.TooManyRequests, retryAfter: TimeSpan.FromHours(1));

        var refused = await Assert.ThrowsAsync<MarketplaceException>(() => _fixture.Client.Account.Get(Fixture.Cancellation));

        Assert.Equal(TimeSpan.FromHours(1), refused.RetryAfter);
        Assert.True(refused.IsRetrySafe);
        Assert.Single(Service.Received);
    }

    [Fact]
    public async Task KeyCreation_IsNeverRepeated()
    {
        Service.Fails("POST /v1/keys");

        await Assert.ThrowsAsync<MarketplaceUnreachableException>(() =>
            _fixture.Client.Keys.Create(new KeyRequest("ci", [Scope.Read]), Fixture.Cancellation)
        );

        Assert.Single(Service.Received);
    }

    [Fact]
    public async Task BlobDeletion_IsNeverRepeated()
    {
        var id = Samples.Blob([1]).Id;
        Service.Refuses($"DELETE /v1/blobs/{id}", ErrorCode.Unavailable, HttpStatusCode.ServiceUnavailable);

        await Assert.ThrowsAsync<MarketplaceException>(() => _fixture.Client.Blobs.Delete(id, Fixture.Cancellation));

        Assert.Single(Service.Received);
    }

    [Fact]
    public async Task BatchItemsThatCouldNotBeTaken_AreSentAgain_AndNoOthers()
    {
        var ids = new[] { new JobId(Samples.Digits(7)), new JobId(Samples.Digits(8)), new JobId(Samples.Digits(9)) };
        Service
            .On(
                "POST /v1/jobs:batch",
                new JobBatchResponse([
                    new JobBatchItem(ids[0], false, null, null),
                    new JobBatchItem(ids[1], false, ErrorCode.OutcomeUnknown, "?"),
                    new JobBatchItem(ids[2], false, ErrorCode.LimitExceeded, "No."),
                ])
            )
            .On("POST /v1/jobs:batch", new JobBatchResponse([new JobBatchItem(ids[1], true, null, null)]));

        var results = await _fixture.Client.Jobs.SubmitBatch(
            [Samples.Request("a"), Samples.Request("b"), Samples.Request("c")],
            Fixture.Cancellation
        );

        Assert.Equal([null, null, ErrorCode.LimitExceeded], results.Select(item => item.Code));
        Assert.Equal(ids, results.Select(item => item.Id));
        using var again = JsonDocument.Parse(Service.Received[1].Body);
        var only = Assert.Single(again.RootElement.GetProperty("jobs").EnumerateArray());
        Assert.Equal("b", only.GetProperty("requestId").GetString());
    }

    [Fact]
    public async Task BatchAnswerWithTooFewResults_IsNotUnderstood()
    {
        Service.On("POST /v1/jobs:batch", new JobBatchResponse([]));

        await Assert.ThrowsAsync<MarketplaceProtocolException>(() =>
            _fixture.Client.Jobs.SubmitBatch([Samples.Request()], Fixture.Cancellation)
        );
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1001)]
    public async Task BatchOutsideItsBounds_IsRefusedBeforeAnythingIsSent(int count)
    {
        var requests = Enumerable.Range(0, count).Select(item => Samples.Request(item.ToString())).ToArray();

        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => _fixture.Client.Jobs.SubmitBatch(requests, Fixture.Cancellation));

        Assert.Empty(Service.Received);
    }
}
