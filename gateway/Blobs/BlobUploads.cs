using Marketplace.GrainInterfaces;
using Marketplace.Storage;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Marketplace.Gateway;

/// <summary>
/// Takes a body in as a blob of the caller's account, streamed, and answers only when bytes and pin are durable. The account's quota is
/// checked by the pin: bytes that exceed it lie unpinned until they are collected, and the store's floor of free disk bounds how many
/// those can be.
/// </summary>
internal sealed class BlobUploads(IGrainFactory grains, IBlobStore store, RateLimits rates, IOptions<GatewayOptions> options)
{
    public async Task<Blob> Take(HttpContext http, BlobId? expected)
    {
        var account = http.Caller().Account;
        var limits = options.Value;
        using var place = rates.EnterTransfer(account);
        if (!place.IsAcquired)
        {
            throw new MarketException(ErrorCode.RateLimited, GatewayMessages.TooManyTransfers(limits.AccountTransfersMax));
        }
        var stored = await store.Put(http.Request.Body, limits.BlobBytesMax, expected, http.RequestAborted);
        var pinned = await grains.GetGrain<IBlobGrain>(stored.Id.ToString()).Pin(account, stored.Size, http.Caller(), Authority.Gateway);
        return StorageMapper.ToBlob(pinned);
    }
}
