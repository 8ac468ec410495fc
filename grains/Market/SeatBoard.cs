namespace Marketplace.Grains;

/// <summary>
/// The seats that wait for a worker, in the order in which they were drawn. They come before jobs without a panel: a panel that has begun
/// holds results and money.
/// </summary>
internal sealed class SeatBoard
{
    private readonly LinkedList<MarketJob> _open = [];
    private readonly Dictionary<WorkerId, LinkedList<MarketJob>> _directed = [];
    private readonly Dictionary<MarketJob, LinkedListNode<MarketJob>> _places = [];
    private readonly Dictionary<AccountId, int> _ofAccounts = [];

    public bool Contains(MarketJob seat) => _places.ContainsKey(seat);

    /// <summary>Whether a job's panel may draw so many more that any worker can take.</summary>
    public bool HasRoomFor(AccountId account, int seats) =>
        _open.Count + seats <= PanelPolicy.WaitingSeatsMax
        && _ofAccounts.GetValueOrDefault(account) + seats <= PanelPolicy.AccountWaitingSeatsMax;

    /// <summary>Seats that wait for the worker that was drawn for them.</summary>
    public int CountOf(WorkerId worker) => _directed.GetValueOrDefault(worker)?.Count ?? 0;

    public void Add(MarketJob seat)
    {
        _places.Add(seat, ListOf(seat).AddLast(seat));
        seat.Figures!.Ready++;
        if (seat.Directed is null)
        {
            var account = seat.Ticket.Account;
            _ofAccounts[account] = _ofAccounts.GetValueOrDefault(account) + 1;
        }
    }

    public void Remove(MarketJob seat)
    {
        if (!_places.Remove(seat, out var place))
        {
            return;
        }
        var list = place.List!;
        list.Remove(place);
        seat.Figures!.Ready--;
        if (seat.Directed is { } worker)
        {
            if (list.Count == 0)
            {
                _directed.Remove(worker);
            }
            return;
        }
        var account = seat.Ticket.Account;
        if (--_ofAccounts[account] == 0)
        {
            _ofAccounts.Remove(account);
        }
    }

    /// <summary>Those of one account's jobs that any worker can take.</summary>
    public IEnumerable<MarketJob> Of(AccountId account) =>
        _ofAccounts.ContainsKey(account) ? _open.Where(seat => seat.Ticket.Account == account) : [];

    /// <summary>The first that the offer can take: one that waits for this very worker before others.</summary>
    public MarketJob? Find(MarketOffer offer) =>
        (_directed.TryGetValue(offer.Offer.Worker, out var own) ? Find(own, offer) : null) ?? Find(_open, offer);

    /// <summary>Whether the offer would take the seat, with a free slot or without.</summary>
    public static bool Fits(MarketJob seat, MarketOffer offer) =>
        offer.Priced.Fits(seat) && offer.Price <= seat.PriceCap && !OfferTree.IsRefused(seat, offer);

    private static MarketJob? Find(LinkedList<MarketJob> seats, MarketOffer offer)
    {
        for (var node = seats.First; node is not null; node = node.Next)
        {
            if (Fits(node.Value, offer))
            {
                return node.Value;
            }
        }
        return null;
    }

    private LinkedList<MarketJob> ListOf(MarketJob seat)
    {
        if (seat.Directed is not { } worker)
        {
            return _open;
        }
        if (!_directed.TryGetValue(worker, out var list))
        {
            _directed.Add(worker, list = []);
        }
        return list;
    }
}
