using Marketplace.Grains;

namespace Marketplace.Silo;

/// <summary>
/// The first start credits the local account and leaves its API key in the data folder. Each step can be repeated: a start that was cut short is
/// finished by the next one. Wakes the market, so that open jobs are queued again without anybody asking.
/// </summary>
internal sealed class FirstStart(IGrainFactory grains, DataFolder folder, SiloOptions options) : IHostedService
{
    private const string CreditOperation = "first start";

    public async Task StartAsync(CancellationToken cancellation)
    {
        using var key = folder.KeyPair(DataFolder.AccountKey);
        var account = grains.GetGrain<IAccountGrain>(new AccountId(key.PublicKey).ToString());
        if (!folder.Has(DataFolder.ApiKey))
        {
            await account.Credit(CreditOperation, TokenAmount.Parse(options.InitialCredit));
            var created = await account.CreateKey(new KeyRequest("local", Scopes.Read | Scopes.Submit | Scopes.Deploy | Scopes.Admin, null));
            folder.Write(DataFolder.ApiKey, created.Key);
        }
        await grains.GetGrain<IMarketGrain>(MarketLimits.DefaultClass).GetView();
    }

    public Task StopAsync(CancellationToken cancellation) => Task.CompletedTask;
}
