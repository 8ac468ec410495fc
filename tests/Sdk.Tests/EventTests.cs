using System.Net;
using System.Text;
using System.Text.Json;
using Marketplace.Tests;

namespace Marketplace.Sdk.Tests;

public sealed class EventTests : IDisposable
{
    private const string Events = "GET /v1/events";

    private readonly Fixture _fixture = new();

    private FakeService Service => _fixture.Service;

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task BrokenStream_IsOpenedAgain_AndTheCallerIsTold()
    {
        Service
            .On(Events, _ => Stream(": hello\n\n" + Job(1) + Job(2)))
            .Fails(Events)
            .Refuses(Events, ErrorCode.Unavailable, HttpStatusCode.ServiceUnavailable)
            .On(Events, _ => Stream("event: weather\ndata: rain\n\n" + Job(3)));
        var gaps = 0;

        var ids = await Read(3, () => gaps++);

        Assert.Equal([Id(1), Id(2), Id(3)], ids);
        Assert.Equal(2, gaps);
        Assert.Equal(3, _fixture.Time.Waits.Count);
    }

    [Fact]
    public async Task EventsThatTheServiceLeftOut_AreToldToTheCaller()
    {
        Service.On(Events, _ => Stream(Job(1) + "event: lagged\ndata: {\"missed\":7}\n\n" + Job(2)));
        var gaps = 0;

        await Read(2, () => gaps++);

        Assert.Equal(2, gaps);
    }

    [Fact]
    public async Task StreamThatIsRefused_EndsWithTheRefusal()
    {
        Service.Refuses(Events, ErrorCode.Unauthenticated, HttpStatusCode.Unauthorized);

        var refused = await Assert.ThrowsAsync<MarketplaceException>(() => Read(1));

        Assert.Equal(ErrorCode.Unauthenticated, refused.Code);
    }

    [Theory]
    [InlineData("event: job\ndata: {}\n\n")]
    [InlineData("event: job\ndata: nonsense\n\n")]
    public async Task EventOfAnotherForm_IsNotUnderstood(string text)
    {
        Service.On(Events, _ => Stream(text));

        await Assert.ThrowsAsync<MarketplaceProtocolException>(() => Read(1));
    }

    [Fact]
    public async Task EventWithoutEnd_IsCutOffAtTheBound()
    {
        Service.On(Events, _ => Stream("data: " + new string('x', (int)SdkPolicy.EventBytesMax)));

        await Assert.ThrowsAsync<MarketplaceProtocolException>(() => Read(1));
    }

    [Fact]
    public async Task HeartbeatsOfAQuietStream_AreNotOneLongEvent()
    {
        Service.On(
            Events,
            _ => new HttpResponseMessage
            {
                Content = new StreamContent(new Heartbeats(2 * SdkPolicy.EventBytesMax, Job(1)))
                {
                    Headers = { ContentType = new("text/event-stream") },
                },
            }
        );

        Assert.Equal([Id(1)], await Read(1));
    }

    [Fact]
    public async Task Cancellation_EndsAQuietStream()
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Fixture.Cancellation);
        Service.On(
            Events,
            _ => new HttpResponseMessage
            {
                Content = new StreamContent(new QuietStream()) { Headers = { ContentType = new("text/event-stream") } },
            }
        );

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var _ in _fixture.Client.Events.Jobs(cancel.Cancel, cancel.Token)) { }
        });
    }

    [Fact]
    public async Task StreamWithoutEvenAHeartbeat_IsTakenForDead()
    {
        using var fixture = new Fixture(options => options.TimeProvider = new ImpatientTime(SdkPolicy.EventSilenceMax));
        fixture
            .Service.On(
                Events,
                _ => new HttpResponseMessage
                {
                    Content = new StreamContent(new QuietStream()) { Headers = { ContentType = new("text/event-stream") } },
                }
            )
            .Refuses(Events, ErrorCode.Forbidden, HttpStatusCode.Forbidden);

        await Assert.ThrowsAsync<MarketplaceException>(async () =>
        {
            await foreach (var _ in fixture.Client.Events.Jobs(cancellation: Fixture.Cancellation)) { }
        });

        Assert.Equal(2, fixture.Service.Received.Count);
    }

    [Fact]
    public async Task Watching_GoesOnBehindTheLastEvent_AndTellsWhatWasMissed()
    {
        const string path = "GET /v1/events?stream=jobs,reputation&class=64%20MiB&kind=leased";
        Service
            .On(path, _ => Stream(": open\n\nid: a-1\n\n" + Leased("a-2") + "id: a-7\n\n"))
            .On(path, _ => Stream("id: a-7\n\n" + Leased("a-8") + "event: lagged\ndata: {\"missed\":3}\n\n"))
            .On(path, _ => Stream(Leased("b-1")));
        var missed = 0L;
        var query = new EventQuery
        {
            Streams = [EventStream.Jobs, EventStream.Reputation],
            Class = "64 MiB",
            Kind = MarketEventKind.Leased,
        };

        var seen = new List<MarketEvent>();
        await foreach (var happened in _fixture.Client.Events.Watch(query, count => missed += count, Fixture.Cancellation))
        {
            seen.Add(happened);
            if (seen.Count == 3)
            {
                break;
            }
        }

        Assert.All(seen, happened => Assert.Equal(MarketEventKind.Leased, happened.Kind));
        Assert.Equal(
            [null, "a-7", "a-8"],
            Service.Received.Select(received => received.Headers.TryGetValues("Last-Event-ID", out var ids) ? ids.Single() : null)
        );
        Assert.Equal(3, missed);
    }

    private static string Leased(string id) => $"id: {id}\nevent: jobs\ndata: {{\"stream\":\"jobs\",\"kind\":\"leased\"}}\n\n";

    private async Task<List<JobId>> Read(int count, Action? mayHaveMissed = null)
    {
        var ids = new List<JobId>();
        await foreach (var ended in _fixture.Client.Events.Jobs(mayHaveMissed, Fixture.Cancellation))
        {
            ids.Add(ended.Id);
            if (ids.Count == count)
            {
                break;
            }
        }
        return ids;
    }

    private static JobId Id(byte number) => new(Samples.Digits(number));

    private static string Job(byte number)
    {
        var ended = new JobEnded(
            Id: Id(number),
            RequestId: "r",
            State: JobState.Completed,
            Code: null,
            FuelUsed: 1,
            Charge: TokenAmount.Zero,
            Output: null
        );
        return $"event: job\ndata: {JsonSerializer.Serialize(ended, Answers.Of<JobEnded>())}\n\n";
    }

    private static HttpResponseMessage Stream(string text) => FakeService.Bytes(Encoding.UTF8.GetBytes(text), "text/event-stream");

    /// <summary>Gives a heartbeat with each read, as a quiet service does, and at last an event.</summary>
    private sealed class Heartbeats(long bytes, string last) : MemoryStream
    {
        private const string Heartbeat = ": still here, and nothing has happened for a while\n\n";

        private long _left = bytes;
        private ReadOnlyMemory<byte> _rest;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_rest.IsEmpty)
            {
                _rest = Encoding.UTF8.GetBytes(_left > 0 ? Heartbeat : last);
            }
            var count = Math.Min(buffer.Length, _rest.Length);
            _rest[..count].CopyTo(buffer);
            (_rest, _left) = (_rest[count..], _left - count);
            return new(count);
        }
    }

    private sealed class QuietStream : MemoryStream
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return 0;
        }
    }
}
