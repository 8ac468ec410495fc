using System.Runtime.CompilerServices;
using Marketplace.Sdk.Transport;

namespace Marketplace;

/// <summary>What happens to the account and in the market, as it happens.</summary>
public class EventsClient
{
    private static readonly HashSet<string> JobNames = [Routes.JobEvent];

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
        await foreach (var happened in Follow<JobEnded>(Routes.Events, JobNames, cancellation).ConfigureAwait(false))
        {
            if (happened.Event is { } ended)
            {
                yield return ended;
            }
            else
            {
                mayHaveMissed?.Invoke();
            }
        }
    }

    /// <summary>
    /// What happens in the market, until cancelled. What tells whose a job is stands only in the events of the account's own jobs. A broken
    /// connection is made again, as often as needed, and goes on behind the last event: within half a minute and at the same process of the
    /// service nothing is lost. An event may come twice.
    /// </summary>
    /// <param name="query">Which events.</param>
    /// <param name="missed">Called with the number of events that were missed, at least; also where that is not known.</param>
    /// <param name="cancellation">Ends the stream.</param>
    /// <exception cref="MarketplaceException">As <see cref="Jobs"/>.</exception>
    public virtual async IAsyncEnumerable<MarketEvent> Watch(
        EventQuery query,
        Action<long>? missed = null,
        [EnumeratorCancellation] CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(query);
        await foreach (var happened in Follow<MarketEvent>(query.ToPath(), EventQuery.Names, cancellation).ConfigureAwait(false))
        {
            if (happened.Event is { } seen)
            {
                yield return seen;
            }
            else if (happened.Missed > 0)
            {
                missed?.Invoke(happened.Missed);
            }
        }
    }

    /// <summary>A single-use ticket for a client that cannot send a header, such as a browser's EventSource.</summary>
    public virtual Task<EventTicket> Ticket(CancellationToken cancellation = default) =>
        _transport.Ask<EventTicket>(HttpMethod.Post, Routes.EventTickets, cancellation);

    /// <summary>
    /// Events of one connection after the other. One without an event says that a connection was opened, or what was missed.
    /// </summary>
    private async IAsyncEnumerable<EventConnection<TEvent>.Seen> Follow<TEvent>(
        string path,
        IReadOnlySet<string> names,
        [EnumeratorCancellation] CancellationToken cancellation
    )
        where TEvent : class
    {
        string? lastId = null;
        for (var (failures, limited, opened) = (0, 0, 0); ; )
        {
            var (connection, refusal) = await TryConnect<TEvent>(path, names, lastId, cancellation).ConfigureAwait(false);
            // A request too many passes with a pause; a place among the streams may never become free.
            limited = refusal?.Code == ErrorCode.RateLimited ? limited + 1 : 0;
            if (limited > _transport.Options.Retries)
            {
                throw refusal!;
            }
            if (connection is not null)
            {
                await using var _ = connection.ConfigureAwait(false);
                // The first connection misses nothing that it promised; a later one without a place says nothing of what was between.
                yield return new(null, opened++ > 0 && lastId is null ? 1 : 0);
                while (await connection.Next(cancellation).ConfigureAwait(false) is { } seen)
                {
                    failures = 0;
                    lastId = connection.LastId;
                    yield return seen;
                }
                lastId = connection.LastId ?? lastId;
            }
            failures++;
            await _transport.Backoff.Wait(failures, refusal?.RetryAfter, cancellation).ConfigureAwait(false);
        }
    }

    /// <returns>No connection if it failed in a way that may pass, and the refusal if there was one.</returns>
    private async Task<(EventConnection<TEvent>? Connection, MarketplaceException? Refusal)> TryConnect<TEvent>(
        string path,
        IReadOnlySet<string> names,
        string? lastId,
        CancellationToken cancellation
    )
        where TEvent : class
    {
        using var deadline = new Deadline(_transport.Options.RequestTimeout, _transport.Options.TimeProvider, cancellation);
        using var request = _transport.Request(HttpMethod.Get, path);
        if (lastId is not null)
        {
            request.Headers.Add("Last-Event-ID", lastId);
        }
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
            return (new EventConnection<TEvent>(_transport, response, content, names), null);
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
