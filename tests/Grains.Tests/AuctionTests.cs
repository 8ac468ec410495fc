using Marketplace.GrainInterfaces;

namespace Marketplace.Grains.Tests;

/// <summary>Who gets a job that is auctioned, what it is paid, and what no bidder can do about it.</summary>
public sealed class AuctionTests : IDisposable
{
    private readonly AuctionScene _scene = new();

    public void Dispose() => _scene.Check();

    [Fact]
    public void LowestBid_Wins_AndIsPaidTheSecondLowest()
    {
        var (one, two, three) = (_scene.Worker(1), _scene.Worker(2), _scene.Worker(3));
        var job = _scene.Add(price: 100);
        one.Bid(30);
        two.Bid(20);
        three.Bid(45);
        AuctionScene.OpenAll(one, two, three);

        Assert.Same(two.Offer, job.Offer);
        Assert.Equal(new TokenAmount(30), job.Lease!.Price);
        Assert.Equal(
            "It went to the lowest of 3 bids, and pays the next one: 30 per million fuel.",
            _scene.Book.Explain(job).Explanation.Summary
        );
        Assert.Equal(job.Lease.Id, Assert.Single(two.Hear().Leases).Id);
        Assert.Empty(_scene.Book.Forfeits);
    }

    [Theory]
    [InlineData(40, 100, 40)]
    [InlineData(40, 30, 30)]
    public void OnlyBid_IsPaidWhatItsWorkerAsksPublicly_AtMostTheLimit(int posted, int limit, int paid)
    {
        var (one, two) = (_scene.Worker(1, price: posted), _scene.Worker(2));
        var job = _scene.Add(price: limit);
        one.Bid(5);
        _scene.Pass(AuctionScene.Window);
        AuctionScene.OpenAll(one, two);
        Assert.Same(one.Offer, job.Offer);
        Assert.Equal(new TokenAmount((UInt128)paid), job.Lease!.Price);
    }

    /// <summary>What it asks publicly, it has promised to all.</summary>
    [Theory]
    [InlineData(1, 20)]
    [InlineData(15, 20)]
    [InlineData(25, 25)]
    public void FreeWorkerThatDoesNotBid_BoundsWhatTheWinnerIsPaid(int bid, int paid)
    {
        var (shill, other, free) = (_scene.Worker(1, price: 1000), _scene.Worker(2, price: 1000), _scene.Worker(3, price: 20));
        var job = _scene.Add(price: 100);
        shill.Bid(bid);
        other.Bid(100);
        free.Poll();
        AuctionScene.OpenAll(shill, other);
        Assert.Equal((shill.Offer, new TokenAmount((UInt128)paid)), (job.Offer, job.Lease!.Price));
    }

    [Fact]
    public void PriceOfAWorkerThatCouldNotTakeTheJob_CountsForNothing()
    {
        var (one, two, three) = (_scene.Worker(1), _scene.Worker(2), _scene.Worker(3));
        var job = _scene.Add(price: 100);
        one.Bid(10);
        two.Bid(20);
        three.Bid(40);
        one.Open();
        two.Open();
        _scene.Book.SetStanding(two.Id, new Standing(1000, StandingLevel.Good, InMaintenance: true));
        three.Open();
        Assert.Equal((one.Offer, new TokenAmount(40)), (job.Offer, job.Lease!.Price));
    }

    /// <summary>Two keys of one owner must not close a window before others, which are between two polls, could bid.</summary>
    [Fact]
    public void WindowStaysOpen_WhileOthersMayCome()
    {
        var (one, two) = (_scene.Worker(1), _scene.Worker(2));
        var job = _scene.Add(price: 100);
        one.Bid(1);
        two.Bid(50);
        _scene.Pass(AuctionScene.Window / 2);
        var three = _scene.Worker(3);
        three.Bid(10);
        AuctionScene.OpenAll(one, two, three);
        Assert.Equal((one.Offer, new TokenAmount(10)), (job.Offer, job.Lease!.Price));
    }

    /// <summary>A market that stood still has polls that wait for it: they must not end what its timer would have made longer.</summary>
    [Fact]
    public void PollAfterAStandstill_EndsNoOpening()
    {
        var (one, two) = (_scene.Worker(1), _scene.Worker(2));
        var job = _scene.Add(price: 100);
        one.Bid(10);
        two.Bid(20);
        _scene.Pass(AuctionScene.Window);
        _scene.Now = _scene.At(3 * MarketPolicy.BidOpeningMax);
        _scene.Worker(3).Poll();
        AuctionScene.OpenAll(two, one);
        Assert.Equal((one.Offer, new TokenAmount(20)), (job.Offer, job.Lease!.Price));
        Assert.Empty(_scene.Book.Forfeits);
    }

    [Fact]
    public void JobThatExpiresSoon_IsNotHeldByItsAuction()
    {
        var (one, two) = (_scene.Worker(1, price: 40), _scene.Worker(2, price: 30));
        var job = _scene.Add(price: 100, expiresAfter: 2 * MarketPolicy.BidOpeningMax);
        Assert.Equal(two.Offer, job.Offer);
        Assert.EndsWith(MarketVerdicts.NoTimeForAuction, _scene.Book.Explain(job).Explanation.Summary, StringComparison.Ordinal);
    }

    /// <summary>The limit bounds what is paid, so a bid above it neither wins nor raises the price.</summary>
    [Fact]
    public void BidAboveTheLimit_IsNone()
    {
        var (one, two) = (_scene.Worker(1, price: 80), _scene.Worker(2, price: 200));
        var job = _scene.Add(price: 100);
        one.Bid(70);
        two.Bid(101);
        AuctionScene.OpenAll(one, two);
        Assert.Equal((one.Offer, new TokenAmount(80)), (job.Offer, job.Lease!.Price));
        Assert.Empty(_scene.Book.Forfeits);
    }

    [Fact]
    public void BidAboveWhatItsWorkerAsksPublicly_CountsAsThat()
    {
        var (one, two) = (_scene.Worker(1, price: 40), _scene.Worker(2, price: 30));
        var job = _scene.Add(price: 100);
        one.Bid(90);
        two.Bid(20);
        AuctionScene.OpenAll(one, two);
        Assert.Equal((two.Offer, new TokenAmount(40)), (job.Offer, job.Lease!.Price));
    }

    [Fact]
    public void BidBelowTheLeastPrice_CountsAsTheLeast()
    {
        var (one, two) = (_scene.Worker(1), _scene.Worker(2));
        var job = _scene.Add(price: 100);
        one.Bid(0);
        two.Bid(0);
        AuctionScene.OpenAll(one, two);
        Assert.Equal(FuelPrice.Least, job.Lease!.Price);
    }

    [Fact]
    public void Priority_MultipliesWhatTheAuctionFinds()
    {
        var (one, two) = (_scene.Worker(1), _scene.Worker(2));
        var job = _scene.Add(price: 100, priority: 3);
        one.Bid(10);
        two.Bid(20);
        AuctionScene.OpenAll(one, two);
        Assert.Equal((one.Offer, new TokenAmount(60)), (job.Offer, job.Lease!.Price));
    }

    [Fact]
    public void SealedBids_TellNothingOfTheirPrices()
    {
        string?[] told = [null, null];
        for (var round = 0; round < 2; round++)
        {
            var (one, two) = (_scene.Worker(1), _scene.Worker(2));
            var job = _scene.Add(price: 100);
            one.Bid(round == 0 ? 1 : 99);
            told[round] = _scene.Book.Explain(job).Explanation.Summary;
            _scene.Book.Remove(job, _scene.Now);
            _scene.Step();
            one.Leave();
            two.Leave();
        }
        Assert.Equal(told[0], told[1]);
    }

    [Fact]
    public void BidThatIsNotOpened_IsLost_AndItsWorkerForfeits()
    {
        var (one, two) = (_scene.Worker(1), _scene.Worker(2));
        var job = _scene.Add(price: 100);
        one.Bid(10);
        two.Bid(20);
        two.Open();
        Assert.Equal(MarketPhase.Bidding, job.Phase);
        _scene.Pass(MarketPolicy.BidOpeningMax);
        Assert.Equal((two.Offer, new TokenAmount(50)), (job.Offer, job.Lease!.Price));
        Assert.Equal((job, one.Offer), Assert.Single(_scene.Book.Forfeits));
    }

    [Fact]
    public void OtherPriceThanTheSealedOne_IsNoOpening()
    {
        var (one, two) = (_scene.Worker(1), _scene.Worker(2));
        var job = _scene.Add(price: 100);
        one.Bid(10);
        two.Bid(20);
        two.Open();
        one.Open(price: 15);
        Assert.Equal(MarketPhase.Bidding, job.Phase);
        one.Open();
        Assert.Equal((one.Offer, new TokenAmount(20)), (job.Offer, job.Lease!.Price));
    }

    [Fact]
    public void SealedBidOfAnother_CannotBeOpenedAsOnesOwn()
    {
        var (one, two) = (_scene.Worker(1), _scene.Worker(2));
        var job = _scene.Add(price: 100);
        one.Bid(10);
        two.Copy(one);
        two.Open(price: 10, nonceOf: one);
        one.Open();
        _scene.Pass(MarketPolicy.BidOpeningMax);
        Assert.Same(one.Offer, job.Offer);
        Assert.Same(two.Offer, Assert.Single(_scene.Book.Forfeits).Offer);
    }

    [Fact]
    public void SecondBid_DoesNotReplaceTheFirst()
    {
        var (one, two) = (_scene.Worker(1), _scene.Worker(2));
        var job = _scene.Add(price: 100);
        one.Bid(30);
        one.Bid(1);
        two.Bid(20);
        two.Open();
        one.Open();
        _scene.Pass(MarketPolicy.BidOpeningMax);
        Assert.Same(two.Offer, job.Offer);
        Assert.Same(one.Offer, Assert.Single(_scene.Book.Forfeits).Offer);
    }

    [Fact]
    public void LateBid_IsNone()
    {
        var (one, two) = (_scene.Worker(1), _scene.Worker(2));
        var job = _scene.Add(price: 100);
        one.Bid(30);
        _scene.Pass(AuctionScene.Window);
        two.Bid(20);
        one.Open();
        Assert.Same(one.Offer, job.Offer);
        Assert.Empty(_scene.Book.Forfeits);
    }

    [Fact]
    public void EqualBids_AreDrawnByTheNoncesOfAll()
    {
        var winners = new HashSet<WorkerId>();
        for (var seed = 0; seed < 64; seed++)
        {
            var first = Draw(seed, reversed: false);
            Assert.Equal(first, Draw(seed, reversed: true));
            winners.Add(first);
        }
        Assert.Equal(2, winners.Count);

        WorkerId Draw(int seed, bool reversed)
        {
            var (one, two) = (_scene.Worker(1), _scene.Worker(2));
            var job = _scene.Add(price: 100);
            one.Bid(10, seed);
            two.Bid(10, seed + 1000);
            AuctionScene.OpenAll(reversed ? [two, one] : [one, two]);
            Assert.Equal(new TokenAmount(10), job.Lease!.Price);
            var winner = job.Offer!.Offer.Worker;
            _scene.Book.Remove(job, _scene.Now);
            one.Leave();
            two.Leave();
            return winner;
        }
    }

    [Fact]
    public void WinnerThatIsGone_LosesToTheNext()
    {
        var (one, two, three) = (_scene.Worker(1), _scene.Worker(2), _scene.Worker(3));
        var job = _scene.Add(price: 100);
        one.Bid(10);
        two.Bid(20);
        three.Bid(30);
        one.Open();
        two.Open();
        one.Leave();
        three.Open();
        Assert.Equal((two.Offer, new TokenAmount(30)), (job.Offer, job.Lease!.Price));
        Assert.StartsWith(
            "It went to the lowest of 2 bids, and pays the next one: 30",
            _scene.Book.Explain(job).Explanation.Summary,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void WinnerWithoutAFreeSlot_LosesToTheNext()
    {
        var (one, two) = (_scene.Worker(1), _scene.Worker(2));
        var (job, other) = (_scene.Add(price: 100), _scene.Add(price: 100));
        for (var round = 0; round < 3; round++)
        {
            one.Bid(10);
            two.Bid(20);
        }
        AuctionScene.OpenAll(one, two, one, two);
        Assert.Same(one.Offer, job.Offer);
        Assert.Same(two.Offer, other.Offer);
        Assert.Equal(new TokenAmount(50), other.Lease!.Price);
    }

    [Fact]
    public void WithoutBids_PostedPricesDecide()
    {
        _scene.Worker(1, price: 40);
        var two = _scene.Worker(2, price: 30);
        var job = _scene.Add(price: 100);
        _scene.Pass(AuctionScene.Window);
        // The window has ended their polls: their next ones take it.
        two.Poll();
        Assert.Equal((two.Offer, new TokenAmount(30)), (job.Offer, job.Lease!.Price));
        Assert.EndsWith(
            "Its auction had no bid that its limit covers, of 2 workers: posted prices decide.",
            _scene.Book.Explain(job).Explanation.Summary,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void WorkerThatComesWhileTheWindowIsOpen_MayBid()
    {
        var one = _scene.Worker(1);
        var job = _scene.Add(price: 100);
        one.Bid(20);
        _scene.Pass(AuctionScene.Window / 2);
        var two = _scene.Worker(2);
        two.Bid(10);
        AuctionScene.OpenAll(one, two);
        Assert.Equal((two.Offer, new TokenAmount(20)), (job.Offer, job.Lease!.Price));
    }

    /// <summary>Keys that offer for little and never poll would else take the places of workers that do.</summary>
    [Fact]
    public void WorkerThatDoesNotPoll_IsNotInvited()
    {
        var (idle, one) = (_scene.Worker(1, price: 1), _scene.Worker(2));
        _scene.Book.EndPoll(idle.Offer!);
        var job = _scene.Add(price: 100);
        Assert.Equal(1, job.Auction!.InvitedCount);
        Assert.Single(one.Hear().Invitations);
        idle.Poll();
        Assert.Equal(2, job.Auction.InvitedCount);
    }

    [Fact]
    public void WorkerThatLeavesWhileTheWindowIsOpen_HasNotBid()
    {
        var (one, two) = (_scene.Worker(1), _scene.Worker(2));
        var job = _scene.Add(price: 100);
        one.Bid(10);
        one.Leave();
        two.Bid(20);
        _scene.Pass(AuctionScene.Window);
        two.Open();
        Assert.Same(two.Offer, job.Offer);
        Assert.Empty(_scene.Book.Forfeits);
    }

    [Fact]
    public void WorkerThatLeavesInsteadOfOpening_Forfeits()
    {
        var (one, two) = (_scene.Worker(1), _scene.Worker(2));
        var job = _scene.Add(price: 100);
        one.Bid(10);
        two.Bid(20);
        _scene.CloseWindows();
        var gone = one.Offer;
        one.Leave();
        two.Open();
        Assert.Same(two.Offer, job.Offer);
        Assert.Equal((job, gone), Assert.Single(_scene.Book.Forfeits));
    }

    [Fact]
    public void CancelledJob_ChargesNone()
    {
        var (one, two) = (_scene.Worker(1), _scene.Worker(2));
        var job = _scene.Add(price: 100);
        one.Bid(10);
        two.Bid(20);
        _scene.CloseWindows();
        _scene.Book.Remove(job, _scene.Now);
        _scene.Pass(MarketPolicy.BidOpeningMax);
        Assert.Empty(_scene.Book.Forfeits);
        Assert.Equal((MarketPhase.Gone, 0), (job.Phase, _scene.Book.Count));
    }

    [Fact]
    public void JobThatExpiresInItsAuction_IsDue()
    {
        _scene.Worker(1);
        _scene.Worker(2);
        var expiry = (2 * MarketPolicy.BidOpeningMax) + MarketLimits.AuctionMin;
        var job = _scene.Add(price: 100, expiresAfter: expiry);
        Assert.Equal(_scene.Now.Running + MarketLimits.AuctionMin, job.Auction!.Due);
        _scene.Now = _scene.At(expiry);
        Assert.Same(job, _scene.Book.TakeDue(_scene.Now));
        _scene.Book.BeginEnding(job);
        Assert.Null(job.Auction);
    }

    [Fact]
    public void FailedRun_IsFollowedByAnAuctionOfItsOwn()
    {
        var (one, two, three) = (_scene.Worker(1), _scene.Worker(2), _scene.Worker(3));
        var job = _scene.Add(price: 100);
        one.Bid(10);
        two.Bid(20);
        three.Bid(30);
        AuctionScene.OpenAll(one, two, three);
        _scene.Book.Release(job, _scene.Now);
        job.AddFailure(one.Id);
        _scene.Book.Requeue(job, _scene.Now);
        _scene.Step();
        Assert.Equal((MarketPhase.Bidding, 2), (job.Phase, job.Auction!.InvitedCount));
        two.Bid(20);
        three.Bid(30);
        AuctionScene.OpenAll(two, three);
        Assert.Equal((two.Offer, new TokenAmount(30)), (job.Offer, job.Lease!.Price));
    }

    [Fact]
    public void MarketThatStoodStill_WaitsForBidsSoMuchLonger()
    {
        var (one, two) = (_scene.Worker(1), _scene.Worker(2));
        var job = _scene.Add(price: 100);
        one.Bid(10);
        _scene.Now = _scene.At(TimeSpan.FromSeconds(5));
        _scene.Book.Forgive(TimeSpan.FromSeconds(5), _scene.Now);
        _scene.Pass(TimeSpan.Zero);
        two.Bid(20);
        AuctionScene.OpenAll(one, two);
        Assert.Equal((one.Offer, new TokenAmount(20)), (job.Offer, job.Lease!.Price));
    }
}
