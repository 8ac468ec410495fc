using Marketplace.Crypto;
using Marketplace.GrainInterfaces;
using Marketplace.Storage;
using Marketplace.Worker.Protocol;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Marketplace.Gateway;

/// <summary>
/// What workers reach: their link, and over HTTP exactly the blobs that a lease is the right to. worker/PROTOCOL.md describes all of it.
/// </summary>
internal static class WorkersApi
{
    private static readonly string[] Reads = [HttpMethods.Get, HttpMethods.Head];

    public static void MapWorkersApi(this IEndpointRouteBuilder routes)
    {
        var workers = routes.MapGroup("").WithTags("Workers");
        workers.MapGet(Routes.WorkersConnect, Connect).ForWorkers(WorkerProof.Handshake).Transfers().ExcludeFromDescription();
        workers
            .MapMethods($"{Routes.Leases}/{{lease}}/blobs/{{blob}}", Reads, GetBlob)
            .WithName("GetLeaseBlob")
            .ForWorkers(WorkerProof.Signature)
            .Transfers()
            .GivesBytes()
            .Refuses(ErrorCode.LeaseNotFound, ErrorCode.LimitExceeded, ErrorCode.BlobNotFound, ErrorCode.BlobDamaged);
        workers
            .MapPut($"{Routes.Leases}/{{lease}}/outputs/{{blob}}", PutOutput)
            .WithName("PutLeaseOutput")
            .ForWorkers(WorkerProof.Signature)
            .TakesBytes(MarketLimits.OutputBytesMax)
            .Transfers()
            .Produces(StatusCodes.Status204NoContent)
            .Refuses(ErrorCode.LeaseNotFound, ErrorCode.LimitExceeded, ErrorCode.BlobMismatch, ErrorCode.StorageFull);
    }

    /// <summary>A worker's link: a WebSocket.</summary>
    internal static Task Connect(HttpContext http, WorkerDoor door) => door.Open(http);

    /// <summary>
    /// The bytes of a blob that the lease's run may read: its module, its input, its files, what the job's account keeps.
    /// </summary>
    internal static async Task<TransferAnswer> GetBlob(
        HttpContext http,
        string lease,
        string blob,
        IGrainFactory grains,
        IBlobStore store,
        RateLimits rates,
        IOptions<GatewayOptions> options
    )
    {
        var (call, id) = (http.LeaseCall(), RequestReader.Blob(blob));
        var size =
            await GrainOf(grains, call).FindBlob(call, id).WaitAsync(http.RequestAborted)
            ?? throw new MarketException(ErrorCode.BlobNotFound, GatewayMessages.LeaseBlobNotFound(id));
        var account = AccountOf(call);
        return new TransferAnswer(Download.Blob(store, id, size, id.ToString()), account, rates, options.Value.AccountTransfersMax);
    }

    /// <summary>Brings an output of the lease's run, which must have the length that is told and hash to the id.</summary>
    internal static async Task<IResult> PutOutput(
        HttpContext http,
        string lease,
        string blob,
        IGrainFactory grains,
        [FromKeyedServices(GatewayHosting.OutputStore)] IBlobStore outputs,
        RateLimits rates,
        IOptions<GatewayOptions> options
    )
    {
        var (call, id) = (http.LeaseCall(), RequestReader.Blob(blob));
        var size = http.Request.ContentLength ?? throw RequestReader.Malformed(GatewayMessages.LengthMissing);
        using var place = rates.EnterTransfer(AccountOf(call));
        if (!place.IsAcquired)
        {
            throw new MarketException(ErrorCode.RateLimited, GatewayMessages.TooManyTransfers(options.Value.AccountTransfersMax));
        }
        var worker = GrainOf(grains, call);
        // The lease first: who has none writes nothing.
        await worker.BeginOutput(call, id, size).WaitAsync(http.RequestAborted);
        await outputs.Put(http.Request.Body, size, id, http.RequestAborted);
        await worker.AddOutput(call, id).WaitAsync(http.RequestAborted);
        return TypedResults.NoContent();
    }

    /// <summary>A worker's key is an account's as well: rates and transfers are bounded by it.</summary>
    internal static AccountId AccountOf(GrainInterfaces.LeaseCall call) => new(call.Worker.Value);

    private static IWorkerGrain GrainOf(IGrainFactory grains, GrainInterfaces.LeaseCall call) =>
        grains.GetGrain<IWorkerGrain>(call.Worker.ToString());
}

/// <summary>Which run of which worker asks, once its signature is checked.</summary>
internal sealed record WorkerFeature(GrainInterfaces.LeaseCall Call);

/// <summary>
/// Checks what a worker signed for one request. No session is needed, so any silo of a cluster serves it. A request that somebody repeats
/// has
/// the effect of the first one: it reads the same bytes, or brings them again.
/// </summary>
internal sealed class WorkerRequests(MarketIdentity market, TimeProvider time)
{
    /// <returns>Whose call it is, or what is wrong.</returns>
    public (GrainInterfaces.LeaseCall? Call, string? Refusal) Check(HttpContext http)
    {
        var lease = RequestReader.Lease(http.Request.RouteValues["lease"]?.ToString() ?? "");
        var headers = http.Request.Headers.Authorization;
        // The path as it is written by its ids: what stands between them must not depend on a proxy's way with paths.
        var path = http.Request.Path.Value ?? "";
        var ticket = WorkerSignatures.Check(headers.Count == 1 ? headers[0] : null, market.PublicKey, http.Request.Method, path, lease);
        if (ticket is null)
        {
            return (null, GatewayMessages.WorkerSignatureRefused);
        }
        var age = time.GetUtcNow().ToUnixTimeMilliseconds() - (decimal)ticket.UnixMilliseconds;
        return Math.Abs(age) > (decimal)LinkPolicy.RequestAgeMax.TotalMilliseconds
            ? (null, GatewayMessages.WorkerDateRefused(LinkPolicy.RequestAgeMax))
            : (LinkMapping.ToGrain(ticket.Call), null);
    }
}

internal static class WorkerExtensions
{
    /// <summary>The verified call of a route for workers.</summary>
    public static GrainInterfaces.LeaseCall LeaseCall(this HttpContext http) => http.Features.GetRequiredFeature<WorkerFeature>().Call;
}
