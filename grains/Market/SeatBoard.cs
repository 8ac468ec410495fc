namespace Marketplace.Grains;

/// <summary>
/// The seats that wait for a worker, in the order in which they were drawn. They come before jobs without a panel: a panel that has begun
/// holds results and money.
/// </summary>
internal sealed class SeatBoard
{
    private readonly LinkedList<MarketJob> _seats = [];
    private readonly Dictionary<MarketJob, LinkedListNode<MarketJob>> _places = [];
    private readonly Dictionary<AccountId, int> _ofAccounts = [];

    public int Count => _seats.Count;

    public bool Contains(MarketJob seat) => _places.ContainsKey(seat);

    /// <summary>Whether a job's panel may draw so many more.</summary>
    public bool HasRoomFor(AccountId account, int seats) =>
        _seats.Count + seats <= PanelPolicy.WaitingSeatsMax
        && _ofAccounts.GetValueOrDefault(account) + seats <= PanelPolicy.AccountWaitingSeatsMax;

    public void Add(MarketJob seat)
    {
        _places.Add(seat, _seats.AddLast(seat));
        seat.Figures!.Ready++;
        var account = seat.Ticket.Account;
        _ofAccounts[account] = _ofAccounts.GetValueOrDefault(account) + 1;
    }

    public void Remove(MarketJob seat)
    {
        if (!_places.Remove(seat, out var place))
        {
            return;
        }
        _seats.Remove(place);
        seat.Figures!.Ready--;
        var account = seat.Ticket.Account;
        if (--_ofAccounts[account] == 0)
        {
            _ofAccounts.Remove(account);
        }
    }

    /// <summary>Those of one account's jobs.</summary>
    public IEnumerable<MarketJob> Of(AccountId account) =>
        _ofAccounts.ContainsKey(account) ? _seats.Where(seat => seat.Ticket.Account == account) : [];

    /// <summary>The first that the offer can take.</summary>
    public MarketJob? Find(MarketOffer offer)
    {
        for (var node = _seats.First; node is not null; node = node.Next)
        {
            var seat = node.Value;
            if (offer.Priced.Fits(seat) && offer.Price <= seat.PriceCap && !OfferTree.IsRefused(seat, offer))
            {
                return seat;
            }
        }
        return null;
    }
}
