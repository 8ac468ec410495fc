namespace Marketplace.Grains;

/// <summary>
/// The open jobs of all accounts, in the order in which offers get them: accounts take turns by the fuel that each has had, and each one's
/// own jobs come in the order of their submission. So a buyer's million jobs do not keep another's single job waiting. This is start-time
/// fair queueing (Goyal, Vin, Cheng 1996): an account's time moves on by what its runs cost, and one that comes back after a pause begins
/// where the others are now, so that pausing saves nothing up. What a run costs is estimated when it is matched and made good when it ends.
/// An account has one time for its jobs of all classes; each class has a tree of its own, so that an offer sees only jobs whose needs it
/// meets.
/// </summary>
internal sealed class FairQueue
{
    private readonly Dictionary<AccountId, BuyerQueue> _buyers = [];
    private readonly SortedSet<BuyerQueue> _resting = [];
    private readonly BuyerTree?[] _turns = new BuyerTree?[JobClasses.Max];

    /// <summary>The classes with ready jobs.</summary>
    private UInt128 _ready;

    /// <summary>The turn of the run that was matched last.</summary>
    private UInt128 _now = (UInt128)MarketPolicy.ShareLagMax;

    /// <summary>Accounts that are remembered: those with open jobs, and those that have had more than their share for the moment.</summary>
    public int BuyerCount => _buyers.Count;

    /// <summary>Classes of which an account has open jobs.</summary>
    public IReadOnlyList<BuyerLine> LinesOf(AccountId account) => _buyers.GetValueOrDefault(account)?.Lines ?? [];

    /// <summary>The account, while it is remembered.</summary>
    public BuyerQueue? Find(AccountId account) => _buyers.GetValueOrDefault(account);

    /// <summary>A job waits for an offer.</summary>
    public bool HasReady => _ready != 0;

    /// <summary>Accounts with open jobs.</summary>
    public IEnumerable<BuyerQueue> Buyers => _buyers.Values.Where(buyer => !buyer.IsResting);

    /// <summary>The account's reputation as a buyer has become known, or has changed.</summary>
    public void SetScore(BuyerQueue buyer, int score)
    {
        Leave(buyer);
        buyer.Score = score;
        Return(buyer);
    }

    /// <summary>What the ready jobs of some classes want, all together.</summary>
    public Wanted WantedOf(UInt128 classes)
    {
        var wanted = Wanted.Nothing;
        for (var left = classes & _ready; left != 0; left &= left - 1)
        {
            wanted = Wanted.Join(wanted, _turns[(int)UInt128.TrailingZeroCount(left)]!.Root!.WantedBelow);
        }
        return wanted;
    }

    /// <summary>
    /// Some of the ready jobs: of each class as many as of the others where it has them, and of each account the first few, in the order of
    /// their turns.
    /// </summary>
    public IReadOnlyList<MarketJob> Sample(int most, int mostOfAccount)
    {
        var sample = new List<MarketJob>();
        var count = (int)UInt128.PopCount(_ready);
        for (var classes = _ready; classes != 0; classes &= classes - 1)
        {
            var room = sample.Count + ((most - sample.Count) / count--);
            _turns[(int)UInt128.TrailingZeroCount(classes)]!.Before(
                UInt128.MaxValue,
                line =>
                {
                    line.Jobs.AddFirst(sample, Math.Min(room, sample.Count + mostOfAccount));
                    return sample.Count < room;
                }
            );
        }
        return sample;
    }

    /// <summary>Gives the job the last place among those of its account and class, not ready yet.</summary>
    public void Add(MarketJob job)
    {
        if (!_buyers.TryGetValue(job.Ticket.Account, out var buyer))
        {
            _buyers.Add(job.Ticket.Account, buyer = new BuyerQueue(job.Ticket.Account, _now));
        }
        else if (buyer.IsResting)
        {
            _resting.Remove(buyer);
        }
        buyer.Add(job);
    }

    public void Remove(MarketJob job)
    {
        Unready(job);
        var buyer = job.Line!.Buyer;
        buyer.Remove(job);
        if (buyer.IsResting)
        {
            _resting.Add(buyer);
        }
        Forget();
    }

    public void Ready(MarketJob job)
    {
        var line = job.Line!;
        if (line.Buyer.Time < _now && !line.Buyer.HasReady)
        {
            line.Buyer.Time = _now;
        }
        Leave(line);
        line.Jobs.Ready(job);
        Count(job, 1);
        Return(line);
    }

    public static bool IsReady(MarketJob job) => job.Line!.Jobs.IsReady(job);

    public void Unready(MarketJob job)
    {
        var line = job.Line!;
        if (!line.Jobs.IsReady(job))
        {
            return;
        }
        Leave(line);
        line.Jobs.Unready(job);
        Count(job, -1);
        Return(line);
    }

    /// <summary>The first ready job, by the turns of accounts, that an offer can take.</summary>
    public MarketJob? Find(MarketOffer offer)
    {
        MarketJob? first = null;
        for (var classes = offer.Classes & _ready; classes != 0; classes &= classes - 1)
        {
            var turns = _turns[(int)UInt128.TrailingZeroCount(classes)]!;
            if (turns.Find(offer, first?.Line!.Buyer.Time ?? UInt128.MaxValue) is { } job && (first is null || IsBefore(job, first)))
            {
                first = job;
            }
        }
        return first;
    }

    /// <summary>The ready job goes to an offer; its account's turn passes.</summary>
    public void Take(MarketJob job)
    {
        var buyer = job.Line!.Buyer;
        Leave(buyer);
        // Who could not be served for long, for its prices or wishes, has not saved up all of that time.
        var turn = UInt128.Max(buyer.Time, _now - (UInt128)MarketPolicy.ShareLagMax);
        _now = UInt128.Max(_now, turn);
        job.ShareTaken = buyer.ExpectedOf(job);
        buyer.Time = turn + (UInt128)job.ShareTaken;
        job.Line.Jobs.Unready(job);
        Count(job, -1);
        Return(buyer);
    }

    /// <summary>The job's run is over: what it cost takes the place of what was expected.</summary>
    /// <param name="job">The job; nothing happens if it has taken nothing.</param>
    /// <param name="fuelUsed">What the run used, or could have; 0 where it brought nothing; null where no worker had it: then the
    /// expectation stands.</param>
    public void Settle(MarketJob job, long? fuelUsed)
    {
        if (job.ShareTaken > 0 && fuelUsed is { } used)
        {
            var buyer = job.Line!.Buyer;
            Leave(buyer);
            buyer.Time = buyer.Time + (UInt128)BuyerQueue.ShareOf(job, used) - (UInt128)job.ShareTaken;
            if (used > 0)
            {
                buyer.Learn(used);
            }
            Return(buyer);
        }
        job.ShareTaken = 0;
    }

    /// <summary>Ready jobs of its class that offers which fit all would get before this one, as far as can be seen now.</summary>
    /// <returns>
    /// Their count. It is a least one where more than <see cref="MarketPolicy.PositionAccountsMax"/> accounts come before.
    /// </returns>
    public (int Count, bool IsLeast) CountBefore(MarketJob job)
    {
        var own = job.Line!;
        var ownBefore = own.Jobs.CountBefore(job);
        var turn = own.Buyer.Time + ((UInt128)ownBefore * (UInt128)own.Buyer.ExpectedOf(own.Jobs.First!));
        long others = 0;
        var left = MarketPolicy.PositionAccountsMax;
        var all = _turns[own.Class.Index]!.Before(
            turn,
            line =>
            {
                if (line == own)
                {
                    return true;
                }
                if (left-- == 0)
                {
                    return false;
                }
                var turns = 1 + ((turn - line.Buyer.Time - 1) / (UInt128)line.Buyer.ExpectedOf(line.Jobs.First!));
                others += (long)UInt128.Min((UInt128)line.Jobs.Count, turns);
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
            foreach (var line in buyer.Lines)
            {
                line.Jobs.Sort();
            }
        }
    }

    private static void Count(MarketJob job, int sign)
    {
        if (job.Figures is { } figures)
        {
            figures.Ready += sign;
        }
    }

    /// <summary>Whether one of two jobs of different classes comes first: by the accounts' turns, and of one account the older.</summary>
    private static bool IsBefore(MarketJob one, MarketJob other)
    {
        var order = one.Line!.Buyer.CompareTo(other.Line!.Buyer);
        return order != 0 ? order < 0 : one.Ticket.SubmittedAt < other.Ticket.SubmittedAt;
    }

    /// <summary>Takes an account out of the turns of all its classes, so that its time may change.</summary>
    private void Leave(BuyerQueue buyer)
    {
        foreach (var line in buyer.Lines)
        {
            Leave(line);
        }
    }

    private void Return(BuyerQueue buyer)
    {
        foreach (var line in buyer.Lines)
        {
            Return(line);
        }
    }

    /// <summary>Takes a line out of its class's turns, so that its jobs may change.</summary>
    private void Leave(BuyerLine line)
    {
        if (line.Jobs.Count == 0)
        {
            return;
        }
        var turns = _turns[line.Class.Index]!;
        turns.Remove(line);
        if (turns.Root is null)
        {
            _ready &= ~line.Class.Bit;
        }
    }

    private void Return(BuyerLine line)
    {
        if (line.Jobs.Count > 0)
        {
            (_turns[line.Class.Index] ??= new BuyerTree()).Add(line);
            _ready |= line.Class.Bit;
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
