using System.Net;
using Marketplace.Crypto;
using Marketplace.GrainInterfaces;

namespace Marketplace.Tests.Gateway;

/// <summary>How strangers get in, transfers, and what the operator credits: what reaches the account, and what does not.</summary>
public sealed class OpeningTests
{
    private static readonly AccountId Stranger = new(new Bytes32([.. Enumerable.Repeat((byte)0x5A, 32)]));

    [Fact]
    public async Task Challenge_IsOfThisMarketAndMoment_AndNeedsNoKey()
    {
        await using var gateway = await GatewayFixture.Start();
        using var nobody = gateway.ClientOf(null);

        var challenge = await Ask(nobody, Stranger);
        var info = await (await nobody.Get(Routes.Info)).Read(ApiJson.Default.MarketInfo);

        Assert.Equal(gateway.Identity.PublicKey.ToString(), challenge.Market);
        Assert.Equal(challenge.Market, info.Market);
        Assert.Equal(gateway.Time.GetUtcNow(), gateway.Identity.MomentOf(Stranger, challenge.Challenge.Span));
        Assert.Equal(gateway.Time.GetUtcNow() + MarketLimits.ChallengeAge, challenge.ExpiresAt);
    }

    [Fact]
    public async Task Opening_PassesOnWhatWasSigned_AndAnswersAKeyThatWorks()
    {
        await using var gateway = await GatewayFixture.Start();
        using var nobody = gateway.ClientOf(null);
        var challenge = await Ask(nobody, Stranger);
        var request = Request(challenge) with { SpendLimit = new TokenAmount(5), RevokeOthers = true };

        using var response = await nobody.Post(Routes.Accounts, request, ApiJson.Default.OpenRequest);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        var opened = await response.Read(ApiJson.Default.OpenedAccount);

        var proof = gateway.Market.Proof!;
        Assert.Equal(challenge.Challenge.ToArray(), proof.Challenge);
        Assert.Equal(request.Signature.ToArray(), proof.Signature);
        Assert.Equal(
            new GrainInterfaces.KeyRequest("owner", Scopes.Read | Scopes.Submit | Scopes.Deploy | Scopes.Transfer, new TokenAmount(5)),
            proof.Request
        );
        Assert.True(proof.RevokeOthers);
        using var client = gateway.ClientOf(opened.Key);
        Assert.Equal(Stranger, (await (await client.Get(Routes.Account)).Read(ApiJson.Default.Account)).Id);
    }

    [Fact]
    public async Task OpeningWithNothingInIt_IsRefusedBeforeTheAccountIsAsked()
    {
        await using var gateway = await GatewayFixture.Start();
        using var nobody = gateway.ClientOf(null);
        var request = Request(await Ask(nobody, Stranger));
        foreach (
            var wrong in new[] { request with { Name = "" }, request with { Name = new string('n', 129) }, request with { Scopes = [] } }
        )
        {
            await nobody
                .Post(Routes.Accounts, wrong, ApiJson.Default.OpenRequest)
                .Refused(HttpStatusCode.BadRequest, ErrorCode.LimitExceeded);
        }
        Assert.Null(gateway.Market.Proof);
    }

    [Fact]
    public async Task AddressThatOpensMoreThanItsBurst_IsToldToWait()
    {
        await using var gateway = await GatewayFixture.Start(options => options.AddressOpeningsBurst = 2);
        using var nobody = gateway.ClientOf(null);
        var request = Request(await Ask(nobody, Stranger));
        for (var count = 0; count < 2; count++)
        {
            using var good = await nobody.Post(Routes.Accounts, request, ApiJson.Default.OpenRequest);
            Assert.Equal(HttpStatusCode.Created, good.StatusCode);
        }
        using var refused = await nobody.Post(Routes.Accounts, request, ApiJson.Default.OpenRequest);
        Assert.Equal("6", refused.Headers.RetryAfter!.ToString());
        await Task.FromResult(refused).Refused(HttpStatusCode.TooManyRequests, ErrorCode.RateLimited);
        // Challenges cost nothing and stay free.
        await Ask(nobody, Stranger);
    }

    [Fact]
    public async Task SiloThatOpenedAsManyAsAllowed_StillGivesKeysToAccountsThatHaveOne()
    {
        await using var gateway = await GatewayFixture.Start(options => options.OpeningsBurst = 1);
        using var nobody = gateway.ClientOf(null);
        var request = Request(await Ask(nobody, Stranger));
        using var first = await nobody.Post(Routes.Accounts, request, ApiJson.Default.OpenRequest);
        using var again = await nobody.Post(Routes.Accounts, request, ApiJson.Default.OpenRequest);
        Assert.Equal((HttpStatusCode.Created, HttpStatusCode.Created), (first.StatusCode, again.StatusCode));

        var other = new AccountId(new Bytes32([.. Enumerable.Repeat((byte)0x5B, 32)]));
        await nobody
            .Post(Routes.Accounts, request with { Account = other }, ApiJson.Default.OpenRequest)
            .Refused(HttpStatusCode.TooManyRequests, ErrorCode.TooManyAccounts);
    }

    [Fact]
    public async Task StrangersBeforeTheMarketIsThere_AreToldToComeBack()
    {
        await using var gateway = await GatewayFixture.Start();
        using var nobody = gateway.ClientOf(null);
        var request = Request(await Ask(nobody, Stranger));
        gateway.Current = new(Marketplace.Gateway.ServiceState.Starting, "1.2.3");
        await nobody
            .Post(Routes.Accounts, request, ApiJson.Default.OpenRequest)
            .Refused(HttpStatusCode.ServiceUnavailable, ErrorCode.Unavailable);
    }

    [Fact]
    public async Task TransferAndCredit_ReachTheirAccountsWithTheCaller()
    {
        await using var gateway = await GatewayFixture.Start();
        var at = gateway.Time.GetUtcNow();
        var transfer = new TransferRequest("rent", Stranger, new TokenAmount(7), at);
        using var sent = await gateway.Client.Post(Routes.Transfers, transfer, ApiJson.Default.TransferRequest);
        Assert.Equal(GatewayFixture.Alice, (await sent.Read(ApiJson.Default.Account)).Id);
        Assert.Equal(GatewayFixture.Alice, gateway.Market.Order!.Value.By.Account);
        Assert.Equal(new TransferOrder("rent", Stranger, new TokenAmount(7), at), gateway.Market.Order.Value.Order);

        var credit = new CreditRequest("gift", new TokenAmount(8));
        using var credited = await gateway.Client.Post(Routes.AccountCredits(Stranger), credit, ApiJson.Default.CreditRequest);
        Assert.Equal(Stranger, (await credited.Read(ApiJson.Default.Account)).Id);
        Assert.Equal(new TransferOrder("gift", Stranger, new TokenAmount(8), null), gateway.Market.Order.Value.Order);
    }

    private static async Task<AccountChallenge> Ask(HttpClient client, AccountId account)
    {
        using var response = await client.Post(Routes.AccountChallenges, new ChallengeRequest(account), ApiJson.Default.ChallengeRequest);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await response.Read(ApiJson.Default.AccountChallenge);
    }

    private static OpenRequest Request(AccountChallenge challenge) =>
        new(Stranger, challenge.Challenge, new byte[Ed25519.SignatureSize], "owner");
}
