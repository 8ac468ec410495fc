using Marketplace.GrainInterfaces;
using Microsoft.AspNetCore.Http;

namespace Marketplace.Gateway;

/// <summary>A download that counts among the account's transfers while it runs.</summary>
internal sealed class TransferAnswer(Download download, AccountId account, RateLimits rates, int max) : IResult
{
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        using var place = rates.EnterTransfer(account);
        if (!place.IsAcquired)
        {
            throw new MarketException(ErrorCode.RateLimited, GatewayMessages.TooManyTransfers(max));
        }
        await download.ExecuteAsync(httpContext);
    }
}
