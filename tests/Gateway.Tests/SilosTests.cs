using System.Net;
using System.Net.Http.Json;
using Marketplace.GrainInterfaces;

namespace Marketplace.Tests.Gateway;

/// <summary>What operators are told of the silo that answers.</summary>
public sealed class SilosTests
{
    [Fact]
    public async Task FactsOfTheSilo_AreForOperatorsAlone()
    {
        await using var gateway = await GatewayFixture.Start();
        using var client = gateway.ClientOf(gateway.Market.AddKey(GatewayFixture.Alice, GatewayFixture.AllScopes & ~Scopes.Admin));
        foreach (var route in new[] { Routes.SiloGrains, Routes.SiloSettings, Routes.SiloStorage })
        {
            await client.Get(route).Refused(HttpStatusCode.Forbidden, ErrorCode.Forbidden);
        }

        using var grains = await gateway.Client.Get(Routes.SiloGrains);
        Assert.Equivalent(FakeSilo.Told, await grains.Read(ApiJson.Default.SiloGrains));
        using var settings = await gateway.Client.Get(Routes.SiloSettings);
        Assert.Equivalent(new FakeSilo().Settings, await settings.Read(ApiJson.Default.SiloSettings));
        using var storage = await gateway.Client.Get(Routes.SiloStorage);
        Assert.Equal(new FakeSilo().Storage(), await storage.Read(ApiJson.Default.SiloStorage));
    }

    [Fact]
    public async Task LogLevel_IsSetByOperators_AndWhatIsNoneIsRefused()
    {
        await using var gateway = await GatewayFixture.Start();
        using var client = gateway.ClientOf(gateway.Market.AddKey(GatewayFixture.Alice, GatewayFixture.AllScopes & ~Scopes.Admin));
        var rule = new LogLevelRequest("Marketplace.Silo", LogSeverity.Debug);
        await Put(client, rule).Refused(HttpStatusCode.Forbidden, ErrorCode.Forbidden);
        await Put(gateway.Client, rule with { Category = "" }).Refused(HttpStatusCode.BadRequest, ErrorCode.LimitExceeded);
        var longer = rule with { Category = new string('a', Marketplace.Gateway.ILogLevels.CategoryBytesMax + 1) };
        await Put(gateway.Client, longer).Refused(HttpStatusCode.BadRequest, ErrorCode.LimitExceeded);

        using var set = await Put(gateway.Client, rule);

        Assert.Equal([new("Marketplace.Silo", LogSeverity.Debug)], (await set.Read(ApiJson.Default.LogLevels)).Rules);
        using var got = await gateway.Client.Get(Routes.SiloLogLevels);
        Assert.Equal([new("Marketplace.Silo", LogSeverity.Debug)], (await got.Read(ApiJson.Default.LogLevels)).Rules);
    }

    private static Task<HttpResponseMessage> Put(HttpClient client, LogLevelRequest rule) =>
        client.PutAsync(
            new Uri(Routes.SiloLogLevels, UriKind.Relative),
            JsonContent.Create(rule, ApiJson.Default.LogLevelRequest),
            TestContext.Current.CancellationToken
        );
}
