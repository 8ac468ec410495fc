using Marketplace.GrainInterfaces;
using Marketplace.Grains;
using Marketplace.Silo;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Marketplace.Verify.SlowReaders;

/// <summary>
/// Accounts with money and a key each, made in a data folder before a silo starts on it: over HTTP there is only the first one.
/// </summary>
internal static class MadeAccounts
{
    private static readonly TokenAmount Credit = new(1_000_000_000_000);

    /// <returns>The keys, one for each account.</returns>
    public static async Task<IReadOnlyList<string>> Make(string folder, int count)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await builder.AddMarketplaceGrains(new SiloOptions { Data = folder });
        builder.Services.AddMarketGrains();
        await using var grains = builder.Build();
        await grains.StartAsync();
        var factory = grains.Services.GetRequiredService<IGrainFactory>();
        var keys = new List<string>();
        for (var number = 1; number <= count; number++)
        {
            var account = factory.GetGrain<IAccountGrain>(
                new AccountId(new Bytes32([.. BitConverter.GetBytes((long)number), .. new byte[24]])).ToString()
            );
            await account.Credit("made", Credit, at: null, Authority.Silo);
            keys.Add(
                (
                    await account.CreateKey(
                        new GrainInterfaces.KeyRequest("made", Scopes.Read | Scopes.Submit | Scopes.Deploy, null),
                        null,
                        Authority.Silo
                    )
                ).Key
            );
        }
        await grains.StopAsync();
        return keys;
    }
}
