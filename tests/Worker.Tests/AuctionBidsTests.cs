using Marketplace.Api.Workers;
using Marketplace.Crypto;
using Marketplace.Worker;

namespace Marketplace.Tests.Worker;

/// <summary>A worker bids what it works for anyway, and keeps its word.</summary>
public sealed class AuctionBidsTests
{
    private static readonly Bytes32 Market = new([.. Enumerable.Repeat((byte)7, Bytes32.Size)]);
    private static readonly WorkerId Worker = new(new Bytes32([.. Enumerable.Repeat((byte)8, Bytes32.Size)]));
    private static readonly TokenAmount Price = new(5);
    private readonly AuctionBids _bids = new(Worker, Price);

    public AuctionBidsTests() => _bids.Begin(Market, start: 3);

    [Fact]
    public void Worker_BidsItsPrice_AndOpensWhatItHasSealed()
    {
        _bids.Take(Orders(invitations: [Invitation(1), Invitation(2)]), takesMore: true);
        var polled = _bids.Join(Poll());
        Assert.Equal([1L, 2L], polled.Bids!.Select(bid => bid.Auction));
        Assert.Null(_bids.Join(Poll()).Bids);

        _bids.Take(Orders(closed: [2]), takesMore: true);
        var opened = Assert.Single(_bids.Join(Poll()).Opened!);
        Assert.Equal((2L, Price), (opened.Auction, opened.Price));
        var binding = new BidCommitment(Market, Start: 3, opened.Auction, Invitation(2).Job, Worker);
        Assert.Equal(polled.Bids![1].Commitment, binding.Of(opened.Price, Bytes32.Parse(opened.Nonce)).ToString());
        Assert.Equal(2, polled.Bids!.Select(bid => bid.Commitment).Distinct().Count());
    }

    [Theory]
    [InlineData(4, false)]
    [InlineData(5, true)]
    public void Worker_BidsOnlyWhereTheLimitCoversItsPrice(int priceMax, bool bids)
    {
        _bids.Take(Orders(invitations: [Invitation(1, priceMax)]), takesMore: true);
        Assert.Equal(bids, _bids.Join(Poll()).Bids is not null);
    }

    [Fact]
    public void WorkerThatTakesNoMore_OpensItsBids_AndBidsNoMore()
    {
        _bids.Take(Orders(invitations: [Invitation(1)]), takesMore: true);
        _bids.Join(Poll());
        _bids.Take(Orders(invitations: [Invitation(2)], closed: [1]), takesMore: false);
        var polled = _bids.Join(Poll());
        Assert.Empty(polled.Bids!);
        Assert.Equal(1, Assert.Single(polled.Opened!).Auction);
    }

    [Fact]
    public void BidsOfAnEarlierStart_AreForgotten()
    {
        _bids.Take(Orders(invitations: [Invitation(1)]), takesMore: true);
        _bids.Begin(Market, start: 4);
        _bids.Take(Orders(closed: [1]), takesMore: true);
        Assert.Equal(Poll(), _bids.Join(Poll()));
    }

    /// <summary>Auctions that are cancelled are never closed: they must not cost a worker a bid that it has to open.</summary>
    [Fact]
    public void BidsInManyOtherAuctions_PushNoneOut()
    {
        for (var auction = 1; auction <= 100 * WorkerLimits.BidsMax; auction++)
        {
            _bids.Take(Orders(invitations: [Invitation(auction)]), takesMore: true);
            _bids.Join(Poll());
        }
        _bids.Take(Orders(closed: [1]), takesMore: true);
        Assert.Equal(1, Assert.Single(_bids.Join(Poll()).Opened!).Auction);
    }

    [Fact]
    public void MarketThatInvitesWithoutEnd_GetsSoManyBids_AndMoreWhenThoseAreLongOver()
    {
        var bids = 0;
        for (var round = 0; round <= WorkerPolicy.SealedBidsMax / WorkerLimits.BidsMax; round++)
        {
            var first = round * 1000;
            _bids.Take(Orders(invitations: [.. Enumerable.Range(first, 1000).Select(number => Invitation(number))]), takesMore: true);
            bids += _bids.Join(Poll()).Bids?.Count ?? 0;
        }
        Assert.Equal(WorkerPolicy.SealedBidsMax, bids);

        var later = Invitation(-1) with { Until = DateTimeOffset.UnixEpoch + WorkerPolicy.SealedBidAge + TimeSpan.FromTicks(1) };
        _bids.Take(Orders(invitations: [later], closed: [0]), takesMore: true);
        var polled = _bids.Join(Poll());
        Assert.Equal(-1, Assert.Single(polled.Bids!).Auction);
        Assert.Empty(polled.Opened!);
    }

    private static WorkerPoll Poll() => new(Worker, Start: 3, Sequence: 1, LeasesMax: 1);

    private static WorkerOrders Orders(IReadOnlyList<AuctionInvitation>? invitations = null, IReadOnlyList<long>? closed = null) =>
        new(true, [], []) { Invitations = invitations, Closed = closed };

    private static AuctionInvitation Invitation(long auction, int priceMax = 100) =>
        new(
            Auction: auction,
            Job: new JobId(new Bytes32([.. BitConverter.GetBytes(auction), .. new byte[24]])),
            Program: default,
            FuelMax: 1,
            MemoryPagesMax: 1,
            TimeMax: TimeSpan.FromSeconds(1),
            PriceMax: new TokenAmount((UInt128)priceMax),
            Until: DateTimeOffset.UnixEpoch
        );
}
