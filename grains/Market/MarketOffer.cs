using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>A worker's offer with its leases and its poll.</summary>
internal sealed class MarketOffer(WorkerOffer offer)
{
    private MarketPoll? _poll;
    private readonly List<Lease> _leases = [];
    private readonly List<LeaseId> _stops = [];
    private readonly HashSet<string> _labels = offer.Labels.IsDefaultOrEmpty ? [] : [.. WorkerLabels.Met(offer.Labels)];
    private int _leasesMax;

    public WorkerOffer Offer { get; } = offer;

    /// <summary>The classes whose needs it meets.</summary>
    public UInt128 Classes { get; set; } = JobClass.Plain.Bit;

    public TokenAmount Price => Offer.PricePerMillionFuel;

    /// <summary>Its last sign of life, in running time.</summary>
    public TimeSpan SeenAt { get; set; }

    /// <summary>Jobs that are being prepared for it, leased to it, or reported by it and not yet written.</summary>
    public HashSet<MarketJob> Jobs { get; } = [];

    /// <summary>Those of <see cref="Jobs"/> that take a slot: all but the reported ones.</summary>
    public int SlotsUsed { get; set; }

    /// <summary>Its place among all offers.</summary>
    public OfferNode Priced => field ??= new OfferNode(this);

    /// <summary>Its place among the offers that take leases now.</summary>
    public OfferNode Hungry => field ??= new OfferNode(this);

    /// <summary>The same among those of newcomers.</summary>
    public OfferNode HungryNewcomer => field ??= new OfferNode(this);

    /// <summary>The sequence of the last poll, -1 before the first.</summary>
    public long Sequence { get; private set; } = -1;

    /// <summary>Its runs announce their outputs; false for a silo that does not do it yet.</summary>
    public bool AddsOutputs { get; private set; }

    /// <summary>Its heartbeats name its leases; false for a silo that does not do it yet.</summary>
    public bool Heartbeats { get; private set; }

    public bool IsWaiting => _poll is { Orders: null };

    /// <summary>Its worker's reputation.</summary>
    public Standing Standing { get; set; }

    /// <summary>When it was asked for last, in running time.</summary>
    public TimeSpan StandingAt { get; set; }

    /// <summary>Leases that it takes now. Zero without a waiting poll, which is what takes them.</summary>
    public int Capacity => IsWaiting ? Math.Max(0, Math.Min(_leasesMax, LeasesAllowed) - SlotsUsed) : 0;

    private int LeasesAllowed =>
        Standing.InMaintenance ? 0
        : Standing.Level == StandingLevel.Excluded ? 0
        : Standing.Level == StandingLevel.Probation ? 1
        : int.MaxValue;

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

    public void Order(Lease lease) => _leases.Add(lease);

    /// <summary>Takes a lease back that was not given out yet, else orders its stop.</summary>
    public void OrderStop(LeaseId lease)
    {
        if (_leases.RemoveAll(ordered => ordered.Id == lease) == 0)
        {
            _stops.Add(lease);
        }
    }

    /// <summary>Answers a waiting poll if there is something to say.</summary>
    public void Flush()
    {
        if (IsWaiting && (_leases.Count > 0 || _stops.Count > 0))
        {
            EndPoll();
        }
    }

    /// <summary>Answers a waiting poll with what there is, also with nothing.</summary>
    public void EndPoll()
    {
        if (!IsWaiting)
        {
            return;
        }
        _poll!.Answer(new WorkerOrders(true, [.. _leases], [.. _stops]));
        _leases.Clear();
        _stops.Clear();
    }

    /// <summary>The offer is replaced or gone.</summary>
    public void Dismiss()
    {
        if (IsWaiting)
        {
            _poll!.Answer(Unknown);
        }
    }

    public static WorkerOrders Unknown { get; } = new(false, [], []);
}
