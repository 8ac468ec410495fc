using Marketplace.GrainInterfaces;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Gateway;

/// <summary>Workers as people see them: their offers, their reputation, and what owner and operator may say of it.</summary>
internal static class WorkerPagesApi
{
    private const string OneWorker = $"{Routes.Workers}/{{worker}}";

    public static void MapWorkerPagesApi(this IEndpointRouteBuilder routes)
    {
        var workers = routes.MapGroup("").WithTags("Workers");
        workers.MapGet(Routes.Workers, List).WithName("ListWorkers").Needs(Scopes.Read).TakesQuery(Pages.Cursor, Pages.Limit);
        workers.MapGet(OneWorker, Get).WithName("GetWorker").Needs(Scopes.Read).Refuses(ErrorCode.WorkerNotFound);
        workers.MapGet($"{OneWorker}/reputation", GetReputation).WithName("GetWorkerReputation").Needs(Scopes.Read);
        workers.MapGet($"{OneWorker}/leases", ListLeases).WithName("ListWorkerLeases").Needs(Scopes.Read);
        workers.MapGet($"{OneWorker}/explain", Explain).WithName("ExplainWorker").Needs(Scopes.Read);
        workers
            .MapPost($"{OneWorker}/maintenance", SetMaintenance)
            .WithName("SetWorkerMaintenance")
            .Needs(Scopes.Submit)
            .TakesJson(typeof(MaintenanceRequest), GatewayPolicy.SmallBodyBytesMax);
        workers
            .MapPost($"{OneWorker}/appeals", Appeal)
            .WithName("AppealFaults")
            .Needs(Scopes.Submit)
            .TakesJson(typeof(AppealRequest), GatewayPolicy.SmallBodyBytesMax)
            .Refuses(ErrorCode.AppealRefused, ErrorCode.RequestIdReused);
        workers
            .MapPost($"{OneWorker}/decisions", Decide)
            .WithName("DecideAppeal")
            .Needs(Scopes.Admin)
            .TakesJson(typeof(DecisionRequest), GatewayPolicy.SmallBodyBytesMax)
            .Refuses(ErrorCode.AppealRefused);
        workers
            .MapPost($"{OneWorker}/stake", Stake)
            .WithName("StakeForWorker")
            .Needs(Scopes.Submit)
            .TakesJson(typeof(StakeRequest), GatewayPolicy.SmallBodyBytesMax)
            .Refuses(ErrorCode.AccountNotFound, ErrorCode.InsufficientFunds, ErrorCode.SpendLimitReached, ErrorCode.RequestIdReused);
        workers
            .MapPost($"{OneWorker}/unstake", Unstake)
            .WithName("UnstakeFromWorker")
            .Needs(Scopes.Submit)
            .TakesJson(typeof(UnstakeRequest), GatewayPolicy.SmallBodyBytesMax)
            .Refuses(ErrorCode.StakeNotFound);
    }

    /// <summary>The offers of the market, the cheapest first.</summary>
    internal static async Task<JsonAnswer<Page<MarketWorker>>> List(HttpContext http, IGrainFactory grains, MarketShards shards)
    {
        var limit = RequestReader.Number(http, Pages.Limit);
        var place = PlaceOf(RequestReader.Text(http, Routes.Cursor));
        var lists = await Task.WhenAll(shards.All(grains).Select(market => market.ListOffers(place, limit))).WaitAsync(http.RequestAborted);
        var offers = MarketViews.Join(lists, limit);
        var next = offers.Length == limit && limit > 0 ? $"{offers[^1].Offer.PricePerMillionFuel}-{offers[^1].Offer.Worker}" : null;
        return Answer.Large(new Page<MarketWorker>([.. offers.Select(WorkerMapper.ToWorker)], next), ApiJson.Default.PageMarketWorker);
    }

    /// <summary>One worker's offer, while the market has it.</summary>
    internal static async Task<JsonAnswer<MarketWorker>> Get(HttpContext http, string worker, IGrainFactory grains, MarketShards shards)
    {
        var id = RequestReader.Worker(worker);
        var offer =
            await shards.Of(grains, id).FindOffer(id).WaitAsync(http.RequestAborted)
            ?? throw new MarketException(ErrorCode.WorkerNotFound, GatewayMessages.WorkerNotFound(id));
        return Answer.Ok(WorkerMapper.ToWorker(offer), ApiJson.Default.MarketWorker);
    }

    /// <summary>
    /// A worker's reputation; one of which nothing is known is a newcomer. Faults and appeals are for the worker's own account and the
    /// operator.
    /// </summary>
    internal static async Task<JsonAnswer<Reputation>> GetReputation(HttpContext http, string worker, IGrainFactory grains)
    {
        var view = await ReputationOf(grains, worker).Get(http.Caller()).WaitAsync(http.RequestAborted);
        return Answer.Ok(WorkerMapper.ToReputation(view), ApiJson.Default.Reputation);
    }

    /// <summary>
    /// The jobs that a worker has now, those that it has longest first, at most 1000 in one page. Whose they are is not told.
    /// </summary>
    internal static async Task<JsonAnswer<Page<LeasedJob>>> ListLeases(
        HttpContext http,
        string worker,
        IGrainFactory grains,
        MarketShards shards
    )
    {
        var id = RequestReader.Worker(worker);
        var lists = await Task.WhenAll(shards.All(grains).Select(market => market.ListLeases(id))).WaitAsync(http.RequestAborted);
        var leases = lists.SelectMany(list => list).OrderBy(lease => lease.Since).Take(MarketLimits.ListedLeasesMax);
        return Answer.Large(new Page<LeasedJob>([.. leases.Select(WorkerMapper.ToLeased)], null), ApiJson.Default.PageLeasedJob);
    }

    /// <summary>
    /// Why a worker gets no work, by some of the jobs that wait; one that the market does not know is not connected. For the worker's own
    /// account, the one that it earns for, and the operator.
    /// </summary>
    internal static async Task<JsonAnswer<WorkerExplanation>> Explain(
        HttpContext http,
        string worker,
        IGrainFactory grains,
        MarketShards shards
    )
    {
        var id = RequestReader.Worker(worker);
        var explanation = await shards.Of(grains, id).ExplainWorker(id, http.Caller()).WaitAsync(http.RequestAborted);
        return Answer.Ok(WorkerMapper.ToExplanation(id, explanation), ApiJson.Default.WorkerExplanation);
    }

    /// <summary>
    /// While it is on, the worker gets no leases, and those that it has go on. For the worker's own account and the operator.
    /// </summary>
    internal static async Task<JsonAnswer<Reputation>> SetMaintenance(HttpContext http, string worker, IGrainFactory grains)
    {
        var request = await RequestReader.Body(http, RequestReader.Json.MaintenanceRequest);
        var view = await ReputationOf(grains, worker).SetMaintenance(http.Caller(), request.On);
        return Answer.Ok(WorkerMapper.ToReputation(view), ApiJson.Default.Reputation);
    }

    /// <summary>The owner says that faults were counted wrongly, once per request id; the operator decides.</summary>
    internal static async Task<JsonAnswer<Reputation>> Appeal(HttpContext http, string worker, IGrainFactory grains)
    {
        var request = await RequestReader.Body(http, RequestReader.Json.AppealRequest);
        var appeal = new GrainInterfaces.AppealRequest(request.RequestId, [.. request.Jobs], request.Words);
        var view = await ReputationOf(grains, worker).Appeal(http.Caller(), appeal);
        return Answer.Ok(WorkerMapper.ToReputation(view), ApiJson.Default.Reputation);
    }

    /// <summary>The operator grants or refuses an appeal, once.</summary>
    internal static async Task<JsonAnswer<Reputation>> Decide(HttpContext http, string worker, IGrainFactory grains)
    {
        var request = await RequestReader.Body(http, RequestReader.Json.DecisionRequest);
        var decision = new AppealDecision(request.RequestId, request.Granted, request.Words);
        var view = await ReputationOf(grains, worker).Decide(http.Caller(), decision);
        return Answer.Ok(WorkerMapper.ToReputation(view), ApiJson.Default.Reputation);
    }

    /// <summary>
    /// Puts money of the caller's account at stake for a worker, once per request id. It counts for this worker alone, and stays on hold
    /// until it is taken back.
    /// </summary>
    internal static async Task<JsonAnswer<Reputation>> Stake(HttpContext http, string worker, IGrainFactory grains)
    {
        var request = await RequestReader.Body(http, RequestReader.Json.StakeRequest);
        var stake = new GrainInterfaces.StakeRequest(request.RequestId, request.Amount);
        var view = await ReputationOf(grains, worker).Stake(http.Caller(), stake);
        return Answer.Ok(WorkerMapper.ToReputation(view), ApiJson.Default.Reputation);
    }

    /// <summary>
    /// Takes stakes of the caller's account back, each whole. They count no more; their money is available again when the market's time of
    /// unbonding is over.
    /// </summary>
    internal static async Task<JsonAnswer<Reputation>> Unstake(HttpContext http, string worker, IGrainFactory grains)
    {
        var request = await RequestReader.Body(http, RequestReader.Json.UnstakeRequest);
        var view = await ReputationOf(grains, worker).Unstake(http.Caller(), [.. request.Stakes]);
        return Answer.Ok(WorkerMapper.ToReputation(view), ApiJson.Default.Reputation);
    }

    private static IReputationGrain ReputationOf(IGrainFactory grains, string worker) =>
        grains.GetGrain<IReputationGrain>(ReputationKeys.OfWorker(RequestReader.Worker(worker)));

    /// <summary>A cursor is the price and the worker that the page before ended with.</summary>
    private static OfferPlace? PlaceOf(string? cursor)
    {
        if (cursor is null)
        {
            return null;
        }
        var parts = cursor.Split('-');
        return parts is [var price, var worker] && TokenAmount.TryParse(price, out var amount) && WorkerId.TryParse(worker, out var id)
            ? new OfferPlace(amount, id)
            : throw RequestReader.Malformed(GatewayMessages.BadCursor(cursor));
    }
}
