using Marketplace.Crypto;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>
/// The auctions that are open: takes bids in, closes windows and decides, each in its time. Pure: moments are given, and who gets what is
/// the book's. In memory only: a market that starts again begins its auctions anew, and what was sealed for an earlier start means nothing.
/// </summary>
/// <param name="market">The market's public key.</param>
/// <param name="start">The market's start number.</param>
internal sealed class Auctions(Bytes32 market, long start)
{
    private readonly Dictionary<long, Auction> _open = [];
    private readonly SortedSet<(TimeSpan Due, long Number)> _due = [];
    private readonly Dictionary<AccountId, int> _ofAccounts = [];
    private long _last;

    public int Count => _open.Count;

    /// <summary>When a stage is over next, in running time.</summary>
    public TimeSpan? NextDue => _due.Count > 0 ? _due.Min.Due : null;

    public bool HasRoomFor(AccountId account) =>
        _open.Count < MarketPolicy.AuctionsMax && _ofAccounts.GetValueOrDefault(account) < MarketPolicy.AccountAuctionsMax;

    /// <summary>Those that more workers may be invited to.</summary>
    public IEnumerable<Auction> Inviting =>
        _open.Values.Where(auction => !auction.IsClosed && auction.InvitedCount < MarketPolicy.BiddersMax);

    public Auction Open(MarketJob job, MarketTime now)
    {
        var auction = new Auction(++_last, job, now);
        _open.Add(auction.Number, auction);
        _due.Add((auction.Due, auction.Number));
        _ofAccounts[job.Ticket.Account] = _ofAccounts.GetValueOrDefault(job.Ticket.Account) + 1;
        return auction;
    }

    /// <summary>Takes a sealed bid in; one that comes uninvited, late or again changes nothing.</summary>
    public void Take(MarketOffer offer, SealedBid bid)
    {
        if (_open.TryGetValue(bid.Auction, out var auction))
        {
            auction.Commit(offer, bid.Commitment);
            Hasten(auction);
        }
    }

    /// <summary>Takes an opened bid in; one that does not fit what was sealed changes nothing.</summary>
    public void Take(MarketOffer offer, OpenedBid bid)
    {
        if (_open.TryGetValue(bid.Auction, out var auction))
        {
            var binding = new BidCommitment(market, start, auction.Number, auction.Job.Ticket.Job, offer.Offer.Worker);
            auction.Open(offer, bid, binding.Of(bid.Price, bid.Nonce));
            Hasten(auction);
        }
    }

    /// <summary>
    /// The next auction whose stage is over. Either its window has closed, and those that have bid are to open; or it is decided, and ends
    /// here. Null where none is due.
    /// </summary>
    /// <param name="now">The moment, in running time.</param>
    /// <param name="by">Stages that are over by then: <paramref name="now"/>, or zero for those in which nothing more can come.</param>
    public (Auction Auction, bool IsDecided)? TakeDue(TimeSpan now, TimeSpan by)
    {
        if (_due.Count == 0 || _due.Min.Due > by)
        {
            return null;
        }
        var auction = _open[_due.Min.Number];
        if (!auction.IsClosed && auction.Bidders.Any())
        {
            auction.Close();
            Reset(auction, now + MarketPolicy.BidOpeningMax);
            return (auction, false);
        }
        End(auction);
        return (auction, true);
    }

    /// <summary>The auction is over, decided or not.</summary>
    public void End(Auction auction)
    {
        if (!_open.Remove(auction.Number))
        {
            return;
        }
        _due.Remove((auction.Due, auction.Number));
        var account = auction.Job.Ticket.Account;
        if (--_ofAccounts[account] == 0)
        {
            _ofAccounts.Remove(account);
        }
        foreach (var offer in auction.Offers)
        {
            offer.Auctions.Remove(auction);
        }
    }

    /// <summary>The offer is gone. What it has sealed stays where the window has closed: it must be opened.</summary>
    public void Leave(MarketOffer offer)
    {
        foreach (var auction in offer.Auctions)
        {
            auction.Leave(offer);
            Hasten(auction);
        }
        offer.Auctions.Clear();
    }

    /// <summary>The market stood still for so long and took nothing in: no bid is late by that.</summary>
    public void Forgive(TimeSpan still)
    {
        foreach (var auction in _open.Values)
        {
            Reset(auction, auction.Due + still);
        }
    }

    /// <summary>A stage is over at once when nothing more can come: as many as may be invited have bid, or all bids are open.</summary>
    private void Hasten(Auction auction)
    {
        if (auction.IsComplete)
        {
            Reset(auction, TimeSpan.Zero);
        }
    }

    private void Reset(Auction auction, TimeSpan due)
    {
        _due.Remove((auction.Due, auction.Number));
        auction.Due = due;
        _due.Add((due, auction.Number));
    }
}
