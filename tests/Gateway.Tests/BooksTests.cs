using System.Net;
using System.Text.Json.Serialization.Metadata;
using Marketplace.GrainInterfaces;

namespace Marketplace.Tests.Gateway;

/// <summary>What operators are told of the money of all accounts, and an account of its own debt.</summary>
public sealed class BooksTests
{
    private static readonly BookReport Report = new()
    {
        Accounts = 2,
        ReadAgain = 0,
        Credited = new TokenAmount(10),
        Withdrawn = new TokenAmount(1),
        Debt = new TokenAmount(2),
        Available = new TokenAmount(5),
        Held = new TokenAmount(4),
        UnderWay = new TokenAmount(2),
        Claimable = TokenAmount.Zero,
        ViolationCount = 0,
        Violations = [],
    };

    [Fact]
    public async Task Books_AreAsTheyWereLastChecked()
    {
        await using var gateway = await GatewayFixture.Start();
        Assert.Equal(
            new CheckedBooks(
                State: BooksState.Unchecked,
                Checking: false,
                CheckedAt: null,
                Accounts: null,
                Sums: null,
                Violations: null,
                Reason: null
            ),
            await Ask(gateway)
        );

        gateway.Market.Books.Status = new BookStatus(IsRunning: false, Report, gateway.Time.GetUtcNow(), Failure: null);
        var sound = await Ask(gateway);
        Assert.Equal((BooksState.Sound, 2, gateway.Time.GetUtcNow()), (sound.State, sound.Accounts, sound.CheckedAt));
        Assert.Equal(
            new MoneySums(
                Credited: Report.Credited,
                Withdrawn: Report.Withdrawn,
                Debt: Report.Debt,
                Available: Report.Available,
                Held: Report.Held,
                UnderWay: Report.UnderWay
            ),
            sound.Sums
        );

        gateway.Market.Books.Status = new BookStatus(
            IsRunning: false,
            Report with
            {
                Claimable = new TokenAmount(3),
            },
            gateway.Time.GetUtcNow(),
            Failure: null
        );
        Assert.Equal(new TokenAmount(3), (await Ask(gateway)).Sums!.Claimable);

        var broken = Report with { ViolationCount = 1, Violations = ["12 came in, but 11 is there"] };
        gateway.Market.Books.Status = new BookStatus(IsRunning: false, broken, gateway.Time.GetUtcNow(), Failure: null);
        var found = await Ask(gateway);
        Assert.Equal((BooksState.Broken, "12 came in, but 11 is there"), (found.State, Assert.Single(found.Violations!)));

        gateway.Market.Books.Status = gateway.Market.Books.Status with { Failure = "The disk is away." };
        var failed = await Ask(gateway);
        Assert.Equal((BooksState.Failed, "The disk is away."), (failed.State, failed.Reason));
    }

    [Fact]
    public async Task Check_IsBegunByAnOperatorAlone()
    {
        await using var gateway = await GatewayFixture.Start();
        using var client = gateway.ClientOf(gateway.Market.AddKey(GatewayFixture.Alice, GatewayFixture.AllScopes & ~Scopes.Admin));
        await client.Send(HttpMethod.Post, Routes.Books).Refused(HttpStatusCode.Forbidden, ErrorCode.Forbidden);
        Assert.Equal(0, gateway.Market.Books.Begun);

        Assert.True((await Read(gateway.Client.Send(HttpMethod.Post, Routes.Books), ApiJson.Default.CheckedBooks)).Checking);
        Assert.Equal(1, gateway.Market.Books.Begun);
    }

    [Fact]
    public async Task Debt_IsAbsentWhereThereIsNone()
    {
        await using var gateway = await GatewayFixture.Start();
        Assert.Null((await Read(gateway.Client.Get(Routes.Account), ApiJson.Default.Account)).Debt);
        gateway.Market.Debt = new TokenAmount(7);
        Assert.Equal(new TokenAmount(7), (await Read(gateway.Client.Get(Routes.Account), ApiJson.Default.Account)).Debt);
    }

    [Theory]
    [InlineData(0), InlineData(7)]
    public async Task WhatIsClaimedOnTheChain_IsAbsentWhereTheMarketSettlesOnNone(int claimable)
    {
        await using var gateway = await GatewayFixture.Start();
        Assert.Null((await Read(gateway.Client.Get(Routes.Account), ApiJson.Default.Account)).Claimable);
        gateway.Market.Claimable = new TokenAmount((UInt128)claimable);
        Assert.Equal(gateway.Market.Claimable, (await Read(gateway.Client.Get(Routes.Account), ApiJson.Default.Account)).Claimable);
    }

    private static Task<CheckedBooks> Ask(GatewayFixture gateway) => Read(gateway.Client.Get(Routes.Books), ApiJson.Default.CheckedBooks);

    private static async Task<TRecord> Read<TRecord>(Task<HttpResponseMessage> answer, JsonTypeInfo<TRecord> form)
    {
        using var response = await answer;
        return await response.Read(form);
    }
}
