using System.Net;
using Marketplace.Gateway;

namespace Marketplace.Tests.Gateway;

/// <summary><c>POST /v1/quotes</c>: what is asked reaches the market whole, and so does the answer.</summary>
public sealed class QuoteTests
{
    [Fact]
    public async Task Question_ReachesTheMarketAsItWasAsked()
    {
        await using var gateway = await GatewayFixture.Start();
        var request = new QuoteRequest
        {
            Program = gateway.Program,
            FuelMax = 7,
            MemoryPagesMax = 8,
            Needs = new JobNeeds { Labels = ["region=eu", "gpu"] },
            Priority = 3,
            Assurances = [Assurance.Quorum(2, 3), Assurance.Audit(125)],
            LiarsPermille = 0,
        };

        using var response = await gateway.Client.Post(Routes.Quotes, request, ApiJson.Default.QuoteRequest);

        var sheet = await response.Read(ApiJson.Default.QuoteSheet);
        var asked = gateway.Market.QuoteTerms!;
        Assert.Equal((7, 8, 3, 0), (asked.FuelMax, asked.MemoryPagesMax, asked.Priority, asked.LiarsPermille));
        Assert.Equal(["gpu", "region=eu"], asked.Needs!.Labels);
        Assert.Equal(request.Assurances, asked.Assurances);
        Assert.Equal((7, 0, 7, true), (sheet.FuelMax, sheet.LiarsPermille, sheet.Owners, sheet.OwnersAtLeast));
        Assert.Equal(20, sheet.ReusePercent);
        Assert.Equal(
            new Quote(
                Assurance: Assurance.Quorum(2, 3),
                Available: true,
                Reason: null,
                Seats: 3,
                PriceExpected: new TokenAmount(3),
                PriceMax: new TokenAmount(6),
                DelayMs: 1500,
                WrongAccepted: "2.16e-1"
            ),
            sheet.Quotes[0]
        );
        Assert.Equal((false, "Not now.", null), (sheet.Quotes[1].Available, sheet.Quotes[1].Reason, sheet.Quotes[1].PriceMax));
    }

    [Fact]
    public async Task ShortQuestion_ComparesEachKindWithTheDefaultsOfAJob()
    {
        await using var gateway = await GatewayFixture.Start();

        using var response = await gateway.Client.PostJson(Routes.Quotes, $"{{\"program\":\"{gateway.Program}\"}}");

        var sheet = await response.Read(ApiJson.Default.QuoteSheet);
        Assert.Equal(Enum.GetValues<AssuranceKind>(), sheet.Quotes.Select(quote => quote.Assurance.Kind).Distinct());
        Assert.Equal((JobTerms.FuelMaxUnstated, 300), (sheet.FuelMax, sheet.LiarsPermille));
        Assert.Equal(JobDefaults.MemoryPagesMax, gateway.Market.QuoteTerms!.MemoryPagesMax);
    }

    [Theory]
    [InlineData("""{"program":"P","assurances":["quorum:1/3"]}""", "not more than half")]
    [InlineData("""{"program":"P","assurances":"none"}""", "$.assurances")]
    [InlineData("""{"program":"P","liarsPermille":1e9}""", "$.liarsPermille")]
    [InlineData("""{"program":"P","needs":{"labels":[null]}}""", "$.needs.labels")]
    [InlineData("""{"fuelMax":7}""", "these members are missing")]
    public async Task BadQuestion_IsRefusedWithThePlace(string json, string message)
    {
        await using var gateway = await GatewayFixture.Start();
        json = json.Replace("\"P\"", $"\"{gateway.Program}\"", StringComparison.Ordinal);

        var detail = await gateway.Client.PostJson(Routes.Quotes, json).Refused(HttpStatusCode.BadRequest, ErrorCode.MalformedRequest);

        Assert.Contains(message, detail, StringComparison.Ordinal);
        Assert.Null(gateway.Market.QuoteTerms);
    }

    [Fact]
    public async Task UnknownProgram_IsNotFound()
    {
        await using var gateway = await GatewayFixture.Start();

        await gateway
            .Client.Post(Routes.Quotes, new QuoteRequest { Program = default }, ApiJson.Default.QuoteRequest)
            .Refused(HttpStatusCode.NotFound, ErrorCode.ProgramNotFound);
    }
}
