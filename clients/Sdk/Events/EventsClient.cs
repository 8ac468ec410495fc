using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Marketplace.Api;
using Marketplace.Sdk.Transport;

namespace Marketplace.Sdk;

/// <summary>What happens to the account, as it happens.</summary>
public sealed class EventsClient
{
    private readonly HttpTransport _transport;

    internal EventsClient(HttpTransport transport) => _transport = transport;

    /// <summary>
    /// Jobs of the account as they end, until cancelled. A broken connection is made again, as often as needed. Events of the time without
    /// a connection are lost: whoever waits for certain jobs asks for them with <see cref="JobsClient.GetMany"/> each time
    /// <paramref name="connected"/> is called.
    /// </summary>
    /// <param name="connected">Called when the stream is open, the first time and after each break.</param>
    /// <exception cref="MarketplaceException">The service refuses the stream, for example because of the key.</exception>
    public async IAsyncEnumerable<JobEnded> Jobs(
        Action? connected = null, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        for (var failures = 0; ;)
        {
            var connection = await TryConnect(cancellation).ConfigureAwait(false);
            if (connection is not null)
            {
                await using var _ = connection.ConfigureAwait(false);
                connected?.Invoke();
                while (await connection.Next(cancellation).ConfigureAwait(false) is { } ended)
                {
                    failures = 0;
                    yield return ended;
                }
            }
            failures++;
            await _transport.Backoff.Wait(failures, null, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>A single-use ticket for a client that cannot send a header, such as a browser's EventSource.</summary>
    public Task<EventTicket> Ticket(CancellationToken cancellation = default) =>
        _transport.Ask<EventTicket>(HttpMethod.Post, Routes.EventTickets, cancellation);

    /// <returns>Null if it failed in a way that may pass.</returns>
    private async Task<EventConnection?> TryConnect(CancellationToken cancellation)
    {
        using var deadline = new Deadline(_transport.Options.RequestTimeout, _transport.Options.TimeProvider, cancellation);
        using var request = _transport.Request(HttpMethod.Get, Routes.Events);
        request.Headers.Accept.ParseAdd("text/event-stream");
        HttpResponseMessage? response = null;
        try
        {
            response = await _transport.Open(request, deadline, cancellation).ConfigureAwait(false);
            if (response.Content.Headers.ContentType?.MediaType != "text/event-stream")
            {
                var type = response.Content.Headers.ContentType?.MediaType ?? "none";
                throw new MarketplaceProtocolException(
                    _transport.Url, $"The events are of type '{type}' where text/event-stream is expected");
            }
            return new EventConnection(_transport, response, await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false));
        }
        catch (MarketplaceUnreachableException)
        {
            response?.Dispose();
            return null;
        }
        catch (MarketplaceException refused) when (refused.IsRetrySafe)
        {
            return null;
        }
        catch
        {
            response?.Dispose();
            throw;
        }
    }

    /// <summary>One connection of the stream.</summary>
    private sealed class EventConnection : IAsyncDisposable
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
        public async ValueTask<JobEnded?> Next(CancellationToken cancellation)
        {
            using var silence = new Deadline(SdkPolicy.EventSilenceMax, _transport.Options.TimeProvider, cancellation);
            await using var registration = silence.Token.UnsafeRegister(
                static stop => ((CancellationTokenSource)stop!).Cancel(), _stop).ConfigureAwait(false);
            _silence = silence;
            try
            {
                while (await _items.MoveNextAsync().ConfigureAwait(false))
                {
                    _content.Restart();
                    // Other events are those of a newer service.
                    if (_items.Current.EventType == Routes.JobEvent && _items.Current.Data is { } ended)
                        return ended;
                }
                return null;
            }
            catch (Exception broken)
                when (!cancellation.IsCancellationRequested && broken is OperationCanceledException or IOException or HttpRequestException)
            {
                cancellation.ThrowIfCancellationRequested();
                return null;
            }
            catch (OperationCanceledException cancelled)
            {
                throw new OperationCanceledException("The caller cancelled the request.", cancelled, cancellation);
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
                return null;
            try
            {
                return JsonSerializer.Deserialize(data, Answers.Of<JobEnded>());
            }
            catch (JsonException malformed)
            {
                throw new MarketplaceProtocolException(
                    _transport.Url, $"An event is not of the expected form: {malformed.Message}", malformed);
            }
        }

        /// <summary>Notices every byte, so that heartbeats count as life.</summary>
        private sealed class Watched(EventConnection connection, Stream inner) : ReadStream
        {
            public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
            {
                var count = await inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
                connection._silence?.Extend();
                return count;
            }
        }
    }
}
