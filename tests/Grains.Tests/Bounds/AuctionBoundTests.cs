using Marketplace.GrainInterfaces;
using Marketplace.Testing;

namespace Marketplace.Grains.Tests.Bounds;

/// <summary>Auctions are as many, as long and as large as their limits say, and no more.</summary>
public sealed class AuctionBoundTests : IDisposable
{
    private readonly AuctionScene _scene = new();

    public void Dispose() => _scene.Check();

    [Fact]
    [TestsBound(typeof(MarketPolicy), nameof(MarketPolicy.BiddersMax))]
    public void Window_ClosesEarly_OnlyWhenAsManyAsAllowedHaveBid()
    {
        var job = _scene.Add(price: 100);
        Assert.Equal(MarketPhase.Ready, job.Phase);
        for (var number = 0; number < MarketPolicy.BiddersMax; number++)
        {
            Assert.True(number == 0 || !job.Auction!.IsClosed);
            _scene.Worker(number).Bid(20);
        }
        Assert.True(job.Auction!.IsClosed);
    }

    [Fact]
    [TestsBound(typeof(MarketPolicy), nameof(MarketPolicy.BidOpeningMax))]
    public void Opening_IsWaitedForAsLongAsAllowed()
    {
        var (one, two) = (_scene.Worker(1), _scene.Worker(2));
        var job = _scene.Add(price: 100);
        one.Bid(10);
        two.Bid(20);
        two.Open();
        _scene.Pass(MarketPolicy.BidOpeningMax - TimeSpan.FromTicks(1));
        Assert.Equal(MarketPhase.Bidding, job.Phase);
        _scene.Pass(TimeSpan.FromTicks(1));
        Assert.NotEqual(MarketPhase.Bidding, job.Phase);
    }

    [Fact]
    [TestsBound(typeof(MarketPolicy), nameof(MarketPolicy.BiddersMax))]
    public void CheapestWorkers_AreInvited_AsManyAsAllowed()
    {
        var workers = Enumerable.Range(0, MarketPolicy.BiddersMax + 1).Select(number => _scene.Worker(number, price: 1 + number)).ToArray();
        var job = _scene.Add(price: 100);
        Assert.Equal(MarketPolicy.BiddersMax, job.Auction!.InvitedCount);
        Assert.All(workers[..^1], worker => Assert.Single(worker.Hear().Invitations));
        Assert.True(workers[^1].Offer!.IsWaiting);
    }

    [Fact]
    [TestsBound(typeof(MarketPolicy), nameof(MarketPolicy.AccountAuctionsMax))]
    public void Account_HasAsManyAuctionsAsAllowed()
    {
        _scene.Worker(1, slots: 1000);
        _scene.Worker(2, slots: 1000);
        var jobs = Enumerable.Range(0, MarketPolicy.AccountAuctionsMax + 1).Select(_ => _scene.Add(price: 100, step: false)).ToArray();
        Assert.All(jobs[..^1], job => Assert.Equal(MarketPhase.Bidding, job.Phase));
        Assert.Equal(MarketPhase.Leased, jobs[^1].Phase);
        Assert.EndsWith(MarketVerdicts.NoRoomForAuction, _scene.Book.Explain(jobs[^1]).Explanation.Summary, StringComparison.Ordinal);
        _scene.Step();
    }

    [Fact]
    [TestsBound(typeof(MarketPolicy), nameof(MarketPolicy.AuctionsMax))]
    [TestsBound(typeof(MarketPolicy), nameof(MarketPolicy.WorkerBidsMax))]
    public void Market_HasAsManyAuctionsAsAllowed_AndNoWorkerIsInvitedToMoreThanItMayBidIn()
    {
        var auctions = new Auctions(default, AuctionScene.Start);
        var offers = Enumerable.Range(1, 2).Select(number => _scene.Worker(number, slots: 1000).Offer!).ToArray();
        for (var number = 0; number < MarketPolicy.AuctionsMax; number++)
        {
            Assert.True(auctions.HasRoomFor(AuctionScene.Buyer(1 + (number / MarketPolicy.AccountAuctionsMax))));
            var auction = auctions.Open(_scene.Job(price: 100, buyer: 1 + (number / MarketPolicy.AccountAuctionsMax)), _scene.Now);
            Assert.All(number < MarketPolicy.WorkerBidsMax ? offers : [], offer => Assert.True(auction.Invite(offer)));
        }
        Assert.False(auctions.HasRoomFor(AuctionScene.Buyer(1000)));

        Assert.Equal(MarketPolicy.WorkerBidsMax, offers[0].Auctions.Count);
        var job = _scene.Add(price: 100);
        Assert.Equal(MarketPhase.Leased, job.Phase);
        auctions.End(offers[0].Auctions.First());
        Assert.Equal(MarketPhase.Bidding, _scene.Add(price: 100).Phase);
    }

    [Theory]
    [InlineData(0, null)]
    [InlineData(99, ErrorCode.LimitExceeded)]
    [InlineData(100, null)]
    [InlineData(60_000, null)]
    [InlineData(60_001, ErrorCode.LimitExceeded)]
    [InlineData(-1, ErrorCode.LimitExceeded)]
    [TestsBound(typeof(MarketLimits), nameof(MarketLimits.AuctionMin))]
    [TestsBound(typeof(MarketLimits), nameof(MarketLimits.AuctionMax))]
    public void Window_HasItsBounds(int milliseconds, ErrorCode? refusal)
    {
        Assert.Equal((TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1)), (MarketLimits.AuctionMin, MarketLimits.AuctionMax));
        var spec = TestMarket.Spec(default) with { Auction = TimeSpan.FromMilliseconds(milliseconds) };
        Assert.Equal(refusal, SubmissionRules.Check(new SubmitItem("one", spec))?.Code);
    }

    [Fact]
    public void Poll_MayHaveAsManyBidsAsAllowed()
    {
        Assert.Null(PollRules.Refusal(Poll(MarketPolicy.WorkerBidsMax)));
        Assert.Equal(ErrorCode.LimitExceeded, PollRules.Refusal(Poll(MarketPolicy.WorkerBidsMax + 1))?.Code);
        Assert.Equal(
            ErrorCode.LimitExceeded,
            PollRules.Refusal(Poll(0) with { Opened = [.. new OpenedBid[MarketPolicy.WorkerBidsMax + 1]] })?.Code
        );

        static WorkerPoll Poll(int bids) => new(default, AuctionScene.Start, 1, 1) { Bids = [.. new SealedBid[bids]] };
    }

    /// <summary>One with the number of none would be taken for a repetition of a poll that never was.</summary>
    [Theory]
    [InlineData(1, null), InlineData(0, ErrorCode.LimitExceeded), InlineData(-1, ErrorCode.LimitExceeded)]
    [InlineData(long.MinValue, ErrorCode.LimitExceeded)]
    public void Polls_AreCountedFromOne(long sequence, ErrorCode? refusal) =>
        Assert.Equal(refusal, PollRules.Refusal(new WorkerPoll(default, AuctionScene.Start, sequence, 1))?.Code);
}
