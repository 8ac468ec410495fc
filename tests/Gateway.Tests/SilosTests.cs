using System.Net;
using Marketplace.GrainInterfaces;

namespace Marketplace.Tests.Gateway;

/// <summary>What operators are told of the silo that answers.</summary>
public sealed class SilosTests
{
    [Fact]
    public async Task GrainsAndSettings_AreForOperatorsAlone()
    {
        await using var gateway = await GatewayFixture.Start();
        using var client = gateway.ClientOf(gateway.Market.AddKey(GatewayFixture.Alice, GatewayFixture.AllScopes & ~Scopes.Admin));
        foreach (var route in new[] { Routes.SiloGrains, Routes.SiloSettings })
        {
            await client.Get(route).Refused(HttpStatusCode.Forbidden, ErrorCode.Forbidden);
        }

        using var grains = await gateway.Client.Get(Routes.SiloGrains);
        Assert.Equivalent(FakeSilo.Told, await grains.Read(ApiJson.Default.SiloGrains));
        using var settings = await gateway.Client.Get(Routes.SiloSettings);
        Assert.Equivalent(new FakeSilo().Settings, await settings.Read(ApiJson.Default.SiloSettings));
    }
}
