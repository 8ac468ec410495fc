using System.Security.Cryptography;
using Marketplace.Api.Workers;
using Marketplace.Crypto;

namespace Marketplace.Worker;

/// <summary>
/// A worker's bids: what it would work for anyway, in each auction that pays so much. The winner is paid what the next one asks, so a bid
/// above the truth only loses jobs, and one below it only wins those that pay too little. Used by one loop.
/// </summary>
internal sealed class AuctionBids(WorkerId worker, TokenAmount price)
{
    /// <summary>Bids that are not opened yet. Those of auctions that never close go when their time is long over.</summary>
    private readonly Dictionary<long, (Bytes32 Nonce, DateTimeOffset Until)> _nonces = [];
    private readonly List<SealedBid> _sealed = [];
    private readonly List<OpenedBid> _opened = [];
    private Bytes32 _market;
    private long _start;

    /// <summary>Bids of an earlier start mean nothing any more.</summary>
    public void Begin(Bytes32 market, long start)
    {
        (_market, _start) = (market, start);
        _nonces.Clear();
        _sealed.Clear();
        _opened.Clear();
    }

    /// <param name="orders">What the market has said.</param>
    /// <param name="takesMore">Whether the worker takes jobs. What it has bid it opens in any case.</param>
    public void Take(WorkerOrders orders, bool takesMore)
    {
        foreach (var invitation in (takesMore ? orders.Invitations ?? [] : []).Take(WorkerLimits.BidsMax))
        {
            if (price <= invitation.PriceMax)
            {
                Bid(invitation);
            }
        }
        foreach (var auction in (orders.Closed ?? []).Take(WorkerLimits.BidsMax))
        {
            if (_nonces.Remove(auction, out var nonce))
            {
                _opened.Add(new OpenedBid(auction, price, nonce.Nonce.ToString()));
            }
        }
    }

    /// <summary>The poll with what there is to send.</summary>
    public WorkerPoll Join(WorkerPoll poll)
    {
        if (_sealed.Count + _opened.Count == 0)
        {
            return poll;
        }
        var joined = poll with { Bids = [.. _sealed.Take(WorkerLimits.BidsMax)], Opened = [.. _opened.Take(WorkerLimits.BidsMax)] };
        _sealed.RemoveRange(0, joined.Bids.Count);
        _opened.RemoveRange(0, joined.Opened.Count);
        return joined;
    }

    /// <summary>Forgets bids whose windows closed long before one that is open now.</summary>
    private void Forget(DateTimeOffset until)
    {
        var over = until - WorkerPolicy.SealedBidAge;
        foreach (var (auction, bid) in _nonces.Where(bid => bid.Value.Until < over).ToArray())
        {
            _nonces.Remove(auction);
        }
    }

    private void Bid(AuctionInvitation invitation)
    {
        var nonce = new Bytes32(RandomNumberGenerator.GetBytes(Bytes32.Size));
        if (_nonces.Count >= WorkerPolicy.SealedBidsMax)
        {
            Forget(invitation.Until);
        }
        // Rather no new bid than one of before that cannot be opened.
        if (_nonces.Count >= WorkerPolicy.SealedBidsMax || !_nonces.TryAdd(invitation.Auction, (nonce, invitation.Until)))
        {
            return;
        }
        var binding = new BidCommitment(_market, _start, invitation.Auction, invitation.Job, worker);
        _sealed.Add(new SealedBid(invitation.Auction, binding.Of(price, nonce).ToString()));
    }
}
