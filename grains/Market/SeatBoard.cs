namespace Marketplace.Grains;

/// <summary>
/// The seats that wait for a worker, in the order in which they were drawn. They come before jobs without a panel: a panel that has begun
/// holds results and money.
/// </summary>
/// <param name="removed">Told of each that waits no more.</param>
internal sealed class SeatBoard(Action removed)
{
    private readonly LinkedList<MarketJob> _open = [];
    private readonly Dictionary<WorkerId, LinkedList<MarketJob>> _directed = [];
    private readonly Dictionary<MarketJob, LinkedListNode<MarketJob>> _places = [];
    private int _forAnyCount;
    private readonly Dictionary<(WorkerId? Worker, AccountId Account), int> _ofAccounts = [];

    public bool Contains(MarketJob seat) => _places.ContainsKey(seat);

    /// <summary>Whether a job's panel may draw so many more.</summary>
    /// <param name="account">The job's.</param>
    /// <param name="worker">For which they are to be; null: any can take them.</param>
    /// <param name="seats">How many.</param>
    public bool HasRoomFor(AccountId account, WorkerId? worker, int seats)
    {
        var all = seats + (worker is { } only ? _directed.GetValueOrDefault(only)?.Count ?? 0 : _forAnyCount);
        var own = seats + _ofAccounts.GetValueOrDefault((worker, account));
        return all <= PanelPolicy.WaitingSeatsMax
            && own <= (all <= PanelPolicy.CommonSeatsMax ? PanelPolicy.AccountWaitingSeatsMax : PanelPolicy.AccountReservedSeatsMax);
    }

    public void Add(MarketJob seat)
    {
        _places.Add(seat, ListOf(seat).AddLast(seat));
        seat.Figures!.Ready++;
        _forAnyCount += seat.Panel!.IsForAny ? 1 : 0;
        var key = KeyOf(seat);
        _ofAccounts[key] = _ofAccounts.GetValueOrDefault(key) + 1;
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
        if (seat.Directed is { } worker && list.Count == 0)
        {
            _directed.Remove(worker);
        }
        _forAnyCount -= seat.Panel!.IsForAny ? 1 : 0;
        var key = KeyOf(seat);
        if (--_ofAccounts[key] == 0)
        {
            _ofAccounts.Remove(key);
        }
        removed();
    }

    /// <summary>Those that were drawn for one worker each.</summary>
    public IEnumerable<MarketJob> Directed => _directed.Values.SelectMany(seats => seats);

    /// <summary>Those of one account's jobs that any worker can take.</summary>
    public IEnumerable<MarketJob> Of(AccountId account) =>
        _ofAccounts.ContainsKey((null, account)) ? _open.Where(seat => seat.Ticket.Account == account) : [];

    /// <summary>The first that the offer can take: one that waits for this very worker before others.</summary>
    public MarketJob? Find(MarketOffer offer) =>
        (_directed.TryGetValue(offer.Offer.Worker, out var own) ? Find(own, offer) : null) ?? Find(_open, offer);

    /// <summary>Whether the offer would take the seat, with a free slot or without.</summary>
    public static bool Fits(MarketJob seat, MarketOffer offer) =>
        offer.MayHaveLeases && offer.Priced.Fits(seat) && offer.Price <= seat.PriceCap && !OfferTree.IsRefused(seat, offer);

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

    /// <summary>Whose room the seat takes: that of its worker where no other could have been drawn.</summary>
    private static (WorkerId? Worker, AccountId Account) KeyOf(MarketJob seat) =>
        (seat.Panel!.IsForAny ? null : seat.Directed, seat.Ticket.Account);

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
