using System.Net.ServerSentEvents;
using System.Text.Json;
using Marketplace.Sdk.Transport;

namespace Marketplace;

/// <summary>One connection of the stream.</summary>
internal sealed class EventConnection : IAsyncDisposable
{
    private readonly HttpTransport _transport;
    private readonly HttpResponseMessage _response;
    private readonly BoundedStream _content;
    private readonly CancellationTokenSource _stop = new();
    private readonly IAsyncEnumerator<SseItem<JobEnded?>> _items;
    private Deadline? _silence;

    public EventConnection(HttpTransport transport, HttpResponseMessage response, Stream content)
    {
        _transport = transport;
        _response = response;
        _content = new BoundedStream(new Watched(this, content), SdkPolicy.EventBytesMax, transport.Url);
        _items = SseParser.Create(_content, Parse).EnumerateAsync(_stop.Token).GetAsyncEnumerator(_stop.Token);
    }

    /// <returns>Null when the connection has ended.</returns>
    public async ValueTask<Seen?> Next(CancellationToken cancellation)
    {
        using var silence = new Deadline(SdkPolicy.EventSilenceMax, _transport.Options.TimeProvider, cancellation);
        await using var registration = silence
            .Token.UnsafeRegister(static stop => ((CancellationTokenSource)stop!).Cancel(), _stop)
            .ConfigureAwait(false);
        _silence = silence;
        try
        {
            while (await _items.MoveNextAsync().ConfigureAwait(false))
            {
                _content.Restart();
                var item = _items.Current;
                // Other events are those of a newer service.
                if (item.EventType is Routes.JobEvent or Routes.LaggedEvent)
                {
                    return new Seen(item.Data);
                }
            }
            return null;
        }
        catch (Exception broken) when (broken is OperationCanceledException or IOException or HttpRequestException)
        {
            return cancellation.IsCancellationRequested
                ? throw new OperationCanceledException("The caller cancelled the request.", broken, cancellation)
                : null;
        }
        finally
        {
            _silence = null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _items.DisposeAsync().ConfigureAwait(false);
        _response.Dispose();
        _stop.Dispose();
    }

    private JobEnded? Parse(string type, ReadOnlySpan<byte> data)
    {
        if (type != Routes.JobEvent)
        {
            return null;
        }
        try
        {
            return JsonSerializer.Deserialize(data, Answers.Of<JobEnded>());
        }
        catch (JsonException malformed)
        {
            throw new MarketplaceProtocolException(_transport.Url, $"An event is not of the expected form: {malformed.Message}", malformed);
        }
    }

    /// <param name="Ended">A job that has ended; null: the service has left events out.</param>
    internal readonly record struct Seen(JobEnded? Ended);

    /// <summary>Notices every byte, so that heartbeats count as life.</summary>
    private sealed class Watched(EventConnection connection, Stream inner) : ReadStream
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var count = await inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            connection._silence?.Extend();
            // Nothing of an event is open behind an empty line: the heartbeats of a quiet fortnight are not one long event.
            if (buffer.Span[..count].EndsWith("\n\n"u8))
            {
                connection._content.Restart();
            }
            return count;
        }
    }
}
