using System.Net;
using Marketplace.Crypto;
using Marketplace.GrainInterfaces;

namespace Marketplace.Tests.Gateway;

/// <summary>How strangers get in, transfers, and what the operator credits: what reaches the account, and what does not.</summary>
public sealed class OpeningTests
{
    private static readonly Ed25519KeyPair Key = new([.. Enumerable.Repeat((byte)0x5A, Ed25519.SeedSize)]);
    private static readonly AccountId Stranger = new(Key.PublicKey);

    [Fact]
    public async Task Challenge_IsOfThisMarketAndMoment_AndNeedsNoKey()
    {
        await using var gateway = await GatewayFixture.Start();
        using var nobody = gateway.ClientOf(null);

        var challenge = await Ask(nobody, Stranger);
        var info = await (await nobody.Get(Routes.Info)).Read(ApiJson.Default.MarketInfo);

        Assert.Equal(gateway.Identity.PublicKey.ToString(), challenge.Market);
        Assert.Equal(challenge.Market, info.Market);
        Assert.Null(info.Chain);
        Assert.Equal(gateway.Time.GetUtcNow(), gateway.Identity.MomentOf(Stranger, challenge.Challenge.Span));
        Assert.Equal(gateway.Time.GetUtcNow() + MarketLimits.ChallengeAge, challenge.ExpiresAt);
    }

    [Fact]
    public async Task Opening_PassesOnWhatWasSigned_AndAnswersAKeyThatWorks()
    {
        await using var gateway = await GatewayFixture.Start();
        using var nobody = gateway.ClientOf(null);
        var challenge = await Ask(nobody, Stranger);
        var request = Signed(
            new OpenRequest(
                Account: Stranger,
                Challenge: challenge.Challenge,
                Signature: default,
                Name: "owner",
                SpendLimit: new TokenAmount(5),
                RevokeOthers: true
            ),
            challenge.Market,
            Key
        );

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
        // What the account's owner has not signed opens nothing, so it does not count.
        var forged = request with
        {
            Signature = new byte[Ed25519.SignatureSize],
        };
        for (var count = 0; count < 3; count++)
        {
            await nobody
                .Post(Routes.Accounts, forged, ApiJson.Default.OpenRequest)
                .Refused(HttpStatusCode.Forbidden, ErrorCode.SignatureRefused);
        }
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

        using var otherKey = new Ed25519KeyPair([.. Enumerable.Repeat((byte)0x5B, Ed25519.SeedSize)]);
        var other = new AccountId(otherKey.PublicKey);
        await nobody
            .Post(Routes.Accounts, Request(await Ask(nobody, other), otherKey), ApiJson.Default.OpenRequest)
            .Refused(HttpStatusCode.TooManyRequests, ErrorCode.TooManyAccounts);
    }

    [Theory]
    [InlineData(true), InlineData(false)]
    public async Task ClientsOfATrustedProxy_AreCountedByTheirOwnAddresses_AndOthersCannotChooseOne(bool isTrusted)
    {
        await using var gateway = await GatewayFixture.Start(options =>
        {
            options.AddressOpeningsBurst = 1;
            options.TrustedProxies = isTrusted ? [IPAddress.Loopback.ToString()] : ["192.0.2.1"];
        });
        using var nobody = gateway.ClientOf(null);
        var request = Request(await Ask(nobody, Stranger));
        var answers = new List<HttpStatusCode>();
        foreach (var address in new[] { "198.51.100.1", "198.51.100.2", "198.51.100.1" })
        {
            nobody.DefaultRequestHeaders.Remove("X-Forwarded-For");
            nobody.DefaultRequestHeaders.Add("X-Forwarded-For", address);
            using var answer = await nobody.Post(Routes.Accounts, request, ApiJson.Default.OpenRequest);
            answers.Add(answer.StatusCode);
        }

        Assert.Equal(
            [HttpStatusCode.Created, isTrusted ? HttpStatusCode.Created : HttpStatusCode.TooManyRequests, HttpStatusCode.TooManyRequests],
            answers
        );
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

    private static OpenRequest Request(AccountChallenge challenge, Ed25519KeyPair? key = null) =>
        Signed(
            new OpenRequest(
                Account: new AccountId((key ?? Key).PublicKey),
                Challenge: challenge.Challenge,
                Signature: default,
                Name: "owner"
            ),
            challenge.Market,
            key ?? Key
        );

    private static OpenRequest Signed(OpenRequest request, string market, Ed25519KeyPair key)
    {
        var opening = new AccountOpening(
            Market: Bytes32.Parse(market),
            Account: request.Account,
            Challenge: request.Challenge,
            Name: request.Name,
            Scopes: (int)(Scopes.Read | Scopes.Submit | Scopes.Deploy | Scopes.Transfer),
            SpendLimit: request.SpendLimit,
            RevokeOthers: request.RevokeOthers ?? false
        );
        return request with { Signature = key.Sign(opening.Message()) };
    }
}
