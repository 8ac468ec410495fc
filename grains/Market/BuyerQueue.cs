namespace Marketplace.Grains;

/// <summary>
/// One account: its open jobs in a line for each class, and what it has had of the market, as <see cref="FairQueue"/> counts it.
/// </summary>
internal sealed class BuyerQueue(AccountId account, UInt128 time) : IComparable<BuyerQueue>
{
    /// <summary>Each run moves the mean by an eighth: it follows an account whose jobs change, and one odd run says little.</summary>
    private const int MeanParts = 8;

    private readonly List<BuyerLine> _lines = [];
    private int _openCount;

    /// <summary>Null before the first run's end.</summary>
    private long? _mean;

    public AccountId Account => account;

    /// <summary>One for each class of which it has open jobs; that of jobs without needs stays.</summary>
    public IReadOnlyList<BuyerLine> Lines => _lines;

    /// <summary>The virtual time at which its next run begins: who has had least of the market is next.</summary>
    public UInt128 Time { get; set; } = time;

    /// <summary>Its reputation as a buyer, in thousandths; 0 where it was not read yet. Changed by the queue.</summary>
    public int Score { get; set; }

    /// <summary>When that was last asked for, in running time; null: never.</summary>
    public TimeSpan? ScoreAt { get; set; }

    /// <summary>It has no open jobs.</summary>
    public bool IsResting => _openCount == 0;

    public bool HasReady
    {
        get
        {
            foreach (var line in _lines)
            {
                if (line.Jobs.Count > 0)
                {
                    return true;
                }
            }
            return false;
        }
    }

    /// <summary>Gives the job the last place in the line of its class, not ready yet.</summary>
    public void Add(MarketJob job)
    {
        job.Line = LineOf(job.Class);
        job.Line.Jobs.Add(job);
        _openCount++;
    }

    public void Remove(MarketJob job)
    {
        var line = job.Line!;
        line.Jobs.Remove(job);
        _openCount--;
        if (line.Jobs.OpenCount == 0 && line.Class != JobClass.Plain)
        {
            _lines.Remove(line);
        }
    }

    private BuyerLine LineOf(JobClass jobClass)
    {
        foreach (var known in _lines)
        {
            if (known.Class == jobClass)
            {
                return known;
            }
        }
        var line = new BuyerLine(this, jobClass);
        _lines.Add(line);
        return line;
    }

    /// <summary>What a run of the job will cost, by those before it; no more than it may use.</summary>
    public long ExpectedOf(MarketJob job) => ShareOf(job, Math.Min(_mean ?? MarketPolicy.ShareUnknownMax, job.Ticket.Spec.FuelMax));

    /// <summary>What a run of so much fuel counts: less, the more the job pays for it.</summary>
    public static long ShareOf(MarketJob job, long fuel) =>
        (MarketPolicy.ShareOfAJob + fuel) * job.Ticket.Spec.Assurance.Seats / job.Priority;

    public void Learn(long fuelUsed) => _mean = _mean is { } mean ? mean + ((fuelUsed - mean) / MeanParts) : fuelUsed;

    public int CompareTo(BuyerQueue? other) =>
        other is null ? 1
        : Time != other.Time ? Time.CompareTo(other.Time)
        : account.CompareTo(other.Account);
}
