using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>A worker's offer with its leases and its poll.</summary>
/// <param name="offer">The offer.</param>
/// <param name="loan">Which shard has lent it, and which of its offers it is; null: its worker polls here.</param>
internal sealed class MarketOffer(WorkerOffer offer, OfferLoan? loan = null)
{
    private MarketPoll? _poll;
    private readonly List<Lease> _leases = [];
    private readonly List<LeaseId> _stops = [];
    private readonly List<AuctionInvitation> _invitations = [];
    private readonly List<long> _closed = [];
    private readonly List<LeaseId> _reveals = [];
    private readonly List<ReceiptWindow> _windows = [];
    private readonly List<LeaseId> _freed = [];
    private ShareRequest? _share;
    private SettlementRequest? _settlement;
    private bool _isGone;
    private readonly HashSet<string> _labels = offer.Labels.IsDefaultOrEmpty ? [] : [.. WorkerLabels.Met(offer.Labels)];
    private int _leasesMax;
    private int _ahead;

    public WorkerOffer Offer { get; } = offer;

    /// <summary>Which shard has lent it, and which of its offers it is; null: its worker polls here.</summary>
    public OfferLoan? Loan => loan;

    /// <summary>Of the offers of this start of the market; another one is another session of the worker.</summary>
    public long Number { get; set; }

    /// <summary>Leases of other shards that wait for a slot here.</summary>
    public LinkedList<RelayedLease> Relayed { get; } = [];

    /// <summary>Leases of other shards that take a slot.</summary>
    public int RelayedSlots { get; set; }

    /// <summary>Whether a lease of another shard comes before the jobs of this one.</summary>
    public bool IsRelayedTurn { get; set; } = true;

    /// <summary>The classes whose needs it meets.</summary>
    public UInt128 Classes { get; set; } = JobClass.Plain.Bit;

    public TokenAmount Price => Offer.PricePerMillionFuel;

    /// <summary>Its place in the draw of this epoch's members; beyond all where it serves in none.</summary>
    public int CommitteePlace { get; set; } = int.MaxValue;

    /// <summary>It serves in a committee of this epoch.</summary>
    public bool IsMember => CommitteePlace != int.MaxValue;

    /// <summary>Its place among equals that other shards may have on loan; drawn when it is first asked for.</summary>
    public double? LendingPlace { get; set; }

    /// <summary>When its worker offered it, in running time.</summary>
    public TimeSpan Since { get; init; }

    /// <summary>Its last sign of life, in running time.</summary>
    public TimeSpan SeenAt { get; set; }

    /// <summary>Jobs that are being prepared for it, leased to it, or reported by it and not yet written.</summary>
    public HashSet<MarketJob> Jobs { get; } = [];

    /// <summary>Those of <see cref="Jobs"/> that take a slot: all but the reported ones; and <see cref="RelayedSlots"/>.</summary>
    public int SlotsUsed { get; set; }

    /// <summary>Its place among all offers.</summary>
    public OfferNode Priced => field ??= new OfferNode(this);

    /// <summary>Its place among the offers that take leases now.</summary>
    public OfferNode Hungry => field ??= new OfferNode(this);

    /// <summary>The same among those of newcomers.</summary>
    public OfferNode HungryNewcomer => field ??= new OfferNode(this);

    /// <summary>The sequence of the last poll, 0 before the first.</summary>
    public long Sequence { get; private set; }

    /// <summary>Its runs announce their outputs; false for a silo that does not do it yet.</summary>
    public bool AddsOutputs { get; private set; } = loan is not null;

    /// <summary>Its heartbeats name its leases; false for a silo that does not do it yet.</summary>
    public bool Heartbeats { get; private set; } = loan is { Heartbeats: true };

    /// <summary>After so long without a sign of life its worker is gone.</summary>
    public TimeSpan SilenceMax => Heartbeats ? MarketPolicy.LeaseSilenceMax : MarketPolicy.WorkerSilentMax;

    /// <summary>A job waits for it, and it waits for a round of leases.</summary>
    public bool IsHeld { get; set; }

    public bool IsWaiting => _poll is { Orders: null };

    /// <summary>Its worker's reputation.</summary>
    public Standing Standing { get; set; }

    /// <summary>When it was asked for last, in running time.</summary>
    public TimeSpan StandingAt { get; set; }

    /// <summary>When a lost run was last counted against its worker, in running time.</summary>
    public TimeSpan? LossNotedAt { get; set; }

    /// <summary>
    /// Leases that it takes now. Zero without a waiting poll, which is what takes them. It may have as many ahead of its slots as it has
    /// shown that it ends: one that only collects jobs gets few.
    /// </summary>
    public int Capacity =>
        loan is not null
            ? _isGone || IsHeld
                ? 0
                : Math.Max(0, Math.Min(LeasesAllowed, Offer.Slots) - SlotsUsed)
            : IsWaiting && !IsHeld
                ? Room
                : 0;

    /// <summary>The same without regard to its poll: what it is given now, its next poll takes.</summary>
    public int Room => Math.Max(0, Math.Min(_leasesMax, LeasesAllowed) - SlotsUsed);

    /// <summary>All slots that it has, or that its standing lets it use, have leases of this market; or the market makes it wait.</summary>
    public bool IsFull => IsHeld || SlotsUsed >= Math.Min(Offer.Slots, LeasesAllowed);

    /// <summary>Leases that it has been given in all.</summary>
    public long LeasesGiven { get; private set; }

    /// <summary>Seats that it was drawn for and did not take.</summary>
    public SeatPasses Passes { get; } = new();

    /// <summary>The open auctions that it was invited to.</summary>
    public HashSet<Auction> Auctions { get; } = [];

    /// <summary>Its worker's standing lets it have leases at all.</summary>
    public bool MayHaveLeases => !Standing.InMaintenance && Standing.Level != StandingLevel.Excluded;

    private int LeasesAllowed =>
        !MayHaveLeases ? 0
        : Standing.Level == StandingLevel.Probation ? 1
        : _ahead + (Standing.Level != StandingLevel.Good ? Math.Min(Offer.Slots, MarketPolicy.NewcomerLeasesMax) : Offer.Slots);

    /// <summary>A run was reported that ends its job.</summary>
    public void Finished() => _ahead = Math.Min(_ahead + 1, MarketPolicy.WorkerLeasesMax);

    /// <summary>A lease ended without a result.</summary>
    public void GaveUp() => _ahead /= 2;

    /// <summary>The poll with <see cref="Sequence"/>, answered or not.</summary>
    public MarketPoll Poll => _poll!;

    public void BeginPoll(WorkerPoll poll)
    {
        EndPoll();
        Sequence = poll.Sequence;
        AddsOutputs = poll.AddsOutputs;
        Heartbeats = poll.Heartbeats;
        _leasesMax = Math.Clamp(poll.LeasesMax, 0, MarketPolicy.WorkerLeasesMax);
        _poll = new MarketPoll();
    }

    /// <summary>A label as a job asks for it: the key alone, or with a value.</summary>
    public bool HasLabel(string label) => _labels.Contains(label);

    public bool Refuses(AccountId account) => !Offer.RefusedAccounts.IsDefaultOrEmpty && Offer.RefusedAccounts.Contains(account);

    public void Order(Lease lease)
    {
        _leases.Add(lease);
        LeasesGiven++;
        Passes.Clear();
    }

    public void Invite(AuctionInvitation invitation) => _invitations.Add(invitation);

    /// <summary>An auction in which it has bid has closed: it is to open its bid.</summary>
    public void CallBid(long auction) => _closed.Add(auction);

    /// <summary>It is to vote on receipts.</summary>
    public void OrderVote(ReceiptWindow window) => _windows.Add(window);

    /// <summary>It is to give its share of an epoch's randomness.</summary>
    public void OrderShare(ShareRequest request) => _share = request;

    /// <summary>It is to sign a settlement.</summary>
    public void OrderSettlement(SettlementRequest request) => _settlement = request;

    /// <summary>The sealed result of a lease is to be told.</summary>
    public void OrderReveal(LeaseId lease) => _reveals.Add(lease);

    /// <summary>Takes a lease back that was not given out yet, else orders its stop.</summary>
    public void OrderStop(LeaseId lease)
    {
        _reveals.Remove(lease);
        if (_leases.RemoveAll(ordered => ordered.Id == lease) == 0)
        {
            _stops.Add(lease);
        }
    }

    /// <summary>The lease takes no slot any more. The shard that has lent the offer is to know.</summary>
    public void NoteFreed(LeaseId lease)
    {
        if (loan is not null)
        {
            _freed.Add(lease);
        }
    }

    /// <summary>Answers a waiting poll if there is something to say.</summary>
    public void Flush()
    {
        if (IsWaiting && HasOrders)
        {
            EndPoll();
        }
    }

    /// <summary>There is something to say.</summary>
    public bool HasOrders =>
        _leases.Count + _stops.Count + _invitations.Count + _closed.Count + _reveals.Count + _windows.Count + _freed.Count > 0
        || _share is not null
        || _settlement is not null;

    /// <summary>What the shard that has lent the offer is to tell its worker.</summary>
    public RelayedOrders TakeRelayed()
    {
        var relayed = new RelayedOrders(Offer.Worker, loan!.Number, TakeOrders(), [.. _freed]);
        _freed.Clear();
        return relayed;
    }

    /// <summary>Answers a waiting poll with what there is, also with nothing.</summary>
    public void EndPoll()
    {
        if (!IsWaiting)
        {
            return;
        }
        _poll!.Answer(TakeOrders());
    }

    private WorkerOrders TakeOrders()
    {
        var orders = new WorkerOrders(true, [.. _leases], [.. _stops], [.. _invitations], [.. _closed])
        {
            Reveals = [.. _reveals],
            Duties =
                _share is null && _settlement is null && _windows.Count == 0
                    ? null
                    : new CommitteeDuties(_share, [.. _windows], _settlement),
        };
        _leases.Clear();
        _stops.Clear();
        _invitations.Clear();
        _closed.Clear();
        _reveals.Clear();
        _windows.Clear();
        (_share, _settlement) = (null, null);
        return orders;
    }

    /// <summary>The offer is lent again.</summary>
    public void Stay() => _isGone = false;

    /// <summary>The offer is replaced or gone.</summary>
    public void Dismiss()
    {
        _isGone = true;
        if (IsWaiting)
        {
            _poll!.Answer(Unknown);
        }
    }

    public OfferView ToView() => new(Offer, SlotsUsed, Standing);

    public static WorkerOrders Unknown { get; } = new(false, [], []);
}

/// <summary>Where a lent offer comes from.</summary>
/// <param name="Shard">The key of the shard that lends it.</param>
/// <param name="Start">That one's start number.</param>
/// <param name="Number">Of the offer there.</param>
/// <param name="Heartbeats">Its worker's heartbeats name its leases.</param>
internal sealed record OfferLoan(string Shard, long Start, long Number, bool Heartbeats);
