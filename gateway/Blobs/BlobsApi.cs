using Marketplace.GrainInterfaces;
using Marketplace.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;

namespace Marketplace.Gateway;

/// <summary>
/// Blobs: up and down by stream, listed and removed per account. An account never learns what others keep: an upload gets the same answer
/// whether or not the bytes were there before, and what this account has not uploaded does not exist for it.
/// </summary>
internal static class BlobsApi
{
    private const string Expect = "expect";

    private static readonly string[] Reads = [HttpMethods.Get, HttpMethods.Head];
    private static readonly QueryRule Expected = new(Expect, "The id that the bytes must hash to.") { Value = typeof(BlobId) };

    private static readonly ErrorCode[] UploadRefusals =
    [
        ErrorCode.BlobMismatch,
        ErrorCode.QuotaExceeded,
        ErrorCode.StorageFull,
        ErrorCode.LimitExceeded,
        ErrorCode.AccountNotFound,
    ];

    public static void MapBlobsApi(this IEndpointRouteBuilder routes, GatewayOptions options)
    {
        var blobs = routes.MapGroup("").WithTags("Blobs");
        blobs
            .MapPost(Routes.Blobs, Post)
            .WithName("UploadBlob")
            .Needs(Scopes.Submit)
            .TakesBytes(options.BlobBytesMax)
            .TakesQuery(Expected)
            .Transfers()
            .Creates<Blob>()
            .Refuses(UploadRefusals);
        blobs
            .MapPut($"{Routes.Blobs}/{{blob}}", Put)
            .WithName("PutBlob")
            .Needs(Scopes.Submit)
            .TakesBytes(options.BlobBytesMax)
            .Transfers()
            .Refuses(UploadRefusals);
        blobs
            .MapGet(Routes.Blobs, List)
            .WithName("ListBlobs")
            .Needs(Scopes.Read)
            .TakesQuery(Pages.Prefix, Pages.Cursor, Pages.Limit)
            .HoldsPage(GatewayPolicy.RowBytes);
        blobs
            .MapMethods($"{Routes.Blobs}/{{blob}}", Reads, Get)
            .WithName("GetBlob")
            .Needs(Scopes.Read)
            .Transfers()
            .GivesBytes()
            .Refuses(ErrorCode.BlobNotFound, ErrorCode.BlobDamaged);
        blobs.MapGet($"{Routes.Blobs}/{{blob}}/info", Info).WithName("GetBlobInfo").Needs(Scopes.Read).Refuses(ErrorCode.BlobNotFound);
        blobs
            .MapDelete($"{Routes.Blobs}/{{blob}}", Delete)
            .WithName("RemoveBlob")
            .Needs(Scopes.Submit)
            .Produces(StatusCodes.Status204NoContent)
            .Refuses(ErrorCode.BlobNotFound);
    }

    /// <summary>Uploads bytes and keeps them for the account; with <c>expect</c>, only if they hash to that id.</summary>
    internal static async Task<JsonAnswer<Blob>> Post(HttpContext http, BlobUploads uploads)
    {
        var expected = RequestReader.Text(http, Expect) is { } text ? RequestReader.Blob(text) : (BlobId?)null;
        var blob = await uploads.Take(http, expected);
        return Answer.Created(blob, ApiJson.Default.Blob, Routes.Blob(blob.Id));
    }

    /// <summary>Uploads bytes under their id; refused where they do not hash to it.</summary>
    internal static async Task<JsonAnswer<Blob>> Put(HttpContext http, string blob, BlobUploads uploads) =>
        Answer.Ok(await uploads.Take(http, RequestReader.Blob(blob)), ApiJson.Default.Blob);

    /// <summary>The account's blobs, newest first.</summary>
    internal static async Task<JsonAnswer<Page<Blob>>> List(HttpContext http, IAccountLists lists, TimeProvider time)
    {
        var page = await Pages.Read(http, lists, time, lists.Blobs, BlobId.Prefix);
        var blobs = page.Items.Select(StorageMapper.ToBlob).ToArray();
        return Answer.Large(new Page<Blob>(blobs, PageCursor.Write(page.Next)), ApiJson.Default.PageBlob);
    }

    /// <summary>The bytes, verified while they are read, also by Range.</summary>
    internal static async Task<TransferAnswer> Get(
        HttpContext http,
        string blob,
        IGrainFactory grains,
        IBlobStore store,
        RateLimits rates,
        IOptions<GatewayOptions> options
    )
    {
        var view = await Find(http, RequestReader.Blob(blob), grains);
        return new TransferAnswer(
            Download.Blob(store, view.Id, view.Size, view.Id.ToString()),
            http.Caller().Account,
            rates,
            options.Value.AccountTransfersMax
        );
    }

    /// <summary>Size and age of a blob of the account.</summary>
    internal static async Task<JsonAnswer<Blob>> Info(HttpContext http, string blob, IGrainFactory grains) =>
        Answer.Ok(StorageMapper.ToBlob(await Find(http, RequestReader.Blob(blob), grains)), ApiJson.Default.Blob);

    /// <summary>Removes the account's own pin; others who keep the same bytes are not touched.</summary>
    internal static async Task<IResult> Delete(HttpContext http, string blob, IGrainFactory grains)
    {
        var id = RequestReader.Blob(blob);
        await grains
            .GetGrain<IBlobGrain>(id.ToString())
            .Unpin(http.Caller().Account, http.Caller(), Authority.Gateway)
            .WaitAsync(http.RequestAborted);
        return TypedResults.NoContent();
    }

    internal static async Task<BlobView> Find(HttpContext http, BlobId id, IGrainFactory grains) =>
        await grains.GetGrain<IBlobGrain>(id.ToString()).Find(http.Caller().Account).WaitAsync(http.RequestAborted)
        ?? throw new MarketException(ErrorCode.BlobNotFound, GatewayMessages.BlobNotFound(id));
}
