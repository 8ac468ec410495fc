using System.Net;
using Marketplace.GrainInterfaces;

namespace Marketplace.Tests.Gateway;

/// <summary>Who is let in, and what a key may do with other keys.</summary>
public sealed class KeyTests
{
    [Fact]
    public async Task WrongKeys_AreAllAnsweredAlike()
    {
        await using var gateway = await GatewayFixture.Start();
        var digit = gateway.Key[^1] == '0' ? '1' : '0';
        string[] wrong =
        [
            gateway.Key[..^1] + digit,
            "mk0000000000000000" + gateway.Key[ApiKey.IdTextSize..],
            gateway.OtherKey[..ApiKey.IdTextSize] + gateway.Key[ApiKey.IdTextSize..],
        ];

        foreach (var key in wrong)
        {
            using var client = gateway.ClientOf(key);
            using var response = await client.Get(Routes.Account);
            Assert.Equal("Bearer", response.Headers.WwwAuthenticate.ToString());
            await Task.FromResult(response).Refused(HttpStatusCode.Unauthorized, ErrorCode.Unauthenticated);
        }
    }

    [Fact]
    public async Task MalformedAuthorization_IsRefusedWithoutAskingAnybody()
    {
        await using var gateway = await GatewayFixture.Start();
        using var client = gateway.ClientOf(null);
        string[] headers =
        [
            "",
            "Bearer",
            "Bearer ",
            gateway.Key,
            $"Basic {gateway.Key}",
            $"Bearer  {gateway.Key}",
            $"Bearer {gateway.Key.ToUpperInvariant()}",
            $"Bearer {gateway.Key}0",
            $"Bearer {gateway.Key[..^1]}",
            $"Bearer {gateway.Key.Replace('_', '-')}",
            $"Bearer {gateway.Key},Bearer {gateway.Key}",
            $"Bearer {new string('a', 4000)}",
            "Bearer mk../../../../etc/passwd_",
            "Bearer eyJhbGciOiJub25lIn0.e30.",
        ];

        foreach (var header in headers)
        {
            var request = new HttpRequestMessage(HttpMethod.Get, Routes.Account);
            Assert.True(request.Headers.TryAddWithoutValidation("Authorization", header));
            await client
                .SendAsync(request, TestContext.Current.CancellationToken)
                .Refused(HttpStatusCode.Unauthorized, ErrorCode.Unauthenticated);
        }
        Assert.Equal(0, gateway.Market.Verifications);
    }

    [Fact]
    public async Task KeyInTheUrl_IsNotAKey()
    {
        await using var gateway = await GatewayFixture.Start();
        using var client = gateway.ClientOf(null);

        await client.Get($"{Routes.Account}?key={gateway.Key}").Refused(HttpStatusCode.Unauthorized, ErrorCode.Unauthenticated);
        await client.Get($"{Routes.Events}?ticket={gateway.Key}").Refused(HttpStatusCode.Unauthorized, ErrorCode.Unauthenticated);
    }

    [Fact]
    public async Task KnownKey_IsAskedForOnceInFiveSeconds_AndARevocationElsewhereCountsThen()
    {
        await using var gateway = await GatewayFixture.Start();
        for (var request = 0; request < 10; request++)
        {
            (await gateway.Client.Get(Routes.Account)).EnsureSuccessStatusCode();
        }
        Assert.Equal(1, gateway.Market.Verifications);

        var id = gateway.Key[..ApiKey.IdTextSize];
        var key = gateway.Market.Keys[id];
        gateway.Market.Keys[id] = key with { View = key.View with { RevokedAt = gateway.Time.GetUtcNow() } };
        gateway.Time.Advance(TimeSpan.FromSeconds(5));

        await gateway.Client.Get(Routes.Account).Refused(HttpStatusCode.Unauthorized, ErrorCode.Unauthenticated);
    }

    [Fact]
    public async Task WrongSecret_OfAKnownKey_IsRefused()
    {
        await using var gateway = await GatewayFixture.Start();
        (await gateway.Client.Get(Routes.Account)).EnsureSuccessStatusCode();
        using var thief = gateway.ClientOf(gateway.Key[..^64] + new string('0', 64));

        await thief.Get(Routes.Account).Refused(HttpStatusCode.Unauthorized, ErrorCode.Unauthenticated);
    }

    [Fact]
    public async Task RevokedHere_IsRefusedAtOnce()
    {
        await using var gateway = await GatewayFixture.Start();
        var created = await Create(gateway.Client, new KeyRequest("laptop", [Scope.Read]));
        using var client = gateway.ClientOf(created.Key);
        (await client.Get(Routes.Account)).EnsureSuccessStatusCode();

        using var revoked = await gateway.Client.Send(HttpMethod.Delete, Routes.Key(created.Details.Id));

        Assert.Equal(HttpStatusCode.NoContent, revoked.StatusCode);
        await client.Get(Routes.Account).Refused(HttpStatusCode.Unauthorized, ErrorCode.Unauthenticated);
    }

    [Fact]
    public async Task NewKey_HasWhatWasAsked_AndListsShowNoSecret()
    {
        await using var gateway = await GatewayFixture.Start();

        var created = await Create(gateway.Client, new KeyRequest("build", [Scope.Submit, Scope.Read], new TokenAmount(50)));

        using var response = await gateway.Client.Get(Routes.Keys);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        var listed = (await response.Read(ApiJson.Default.PageAccessKey)).Items.Single(key => key.Id == created.Details.Id);
        Assert.Equal([Scope.Read, Scope.Submit], listed.Scopes);
        Assert.Equal(new TokenAmount(50), listed.SpendLimit);
        Assert.DoesNotContain(created.Key[(ApiKey.IdTextSize + 1)..], text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task NewKey_NeverHasMoreThanTheKeyThatMadeIt()
    {
        await using var gateway = await GatewayFixture.Start();
        using var admin = gateway.ClientWith(Scopes.Admin | Scopes.Read);

        await admin
            .Post(Routes.Keys, new KeyRequest("more", [Scope.Read, Scope.Submit]), ApiJson.Default.KeyRequest)
            .Refused(HttpStatusCode.Forbidden, ErrorCode.Forbidden);
        await admin
            .Post(Routes.Keys, new KeyRequest("none", []), ApiJson.Default.KeyRequest)
            .Refused(HttpStatusCode.BadRequest, ErrorCode.LimitExceeded);
        Assert.Equal([Scope.Read], (await Create(admin, new KeyRequest("less", [Scope.Read]))).Details.Scopes);
    }

    [Fact]
    public async Task KeyWithASpendLimit_CannotEscapeItByANewKey()
    {
        await using var gateway = await GatewayFixture.Start();
        using var limited = gateway.ClientOf(gateway.Market.AddKey(GatewayFixture.Alice, GatewayFixture.AllScopes, new TokenAmount(10)));

        await limited
            .Post(Routes.Keys, new KeyRequest("free", [Scope.Submit]), ApiJson.Default.KeyRequest)
            .Refused(HttpStatusCode.Forbidden, ErrorCode.Forbidden);
    }

    [Theory]
    [InlineData("""{"name":"x","scopes":["root"]}"""), InlineData("""{"name":"x","scopes":[15]}""")]
    [InlineData("""{"name":"x","scopes":null}""")]
    [InlineData("""{"name":"x","scopes":["read"],"account":"y"}"""), InlineData("""{"scopes":["read"]}""")]
    [InlineData("""{"name":"x","scopes":["read, admin"]}""")]
    public async Task MalformedKeyRequest_IsRefused(string json)
    {
        await using var gateway = await GatewayFixture.Start();
        var keys = gateway.Market.Keys.Count;

        await gateway.Client.PostJson(Routes.Keys, json).Refused(HttpStatusCode.BadRequest, ErrorCode.MalformedRequest);

        Assert.Equal(keys, gateway.Market.Keys.Count);
    }

    [Fact]
    public async Task TooLongName_IsRefused()
    {
        await using var gateway = await GatewayFixture.Start();

        await Create(gateway.Client, new KeyRequest(new string('é', MarketLimits.NameBytesMax / 2), [Scope.Read]));
        var tooLong = new KeyRequest(new string('é', (MarketLimits.NameBytesMax / 2) + 1), [Scope.Read]);
        await gateway
            .Client.Post(Routes.Keys, tooLong, ApiJson.Default.KeyRequest)
            .Refused(HttpStatusCode.BadRequest, ErrorCode.LimitExceeded);
    }

    [Theory]
    [InlineData("x"), InlineData("mk"), InlineData("MK0000000000000000"), InlineData("mk00000000000000000")]
    public async Task KeyIdThatIsNone_IsRefused(string id)
    {
        await using var gateway = await GatewayFixture.Start();

        await gateway.Client.Send(HttpMethod.Delete, Routes.Key(id)).Refused(HttpStatusCode.BadRequest, ErrorCode.MalformedRequest);
    }

    [Fact]
    public async Task Account_ShowsTheMoneyAsStrings()
    {
        await using var gateway = await GatewayFixture.Start();

        using var response = await gateway.Client.Get(Routes.Account);

        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Contains("\"available\":\"340282366920938463463374607431768211455\"", text, StringComparison.Ordinal);
        Assert.Equal(GatewayFixture.Alice, (await response.Read(ApiJson.Default.Account)).Id);
    }

    private static async Task<CreatedKey> Create(HttpClient client, KeyRequest request)
    {
        using var response = await client.Post(Routes.Keys, request, ApiJson.Default.KeyRequest);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        return await response.Read(ApiJson.Default.CreatedKey);
    }
}
