using System.Runtime.CompilerServices;
using Marketplace.Api;
using Marketplace.Sdk.Transport;

namespace Marketplace.Sdk;

/// <summary>What happens to the account, as it happens.</summary>
public sealed class EventsClient
{
    private readonly HttpTransport _transport;

    internal EventsClient(HttpTransport transport) => _transport = transport;

    /// <summary>
    /// Jobs of the account as they end, until cancelled. A broken connection is made again, as often as needed. Events can be missed: those
    /// of the time without a connection, and those that came faster than they were read. Whoever waits for certain jobs asks for them with
    /// <see cref="JobsClient.GetMany"/> each time <paramref name="mayHaveMissed"/> is called.
    /// </summary>
    /// <param name="mayHaveMissed">Called when the stream is open for the first time, after each break, and when the service left events
    /// out.</param>
    /// <exception cref="MarketplaceException">The service refuses the stream, for example because of the key.</exception>
    public async IAsyncEnumerable<JobEnded> Jobs(
        Action? mayHaveMissed = null, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        for (var failures = 0; ;)
        {
            var connection = await TryConnect(cancellation).ConfigureAwait(false);
            if (connection is not null)
            {
                await using var _ = connection.ConfigureAwait(false);
                mayHaveMissed?.Invoke();
                while (await connection.Next(cancellation).ConfigureAwait(false) is { } seen)
                {
                    failures = 0;
                    if (seen.Ended is { } ended)
                        yield return ended;
                    else
                        mayHaveMissed?.Invoke();
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
}
