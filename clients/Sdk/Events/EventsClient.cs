using System.Runtime.CompilerServices;
using Marketplace.Sdk.Transport;

namespace Marketplace;

/// <summary>What happens to the account, as it happens.</summary>
public class EventsClient
{
    private readonly HttpTransport _transport;

    /// <summary>For fakes in tests, which override what they use; the other members do not work.</summary>
    protected EventsClient() => _transport = null!;

    internal EventsClient(HttpTransport transport) => _transport = transport;

    /// <summary>
    /// Jobs of the account as they end, until cancelled. A broken connection is made again, as often as needed. Events can be missed: those
    /// of the time without a connection, and those that came faster than they were read. A caller that waits for certain jobs asks for them
    /// with <see cref="JobsClient.GetMany"/> each time <paramref name="mayHaveMissed"/> is called.
    /// </summary>
    /// <param name="mayHaveMissed">Called when the stream is open for the first time, after each break, and when the service left events
    /// out.</param>
    /// <param name="cancellation">Ends the stream.</param>
    /// <exception cref="MarketplaceException">
    /// The service refuses the stream, for example because of the key; or, with <see cref="ErrorCode.RateLimited"/> and after as many
    /// attempts as requests have, because the account has as many streams open as allowed.
    /// </exception>
    public virtual async IAsyncEnumerable<JobEnded> Jobs(
        Action? mayHaveMissed = null,
        [EnumeratorCancellation] CancellationToken cancellation = default
    )
    {
        for (var (failures, limited) = (0, 0); ; )
        {
            var (connection, refusal) = await TryConnect(cancellation).ConfigureAwait(false);
            // A request too many passes with a pause; a place among the streams may never become free.
            limited = refusal?.Code == ErrorCode.RateLimited ? limited + 1 : 0;
            if (limited > _transport.Options.Retries)
            {
                throw refusal!;
            }
            if (connection is not null)
            {
                await using var _ = connection.ConfigureAwait(false);
                mayHaveMissed?.Invoke();
                while (await connection.Next(cancellation).ConfigureAwait(false) is { } seen)
                {
                    failures = 0;
                    if (seen.Ended is { } ended)
                    {
                        yield return ended;
                    }
                    else
                    {
                        mayHaveMissed?.Invoke();
                    }
                }
            }
            failures++;
            await _transport.Backoff.Wait(failures, refusal?.RetryAfter, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>A single-use ticket for a client that cannot send a header, such as a browser's EventSource.</summary>
    public virtual Task<EventTicket> Ticket(CancellationToken cancellation = default) =>
        _transport.Ask<EventTicket>(HttpMethod.Post, Routes.EventTickets, cancellation);

    /// <returns>No connection if it failed in a way that may pass, and the refusal if there was one.</returns>
    private async Task<(EventConnection? Connection, MarketplaceException? Refusal)> TryConnect(CancellationToken cancellation)
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
                    _transport.Url,
                    $"The events are of type '{type}' where text/event-stream is expected"
                );
            }
            var content = await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
            return (new EventConnection(_transport, response, content), null);
        }
        catch (MarketplaceUnreachableException)
        {
            response?.Dispose();
            return (null, null);
        }
        catch (MarketplaceException refused) when (refused.IsRetrySafe && !(refused.RetryAfter > SdkPolicy.RetryAfterMax))
        {
            return (null, refused);
        }
        catch
        {
            response?.Dispose();
            throw;
        }
    }
}
