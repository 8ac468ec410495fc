namespace Marketplace.Grains;

/// <summary>
/// The open jobs of all accounts, in the order in which offers get them: accounts take turns by the fuel that each has had, and each one's
/// own jobs come in the order of their submission. So a buyer's million jobs do not keep another's single job waiting. This is start-time
/// fair queueing (Goyal, Vin, Cheng 1996): an account's time moves on by what its runs cost, and one that comes back after a pause begins
/// where the others are now, so that pausing saves nothing up. What a run costs is estimated when it is matched and made good when it ends.
/// </summary>
internal sealed class FairQueue
{
    private readonly Dictionary<AccountId, BuyerQueue> _buyers = [];
    private readonly SortedSet<BuyerQueue> _resting = [];
    private readonly BuyerTree _turns = new();

    /// <summary>The turn of the run that was matched last.</summary>
    private UInt128 _now = (UInt128)MarketPolicy.ShareLagMax;

    /// <summary>Jobs that are ready.</summary>
    public int Count => _turns.Wanted.Count;

    /// <summary>Accounts that are remembered: those with open jobs, and those that have had more than their share for the moment.</summary>
    public int BuyerCount => _buyers.Count;

    /// <summary>Gives the job the last place among those of its account, not ready yet.</summary>
    public void Add(MarketJob job)
    {
        if (!_buyers.TryGetValue(job.Ticket.Account, out var buyer))
        {
            _buyers.Add(job.Ticket.Account, buyer = new BuyerQueue(job.Ticket.Account, _now));
        }
        else if (buyer.Jobs.OpenCount == 0)
        {
            _resting.Remove(buyer);
        }
        buyer.Jobs.Add(job);
    }

    public void Remove(MarketJob job)
    {
        Unready(job);
        var buyer = BuyerOf(job);
        buyer.Jobs.Remove(job);
        if (buyer.Jobs.OpenCount == 0)
        {
            _resting.Add(buyer);
        }
        Forget();
    }

    public void Ready(MarketJob job)
    {
        var buyer = BuyerOf(job);
        var isBack = buyer.Jobs.Count == 0;
        Leave(buyer);
        if (isBack && buyer.Time < _now)
        {
            buyer.Time = _now;
        }
        buyer.Jobs.Ready(job);
        Return(buyer);
    }

    public bool IsReady(MarketJob job) => BuyerOf(job).Jobs.IsReady(job);

    public void Unready(MarketJob job)
    {
        var buyer = BuyerOf(job);
        if (!buyer.Jobs.IsReady(job))
        {
            return;
        }
        Leave(buyer);
        buyer.Jobs.Unready(job);
        Return(buyer);
    }

    /// <summary>The first ready job that an offer can take by price and memory.</summary>
    public MarketJob? Find(TokenAmount price, int memoryPagesMax) => _turns.Find(price, memoryPagesMax);

    /// <summary>The ready job goes to an offer; its account's turn passes.</summary>
    public void Take(MarketJob job)
    {
        var buyer = BuyerOf(job);
        Leave(buyer);
        // Who could not be served for long, for its prices or wishes, has not saved up all of that time.
        var turn = UInt128.Max(buyer.Time, _now - (UInt128)MarketPolicy.ShareLagMax);
        _now = UInt128.Max(_now, turn);
        job.ShareTaken = buyer.ExpectedOf(job);
        buyer.Time = turn + (UInt128)job.ShareTaken;
        buyer.Jobs.Unready(job);
        Return(buyer);
    }

    /// <summary>The job's run is over: what it cost takes the place of what was expected.</summary>
    /// <param name="job">The job; nothing happens if it has taken nothing.</param>
    /// <param name="fuelUsed">What the run used, or could have; null where no worker had it: then the expectation stands.</param>
    public void Settle(MarketJob job, long? fuelUsed)
    {
        if (job.ShareTaken > 0 && fuelUsed is { } used)
        {
            var buyer = BuyerOf(job);
            Leave(buyer);
            buyer.Time = buyer.Time + (UInt128)(MarketPolicy.ShareOfAJob + used) - (UInt128)job.ShareTaken;
            buyer.Learn(used);
            Return(buyer);
        }
        job.ShareTaken = 0;
    }

    /// <summary>Ready jobs that offers which fit all would get before this one, as far as can be seen now.</summary>
    /// <returns>
    /// Their count. It is a least one where more than <see cref="MarketPolicy.PositionAccountsMax"/> accounts come before.
    /// </returns>
    public (int Count, bool IsLeast) CountBefore(MarketJob job)
    {
        var own = BuyerOf(job);
        var ownBefore = own.Jobs.CountBefore(job);
        var turn = own.Time + ((UInt128)ownBefore * (UInt128)own.ExpectedOf(own.Jobs.First!));
        long others = 0;
        var left = MarketPolicy.PositionAccountsMax;
        var all = _turns.Before(
            turn,
            buyer =>
            {
                if (buyer == own)
                {
                    return true;
                }
                if (left-- == 0)
                {
                    return false;
                }
                var turns = 1 + ((turn - buyer.Time - 1) / (UInt128)buyer.ExpectedOf(buyer.Jobs.First!));
                others += (long)UInt128.Min((UInt128)buyer.Jobs.Count, turns);
                return true;
            }
        );
        return ((int)Math.Min(int.MaxValue, ownBefore + others), !all);
    }

    /// <summary>Puts each account's jobs into the order of their submission: after a rebuild, in which they came in any order.</summary>
    public void Sort()
    {
        foreach (var buyer in _buyers.Values)
        {
            buyer.Jobs.Sort();
        }
    }

    private BuyerQueue BuyerOf(MarketJob job) => _buyers[job.Ticket.Account];

    /// <summary>Takes an account out of the turns, so that its jobs and its time may change.</summary>
    private void Leave(BuyerQueue buyer)
    {
        if (buyer.Jobs.Count > 0)
        {
            _turns.Remove(buyer);
        }
    }

    private void Return(BuyerQueue buyer)
    {
        if (buyer.Jobs.Count > 0)
        {
            _turns.Add(buyer);
        }
    }

    /// <summary>
    /// An account without open jobs is remembered until the others have had as much as it, or too many are remembered.
    /// </summary>
    private void Forget()
    {
        while (_resting.Min is { } first && (first.Time <= _now || _resting.Count > MarketPolicy.RestingAccountsMax))
        {
            _resting.Remove(first);
            _buyers.Remove(first.Account);
        }
    }
}
