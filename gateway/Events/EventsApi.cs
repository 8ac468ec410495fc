using Marketplace.GrainInterfaces;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Gateway;

/// <summary>Server-sent events: the account's jobs as they end, so that clients need not poll; and what happens in the market.</summary>
internal static class EventsApi
{
    private static readonly QueryRule Ticket = new(
        Tickets.Parameter,
        "A single-use ticket of POST /v1/events/tickets, for clients that cannot send a header."
    )
    {
        Pattern = Tickets.Pattern,
    };

    public static void MapEventsApi(this IEndpointRouteBuilder routes)
    {
        var events = routes.MapGroup("").WithTags("Events");
        events
            .MapGet(Routes.Events, Stream)
            .WithName("StreamEvents")
            .Needs(Scopes.Read, tickets: true)
            .TakesQuery([Ticket, .. EventFilter.Rules])
            .Transfers()
            .Produces<string>(StatusCodes.Status200OK, EventAnswer.ContentType)
            .WithMetadata(
                new EventsRule([
                    (Routes.JobEvent, typeof(JobEnded)),
                    .. Enum.GetValues<EventStream>().Select(stream => (EventFilter.NameOf(stream), typeof(MarketEvent))),
                    (Routes.LaggedEvent, typeof(EventsLagged)),
                ])
            );
        events.MapPost(Routes.EventTickets, CreateTicket).WithName("CreateEventTicket").Needs(Scopes.Read).Creates<EventTicket>();
    }

    /// <summary>
    /// Events named <c>job</c>, each a JobEnded; <c>lagged</c> with <c>{"missed":N}</c> where the reader was too slow for N of them or
    /// the way to the market was broken. Comments keep the connection alive. Events of the time without a connection are lost: after
    /// connecting, ask for the jobs that you wait for. With <c>stream</c>, events of the market instead, each a MarketEvent named for its
    /// stream and under an id: who comes again within half a minute, to the same process, with that id in <c>Last-Event-ID</c> goes on
    /// behind it, and is told by <c>lagged</c> where not all that came meanwhile is there. An event may come twice.
    /// </summary>
    internal static EventAnswer Stream(HttpContext http, EventAnswer.Surroundings surroundings)
    {
        var feature = http.Features.GetRequiredFeature<CallerFeature>();
        var account = feature.Caller.Account;
        var lastId = http.Request.Headers[EventsRule.LastId] is [{ Length: > 0 } id] ? id : null;
        return EventFilter.Of(http) is { } filter
            ? new EventAnswer(feature.Key, cancellation => surroundings.News.Open(account, filter, lastId, cancellation), surroundings)
            : new EventAnswer(feature.Key, cancellation => surroundings.Hub.Open(account, cancellation), surroundings);
    }

    /// <summary>A single-use ticket that stands for the key in <c>GET /v1/events?ticket=…</c> for half a minute.</summary>
    internal static JsonAnswer<EventTicket> CreateTicket(HttpContext http, EventTickets tickets)
    {
        var feature = http.Features.GetRequiredFeature<CallerFeature>();
        var (ticket, expiresAt) = tickets.Issue(feature.Caller.Account, feature.Key);
        return new JsonAnswer<EventTicket>(new EventTicket(ticket, expiresAt), ApiJson.Default.EventTicket)
        {
            Status = StatusCodes.Status201Created,
        };
    }
}
