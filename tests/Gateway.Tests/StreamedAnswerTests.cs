using System.IO.Pipelines;
using System.Net;
using System.Text.Json;
using Marketplace.Gateway;
using Marketplace.GrainInterfaces;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Marketplace.Tests.Gateway;

/// <summary>Long answers are made while they are read, and hold little of a reader who does not read.</summary>
public sealed class StreamedAnswerTests
{
    private const int Jobs = 1000;

    [Fact]
    public async Task JobsOfAReaderWhoDoesNotRead_AreNotMade()
    {
        var made = 0;
        var pipe = new Pipe(
            new PipeOptions(pauseWriterThreshold: 64 * 1024, resumeWriterThreshold: 32 * 1024, useSynchronizationContext: false)
        );
        var http = Context(pipe.Writer);

        // All but the reader is at hand, so this returns where it waits for the reader.
        var answering = Answer(_ => made++).ExecuteAsync(http);

        Assert.False(answering.IsCompleted);
        Assert.InRange(made, 1, GatewayPolicy.JobsPerGroup);

        var reading = JsonSerializer.DeserializeAsync(
            pipe.Reader.AsStream(),
            Answers.Of<JobsGetResponse>(),
            TestContext.Current.CancellationToken
        );
        await answering;
        await pipe.Writer.CompleteAsync();
        var answer = await reading;
        Assert.Equal(Jobs, made);
        Assert.Equal(Enumerable.Range(0, Jobs).Where(IsFound).Select(Id), answer!.Jobs.Select(job => job.Id));
        Assert.Equal([Id(7)], answer.NotFound);
    }

    [Fact]
    public async Task JobsThatWereSent_AreLetGo()
    {
        var jobs = new WeakReference[Jobs];
        var pipe = new Pipe(
            new PipeOptions(pauseWriterThreshold: 64 * 1024, resumeWriterThreshold: 32 * 1024, useSynchronizationContext: false)
        );
        var answering = Answer(_ => { }, (index, job) => jobs[index] = new WeakReference(job)).ExecuteAsync(Context(pipe.Writer));
        var stream = pipe.Reader.AsStream();
        await stream.ReadExactlyAsync(new byte[2 << 20], TestContext.Current.CancellationToken);

        GC.Collect();

        Assert.InRange(jobs.Count(job => job?.IsAlive == true), 0, 2 * GatewayPolicy.JobsPerGroup);
        GC.KeepAlive(answering);
    }

    [Fact]
    public async Task AnswersUnderWay_AreBoundedPerAccount_AndOthersAreServed()
    {
        await using var gateway = await GatewayFixture.Start(options => options.MemoryBytesMax = 64 << 20);
        var places = (64 << 20) / GatewayPolicy.AccountAnswersPart / GatewayPolicy.JobsAnswerBytes;
        var job = await gateway.Submit();
        var gate = new TaskCompletionSource();
        gateway.Market.GetGate = gate.Task;
        var request = new JobsGetRequest([job]);
        var held = new List<Task<HttpResponseMessage>>();
        for (var place = 0; place < places; place++)
        {
            held.Add(gateway.Client.Post(Routes.JobsGet, request, ApiJson.Default.JobsGetRequest));
            await gateway.Market.UntilGetting();
            // The market hangs, and so would every turn.
            gateway.Time.Advance(GatewayPolicy.AnswerTurnMax);
        }

        var detail = await gateway
            .Client.Post(Routes.JobsGet, request, ApiJson.Default.JobsGetRequest)
            .Refused(HttpStatusCode.TooManyRequests, ErrorCode.RateLimited);
        using var other = gateway.ClientOf(gateway.OtherKey);
        var others = other.Post(Routes.JobsGet, request, ApiJson.Default.JobsGetRequest);
        await gateway.Market.UntilGetting();
        gate.SetResult();

        Assert.Contains("8,388,608 that one account may", detail, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await others).StatusCode);
        foreach (var answer in held)
        {
            Assert.Single((await (await answer).Read(ApiJson.Default.JobsGetResponse)).Jobs);
        }
        (await gateway.Client.Post(Routes.JobsGet, request, ApiJson.Default.JobsGetRequest)).EnsureSuccessStatusCode();
    }

    [Fact]
    public async Task MarketThatIsAway_IsAProblem_NotHalfAnAnswer()
    {
        await using var gateway = await GatewayFixture.Start();
        var request = new JobsGetRequest([await gateway.Submit()]);
        gateway.Market.Fault = () => new TimeoutException("Response did not arrive");

        await gateway
            .Client.Post(Routes.JobsGet, request, ApiJson.Default.JobsGetRequest)
            .Refused(HttpStatusCode.GatewayTimeout, ErrorCode.OutcomeUnknown);
    }

    [Fact]
    public async Task WaitingRequestsOfAnAccount_AreBounded_AndRefusedBeforeTheyHaveAnEffect()
    {
        await using var gateway = await GatewayFixture.Start(options => options.AccountWaitsMax = 1);
        var job = await gateway.Submit();
        var waiting = gateway.Client.Get($"{Routes.Job(job)}?wait=20");
        await gateway.Time.UntilArmed(MarketLimits.WaitMax);

        var detail = await gateway.Client.Get($"{Routes.Job(job)}?wait=1").Refused(HttpStatusCode.TooManyRequests, ErrorCode.RateLimited);
        await gateway
            .Client.Post($"{Routes.Jobs}?wait=1", gateway.Request("another"), ApiJson.Default.JobRequest)
            .Refused(HttpStatusCode.TooManyRequests, ErrorCode.RateLimited);
        (await gateway.Client.Get(Routes.Job(job))).EnsureSuccessStatusCode();
        gateway.Market.End(job, JobStatus.Completed);

        Assert.Contains("The account has 1 requests under way that wait", detail, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await waiting).StatusCode);
        Assert.Single(gateway.Market.Jobs);
        (await gateway.Client.Get($"{Routes.Job(job)}?wait=1")).EnsureSuccessStatusCode();
    }

    private static bool IsFound(int index) => index != 7;

    private static JobId Id(int index) => new(new Bytes32([.. BitConverter.GetBytes((long)index), .. new byte[24]]));

    private static StreamedAnswer<JobsGetResponse, Job> Answer(Action<int> making, Action<int, Job>? made = null) =>
        new()
        {
            List = "jobs",
            Count = Jobs,
            GroupItems = GatewayPolicy.JobsPerGroup,
            Form = ApiJson.Default.Job,
            Make = index =>
            {
                making(index);
                if (!IsFound(index))
                {
                    return Task.FromResult<Job?>(null);
                }
                var job = new Job
                {
                    Id = Id(index),
                    RequestId = $"{index}",
                    Program = default,
                    State = JobState.Completed,
                    Fault = JobFault.None,
                    SubmittedAt = DateTimeOffset.UnixEpoch,
                    FuelMax = 1,
                    FuelUsed = 1,
                    PriceMax = new TokenAmount(1),
                    Charge = new TokenAmount(1),
                    Output = new JobOutput(MarketLimits.InlineBytesMax, new byte[MarketLimits.InlineBytesMax], null),
                    History = [],
                };
                made?.Invoke(index, job);
                return Task.FromResult<Job?>(job);
            },
            End = json =>
            {
                json.WriteStartArray("notFound");
                json.WriteStringValue(Id(7).ToString());
                json.WriteEndArray();
            },
        };

    private static DefaultHttpContext Context(PipeWriter body)
    {
        var services = new ServiceCollection()
            .AddSingleton<AnswerTurns>()
            .AddSingleton(TimeProvider.System)
            .AddSingleton(Options.Create(new GatewayOptions()));
        var http = new DefaultHttpContext { RequestServices = services.BuildServiceProvider() };
        http.Features.Set(new CallerFeature(new Caller(GatewayFixture.Alice, "key", Scopes.Read), default));
        http.Features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(body.AsStream()));
        return http;
    }
}
