using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>
/// Leases that other shards have given to workers of this one, which they have on loan. Each waits here until its worker has a slot, and
/// takes that until its shard says that it is free; what the worker reports goes to that shard alone.
/// </summary>
/// <param name="offers">The offers of this shard.</param>
/// <param name="touched">Offers that are looked at when the turn ends.</param>
internal sealed class RelayedLeases(MarketOffers offers, HashSet<MarketOffer> touched)
{
    private readonly Dictionary<LeaseId, RelayedLease> _all = [];
    private readonly LinkedList<RelayedLease> _waiting = [];
    private readonly Dictionary<string, long> _starts = [];

    /// <summary>When a lease has waited too long, in running time; null where none waits.</summary>
    public TimeSpan? NextDue => _waiting.First?.Value.GiveUpAt;

    /// <summary>Takes over what another shard orders. Repeated orders change nothing.</summary>
    /// <returns>False where the worker's offer is another one now: the next loan says so.</returns>
    public bool Take(string shard, long start, RelayedOrders relayed, MarketTime now)
    {
        if (offers.Find(relayed.Worker) is not { } offer || offer.Number != relayed.Number)
        {
            return false;
        }
        touched.Add(offer);
        var orders = relayed.Orders;
        foreach (var lease in orders.Leases)
        {
            Add(new RelayedLease(shard, start, lease, offer, now.Running + MarketPolicy.RelayWaitMax));
        }
        foreach (var stop in orders.Stops)
        {
            if (_all.TryGetValue(stop, out var stopped) && stopped.Place is not null)
            {
                Remove(stopped);
            }
            else
            {
                offer.OrderStop(stop);
            }
        }
        foreach (var reveal in orders.Reveals.IsDefault ? [] : orders.Reveals)
        {
            offer.OrderReveal(reveal);
        }
        foreach (var window in orders.Duties?.Windows ?? [])
        {
            offer.OrderVote(window);
        }
        foreach (var freed in relayed.Freed)
        {
            Free(freed);
        }
        return true;
    }

    /// <summary>Gives the offer the first lease that waits for it.</summary>
    /// <returns>False where none does.</returns>
    public bool Give(MarketOffer offer)
    {
        if (offer.Relayed.First is not { Value: var first })
        {
            return false;
        }
        StopWaiting(first);
        offer.SlotsUsed++;
        offer.RelayedSlots++;
        offer.Order(first.Lease);
        touched.Add(offer);
        return true;
    }

    /// <summary>Those that have waited too long: they go back to their shards.</summary>
    public IReadOnlyList<RelayedLease> TakeOverdue(TimeSpan now)
    {
        var overdue = _waiting.TakeWhile(lease => now >= lease.GiveUpAt).ToArray();
        foreach (var lease in overdue)
        {
            Remove(lease);
        }
        return overdue;
    }

    /// <summary>Slots of leases whose end was lost on its way are free some time after the report must have been there.</summary>
    public void FreeExpired(DateTimeOffset now)
    {
        foreach (var lease in _all.Values.Where(lease => now > lease.Lease.Deadline + MarketPolicy.ReportGrace).ToArray())
        {
            Remove(lease);
        }
    }

    /// <summary>If the shard has begun anew, what it gave before counts no more.</summary>
    /// <returns>False where it has begun anew since.</returns>
    public bool Begin(string shard, long start)
    {
        var known = _starts.GetValueOrDefault(shard);
        if (start <= known)
        {
            return start == known;
        }
        _starts[shard] = start;
        foreach (var lease in _all.Values.Where(lease => lease.Shard == shard && lease.Start < start).ToArray())
        {
            var isGiven = lease.Place is null;
            Remove(lease);
            if (isGiven)
            {
                lease.Offer.OrderStop(lease.Lease.Id);
            }
        }
        return true;
    }

    /// <summary>
    /// Its shard does not know the lease, or no more. It may have ended well before its shard heard that the worker has it, so the worker
    /// is not told to stop: of one that is over otherwise it hears by its next heartbeat.
    /// </summary>
    public void Free(LeaseId lease)
    {
        if (_all.TryGetValue(lease, out var known))
        {
            Remove(known);
        }
    }

    /// <summary>The offer is gone: the shards hear of it by the next loan.</summary>
    public void Forget(MarketOffer gone)
    {
        if (gone.RelayedSlots == 0 && gone.Relayed.Count == 0)
        {
            return;
        }
        foreach (var lease in _all.Values.Where(lease => lease.Offer == gone).ToArray())
        {
            Remove(lease);
        }
    }

    private void Add(RelayedLease lease)
    {
        if (_all.TryAdd(lease.Lease.Id, lease))
        {
            lease.OwnPlace = lease.Offer.Relayed.AddLast(lease);
            lease.Place = _waiting.AddLast(lease);
        }
    }

    private void Remove(RelayedLease lease)
    {
        _all.Remove(lease.Lease.Id);
        touched.Add(lease.Offer);
        if (lease.Place is not null)
        {
            StopWaiting(lease);
            return;
        }
        lease.Offer.SlotsUsed--;
        lease.Offer.RelayedSlots--;
    }

    private void StopWaiting(RelayedLease lease)
    {
        _waiting.Remove(lease.Place!);
        lease.Offer.Relayed.Remove(lease.OwnPlace!);
        (lease.Place, lease.OwnPlace) = (null, null);
    }
}

/// <summary>A lease of another shard.</summary>
/// <param name="shard">The key of the shard that gave it.</param>
/// <param name="start">That one's start number.</param>
/// <param name="lease">The lease.</param>
/// <param name="offer">The offer of the worker that it is for.</param>
/// <param name="giveUpAt">Until when it waits for a slot, in running time.</param>
internal sealed class RelayedLease(string shard, long start, Lease lease, MarketOffer offer, TimeSpan giveUpAt)
{
    public string Shard => shard;

    public long Start => start;

    public Lease Lease => lease;

    public MarketOffer Offer => offer;

    public TimeSpan GiveUpAt => giveUpAt;

    /// <summary>Among all that wait; null once its worker has it.</summary>
    public LinkedListNode<RelayedLease>? Place { get; set; }

    /// <summary>The same among those for its worker.</summary>
    public LinkedListNode<RelayedLease>? OwnPlace { get; set; }
}
