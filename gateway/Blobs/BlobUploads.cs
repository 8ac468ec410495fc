using Marketplace.Api;
using Marketplace.Grains;
using Marketplace.Storage;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Marketplace.Gateway;

/// <summary>Takes a body in as a blob of the caller's account: within its quota, streamed, and answered only when bytes and pin are durable.</summary>
internal sealed class BlobUploads(IGrainFactory grains, IBlobStore store, BlobUsage usage, RateLimits rates, IOptions<GatewayOptions> options)
{
    public async Task<Blob> Take(HttpContext http, BlobId? expected)
    {
        var account = http.Caller().Account;
        var limits = options.Value;
        using var place = rates.EnterTransfer(account);
        if (!place.IsAcquired)
            throw new MarketException(ErrorCode.RateLimited, GatewayMessages.TooManyTransfers(limits.AccountTransfersMax));
        var used = await usage.Of(account, http.RequestAborted);
        if (used.Count >= limits.AccountBlobsMax)
            throw new MarketException(ErrorCode.QuotaExceeded, GatewayMessages.BlobsOverQuota(limits.AccountBlobsMax));
        var left = limits.AccountBlobBytesMax - used.Bytes;
        if (left <= 0 || http.Request.ContentLength > left)
            throw new MarketException(ErrorCode.QuotaExceeded, GatewayMessages.BytesOverQuota(used.Bytes, limits.AccountBlobBytesMax));

        BlobInfo stored;
        try
        {
            stored = await store.Put(http.Request.Body, Math.Min(limits.BlobBytesMax, left), expected, http.RequestAborted);
        }
        catch (BlobTooLargeException large) when (large.SizeMax < limits.BlobBytesMax)
        {
            throw new MarketException(ErrorCode.QuotaExceeded, GatewayMessages.BytesOverQuota(used.Bytes, limits.AccountBlobBytesMax));
        }
        var grain = grains.GetGrain<IBlobGrain>(stored.Id.ToString());
        var had = await grain.Find(account);
        var pinned = await grain.Pin(account, stored.Size);
        if (had is null)
            usage.Added(account, stored.Size);
        return StorageMapper.ToBlob(pinned);
    }
}
