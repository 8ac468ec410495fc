using Marketplace.Crypto;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>
/// One auction: first its workers bind themselves to prices that none can read, then the window closes and they open them. Who has opened
/// is ranked by price, and is paid what the next one asks.
/// </summary>
internal sealed class Auction
{
    private static readonly Blake3Domain LotDomain = new("marketplace 2026 auction lot v1");

    private readonly Dictionary<MarketOffer, Bid?> _bids = [];
    private readonly List<MarketOffer> _forfeited = [];

    /// <param name="number">Its number, once in a start of the market.</param>
    /// <param name="job">What is auctioned.</param>
    /// <param name="now">When the window opens.</param>
    public Auction(long number, MarketJob job, MarketTime now)
    {
        (Number, Job) = (number, job);
        var window = WindowOf(job, now);
        (Until, Due) = (now.Wall + window, now.Running + window);
    }

    /// <summary>As long as the job says, and over before the job expires.</summary>
    public static TimeSpan WindowOf(MarketJob job, MarketTime now) =>
        MarketTime.Earlier(job.Ticket.Spec.Auction, job.ExpiresAt - now.Wall - (2 * MarketPolicy.BidOpeningMax));

    public long Number { get; }

    public MarketJob Job { get; }

    /// <summary>Workers that were invited, those that have left included.</summary>
    public int InvitedCount { get; private set; }

    /// <summary>When bids must be there, by the wall clock, for people and workers.</summary>
    public DateTimeOffset Until { get; }

    /// <summary>When its stage is over, in running time, which decides.</summary>
    public TimeSpan Due { get; set; }

    /// <summary>Bids are opened, and none is taken in.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>Who may still bid or open.</summary>
    public IEnumerable<MarketOffer> Offers => _bids.Keys;

    /// <summary>Who has bid.</summary>
    public IEnumerable<MarketOffer> Bidders => _bids.Where(bid => bid.Value is not null).Select(bid => bid.Key);

    /// <summary>
    /// Nothing more is to come in this stage. A window that may have more bidders stays open: a few keys of one owner must not close it
    /// while the others are busy.
    /// </summary>
    public bool IsComplete =>
        IsClosed
            ? _bids.Values.All(bid => bid is null or { Price: not null })
            : InvitedCount >= MarketPolicy.BiddersMax && _bids.Values.All(bid => bid is not null);

    /// <summary>Those that have opened a bid within the limit: who comes first has won.</summary>
    public IReadOnlyList<(MarketOffer Offer, TokenAmount Price)> Ranked { get; private set; } = [];

    /// <summary>Those that have bid and not opened.</summary>
    public IReadOnlyList<MarketOffer> Forfeited => _forfeited;

    /// <returns>False where it was invited before.</returns>
    public bool Invite(MarketOffer offer)
    {
        if (!_bids.TryAdd(offer, null))
        {
            return false;
        }
        InvitedCount++;
        offer.Auctions.Add(this);
        return true;
    }

    /// <summary>The first bid of an offer counts: a second one is a change of mind.</summary>
    public void Commit(MarketOffer offer, Bytes32 commitment)
    {
        // What the closing window lets through late has seen no more than the others.
        if (!IsClosed && _bids.TryGetValue(offer, out var bid) && bid is null)
        {
            _bids[offer] = new Bid(commitment);
        }
    }

    /// <summary>What does not fit the sealed bid is no opening of it.</summary>
    public void Open(MarketOffer offer, OpenedBid opened, Bytes32 commitment)
    {
        if (IsClosed && _bids.GetValueOrDefault(offer) is { } bid && bid.Commitment == commitment)
        {
            // What a worker asks publicly it has promised to all, so it cannot ask more here; nor less than any may.
            var price = TokenAmount.Min(opened.Price, offer.Price);
            bid.Price = price < FuelPrice.Least ? FuelPrice.Least : price;
            bid.Nonce = opened.Nonce;
        }
    }

    /// <summary>
    /// The worker has left. While the window was open it has seen nothing, so it has not bid; later it had to open its bid first.
    /// </summary>
    public void Leave(MarketOffer offer)
    {
        if (_bids.GetValueOrDefault(offer) is { Price: null } && IsClosed)
        {
            _forfeited.Add(offer);
        }
        if (!IsClosed || _forfeited.Contains(offer))
        {
            _bids.Remove(offer);
        }
    }

    public void Close() => IsClosed = true;

    /// <summary>
    /// Ranks the opened bids by price; equal ones by a hash over the nonces of all, which every bidder had to fix before it knew another's.
    /// </summary>
    /// <param name="mayTake">Whether the one that has bid could still take the job: only its price counts, also for others.</param>
    public void Decide(Func<MarketOffer, bool> mayTake)
    {
        var opened = _bids
            .Where(bid => bid.Value is { Price: not null })
            .OrderBy(bid => bid.Key.Offer.Worker)
            .Select(bid => (Offer: bid.Key, Bid: bid.Value!))
            .ToArray();
        var lots = LotDomain.Hash([.. opened.SelectMany(each => each.Bid.Nonce.ToArray())]).ToArray();
        Ranked =
        [
            .. opened
                .Where(each => each.Bid.Price <= Job.PriceCap && mayTake(each.Offer))
                .OrderBy(each => each.Bid.Price)
                .ThenBy(each => LotDomain.Hash([.. lots, .. each.Offer.Offer.Worker.Value.ToArray()]))
                .Select(each => (each.Offer, each.Bid.Price!.Value)),
        ];
        _forfeited.AddRange(_bids.Where(bid => bid.Value is { Price: null }).Select(bid => bid.Key));
    }

    /// <summary>
    /// What the winner is paid per million fuel: the next one's price. One alone is paid what it asks publicly, at most the job's limit.
    /// None is paid more than <paramref name="free"/>, for which the job could go elsewhere without an auction, nor less than it bid.
    /// </summary>
    /// <param name="free">What the cheapest other worker asks publicly that would take the job now; null where there is none.</param>
    public TokenAmount PriceOfWinner(TokenAmount? free)
    {
        var next = Ranked.Count > 1 ? Ranked[1].Price : TokenAmount.Min(Ranked[0].Offer.Price, Job.PriceCap);
        return free is { } least && least < next
            ? least > Ranked[0].Price
                ? least
                : Ranked[0].Price
            : next;
    }

    private sealed class Bid(Bytes32 commitment)
    {
        public Bytes32 Commitment => commitment;

        public TokenAmount? Price { get; set; }

        public Bytes32 Nonce { get; set; }
    }
}
