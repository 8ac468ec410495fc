using System.Net.ServerSentEvents;
using System.Text.Json;
using Marketplace.Sdk.Transport;

namespace Marketplace;

/// <summary>One connection of the stream.</summary>
internal sealed class EventConnection<TEvent> : IAsyncDisposable
    where TEvent : class
{
    private readonly IReadOnlySet<string> _names;
    private readonly HttpTransport _transport;
    private readonly HttpResponseMessage _response;
    private readonly BoundedStream _content;
    private readonly CancellationTokenSource _stop = new();
    private readonly SseParser<Seen> _parser;
    private readonly IAsyncEnumerator<SseItem<Seen>> _items;
    private Deadline? _silence;

    /// <param name="transport">The way to the service.</param>
    /// <param name="response">The open stream.</param>
    /// <param name="content">What it brings.</param>
    /// <param name="names">The events that are of <typeparamref name="TEvent"/>.</param>
    public EventConnection(HttpTransport transport, HttpResponseMessage response, Stream content, IReadOnlySet<string> names)
    {
        _names = names;
        _transport = transport;
        _response = response;
        _content = new BoundedStream(new Watched(this, content), SdkPolicy.EventBytesMax, transport.Url);
        _parser = SseParser.Create(_content, Parse);
        _items = _parser.EnumerateAsync(_stop.Token).GetAsyncEnumerator(_stop.Token);
    }

    /// <summary>The place in the stream; null where it has none.</summary>
    public string? LastId => _parser.LastEventId is { Length: > 0 } id ? id : null;

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
                if (item.EventType == Routes.LaggedEvent || _names.Contains(item.EventType))
                {
                    return item.Data;
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

    private Seen Parse(string type, ReadOnlySpan<byte> data)
    {
        try
        {
            return type == Routes.LaggedEvent ? new Seen(null, JsonSerializer.Deserialize(data, Answers.Of<EventsLagged>())!.Missed)
                : _names.Contains(type) ? new Seen(JsonSerializer.Deserialize(data, Answers.Of<TEvent>()), 0)
                : default;
        }
        catch (JsonException malformed)
        {
            throw new MarketplaceProtocolException(_transport.Url, $"An event is not of the expected form: {malformed.Message}", malformed);
        }
    }

    /// <param name="Event">What happened; null: the service has left events out.</param>
    /// <param name="Missed">How many it left out, at least.</param>
    internal readonly record struct Seen(TEvent? Event, long Missed);

    /// <summary>Notices every byte, so that heartbeats count as life.</summary>
    private sealed class Watched(EventConnection<TEvent> connection, Stream inner) : ReadStream
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
