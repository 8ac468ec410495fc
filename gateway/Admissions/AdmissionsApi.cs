using Marketplace.GrainInterfaces;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Gateway;

/// <summary>Workers that ask to be let in, and what the operator decides of them.</summary>
internal static class AdmissionsApi
{
    private static readonly QueryRule State = new(Routes.State, "Which: 'waiting', 'admitted' or 'refused'; left out: waiting.")
    {
        Value = typeof(AdmissionState),
    };

    public static void MapAdmissionsApi(this IEndpointRouteBuilder routes)
    {
        var admissions = routes.MapGroup("").WithTags("Workers");
        admissions
            .MapGet(Routes.Admissions, List)
            .WithName("ListAdmissions")
            .Needs(Scopes.Admin)
            .TakesQuery(State, Pages.Cursor, Pages.Limit);
        admissions
            .MapPost($"{Routes.Admissions}/{{worker}}/decisions", Decide)
            .WithName("DecideAdmission")
            .Needs(Scopes.Admin)
            .TakesJson(typeof(AdmissionRequest), GatewayPolicy.SmallBodyBytesMax)
            .Refuses(ErrorCode.RequestIdReused);
    }

    /// <summary>
    /// Workers that asked to be let in and wait, those that came first before the others; or those that are decided, the newest decision
    /// first.
    /// </summary>
    internal static async Task<JsonAnswer<Page<Admission>>> List(HttpContext http, IGrainFactory grains)
    {
        var (limit, after) = (RequestReader.Number(http, Pages.Limit), PageCursor.Read(RequestReader.Text(http, Routes.Cursor)));
        var state = StateOf(RequestReader.Text(http, Routes.State));
        var all = await Of(grains).List(http.Caller(), state).WaitAsync(http.RequestAborted);
        var ordered = state == GrainInterfaces.AdmissionState.Waiting ? all.OrderBy(AtOf) : all.OrderByDescending(AtOf);
        var page = ordered
            .ThenBy(view => $"{view.Worker}", StringComparer.Ordinal)
            .Where(view => after is null || IsBehind(view, after.Value))
            .Take(limit + 1)
            .ToArray();
        var next = page.Length > limit ? PageCursor.Write(PlaceOf(page[limit - 1])) : null;
        return Answer.Large(new Page<Admission>([.. page.Take(limit).Select(ToAdmission)], next), ApiJson.Default.PageAdmission);
    }

    /// <summary>
    /// Lets a worker in or refuses it, once per request id; a later decision takes the place of the one before. One that is refused while
    /// it is connected is disconnected: at once by this silo, within seconds by another one of a cluster. What it runs is run again
    /// elsewhere.
    /// </summary>
    internal static async Task<JsonAnswer<Admission>> Decide(HttpContext http, string worker, IGrainFactory grains, AdmissionWatch watch)
    {
        var id = RequestReader.Worker(worker);
        var request = await RequestReader.Body(http, RequestReader.Json.AdmissionRequest);
        var order = new AdmissionOrder(request.RequestId, request.Admitted, request.Reason);
        var view = await Of(grains).Decide(http.Caller(), id, order);
        await watch.Look(id, http.RequestAborted);
        return Answer.Ok(ToAdmission(view), ApiJson.Default.Admission);
    }

    private static IAdmissionGrain Of(IGrainFactory grains) => grains.GetGrain<IAdmissionGrain>(MarketLimits.AdmissionsKey);

    private static GrainInterfaces.AdmissionState StateOf(string? word) =>
        word switch
        {
            null or "waiting" => GrainInterfaces.AdmissionState.Waiting,
            "admitted" => GrainInterfaces.AdmissionState.Admitted,
            "refused" => GrainInterfaces.AdmissionState.Refused,
            _ => throw RequestReader.Malformed(GatewayMessages.BadId("a state of an admission", word, "waiting, admitted or refused")),
        };

    /// <summary>Requests are listed by when they first came, decisions by when they were made.</summary>
    private static DateTimeOffset AtOf(AdmissionView view) => view.Facts?.FirstAt ?? view.Decision!.At;

    private static ListPlace PlaceOf(AdmissionView view) => new(AtOf(view), $"{view.Worker}");

    private static bool IsBehind(AdmissionView view, ListPlace place)
    {
        var here = PlaceOf(view);
        return here.At == place.At ? string.CompareOrdinal(here.Id, place.Id) > 0
            : view.Facts is null ? here.At < place.At
            : here.At > place.At;
    }

    private static Admission ToAdmission(AdmissionView view) =>
        new(
            view.Worker,
            view.Decision is not { } decision ? AdmissionState.Waiting
                : decision.Order.Admitted ? AdmissionState.Admitted
                : AdmissionState.Refused
        )
        {
            Offer = view.Facts is { } facts ? ToOffer(facts) : null,
            Decision = view.Decision is { } made ? new AdmissionDecision(made.Order.RequestId, made.Order.Reason, made.At, made.By) : null,
        };

    private static AdmissionOffer ToOffer(AdmissionFacts facts) =>
        new(
            PayTo: facts.PayTo,
            PricePerMillionFuel: facts.PricePerMillionFuel,
            Slots: facts.Slots,
            MemoryPagesMax: facts.MemoryPagesMax,
            Committee: facts.HasCommitteeKey,
            Address: facts.Address,
            FirstAt: facts.FirstAt,
            LastAt: facts.LastAt,
            Times: facts.Times
        )
        {
            Region = facts.Region,
        };
}
