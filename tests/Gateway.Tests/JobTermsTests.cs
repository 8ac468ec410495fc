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

    [Theory]
    [InlineData(null, null)]
    [InlineData("none", null)]
    [InlineData("audit:0.1%", "audit:0.1%")]
    [InlineData("quorum:2/3", "quorum:2/3")]
    public void Assurance_IsSeenAsItWasSent(string? sent, string? seen)
    {
        var item = JobMapper.ToItem(Request() with { Assurance = sent is null ? null : Assurance.Parse(sent) });

        Assert.Equal(sent ?? "none", item.Spec.Assurance.ToString());
        Assert.Equal(seen, JobMapper.ToJob(ViewOf(item.Spec)).Assurance?.ToString());
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData(false, null)]
    [InlineData(true, true)]
    public void Reuse_IsSeenAsItWasSent(bool? sent, bool? seen)
    {
        var item = JobMapper.ToItem(Request() with { Reuse = sent });
        var earlier = new JobId(new Bytes32([.. Enumerable.Repeat((byte)3, 32)]));
        var job = JobMapper.ToJob(ViewOf(item.Spec) with { ReusedJob = earlier });

        Assert.Equal(sent ?? false, item.Spec.Reuse);
        Assert.Equal((seen, earlier), (job.Reuse, job.ReusedJob));
    }

    /// <summary>The document's pattern lets every assurance through: a client that checks with it refuses none.</summary>
    [Fact]
    public void PatternOfTheDocument_IsMetByEveryAssurance()
    {
        var pattern = new System.Text.RegularExpressions.Regex(ValueShapes.AssurancePattern);
        IEnumerable<Assurance> all =
        [
            Assurance.None,
            .. Enumerable.Range(Assurance.PermilleMin, Assurance.PermilleMax).Select(Assurance.Audit),
            .. Enumerable
                .Range(Assurance.QuorumSeatsMin, Assurance.QuorumSeatsMax - Assurance.QuorumSeatsMin + 1)
                .SelectMany(seats => Enumerable.Range((seats / 2) + 1, seats - (seats / 2)).Select(k => Assurance.Quorum(k, seats))),
            .. Enumerable
                .Range(Assurance.CommitteeSeatsMin, Assurance.CommitteeSeatsMax - Assurance.CommitteeSeatsMin + 1)
                .Select(Assurance.Committee),
        ];

        Assert.All(all, each => Assert.Matches(pattern, each.ToString()));
        Assert.DoesNotMatch(pattern, "audit:10.0%");
        Assert.DoesNotMatch(pattern, "quorum:04/5");
        Assert.DoesNotMatch(pattern, "committee:17");
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
