using Marketplace.Gateway;
using Market = Marketplace.GrainInterfaces;

namespace Marketplace.Tests.Gateway;

/// <summary>What a request says of auction and group reaches the market, and its owner sees it with the job.</summary>
public sealed class JobTermsTests
{
    [Theory]
    [InlineData(500, "g", GroupSpread.Owner, GroupSpread.Owner)]
    [InlineData(null, "g", null, GroupSpread.Worker)]
    [InlineData(0, null, null, null)]
    public void AuctionAndGroup_AreSeenAsTheyWereSent(int? auctionMs, string? group, GroupSpread? sent, GroupSpread? seen)
    {
        var item = JobMapper.ToItem(Request() with { AuctionMs = auctionMs, Group = group, Spread = sent });
        var job = JobMapper.ToJob(ViewOf(item.Spec));

        Assert.Equal(auctionMs is null or 0 ? null : auctionMs, (int?)job.AuctionMs);
        Assert.Equal((group, seen), (job.Group, job.Spread));
    }

    [Fact]
    public void SpreadWithoutAGroup_IsRefused()
    {
        var refused = Assert.Throws<Market.MarketException>(() => JobMapper.ToItem(Request() with { Spread = GroupSpread.Worker }));
        Assert.Equal(ErrorCode.MalformedRequest, refused.Code);
        Assert.Contains("Give the group's name", refused.Message, StringComparison.Ordinal);
    }

    private static JobRequest Request() =>
        new()
        {
            RequestId = "one",
            Program = default,
            PriceMax = new TokenAmount(1),
        };

    private static Market.JobView ViewOf(Market.JobSpec spec) =>
        new(
            Id: default,
            RequestId: "one",
            Spec: spec,
            Status: Market.JobStatus.Pending,
            Fault: JobFault.None,
            Code: null,
            Reason: null,
            SubmittedAt: DateTimeOffset.UnixEpoch,
            EndedAt: null,
            Worker: null,
            FuelUsed: 0,
            Charge: TokenAmount.Zero,
            Output: default,
            RootBefore: null,
            RootAfter: null,
            History: []
        );
}
