namespace Marketplace.Grains;

/// <summary>One account's open jobs and what it has had of the market, as <see cref="FairQueue"/> counts it.</summary>
internal sealed class BuyerQueue(AccountId account, UInt128 time) : IComparable<BuyerQueue>
{
    /// <summary>Each run moves the mean by an eighth: it follows an account whose jobs change, and one odd run says little.</summary>
    private const int MeanParts = 8;

    /// <summary>Null before the first run's end.</summary>
    private long? _mean;

    public AccountId Account => account;

    public ReadyQueue Jobs { get; } = new();

    /// <summary>The virtual time at which its next run begins: who has had least of the market is next.</summary>
    public UInt128 Time { get; set; } = time;

    // The tree of those that have ready jobs, as BuyerTree keeps it.
    public BuyerQueue? Left { get; set; }
    public BuyerQueue? Right { get; set; }
    public int Height { get; set; }
    public Wanted WantedBelow { get; set; }

    /// <summary>What a run of the job will cost, by those before it; no more than it may use.</summary>
    public long ExpectedOf(MarketJob job) =>
        MarketPolicy.ShareOfAJob + Math.Min(_mean ?? MarketPolicy.ShareUnknownMax, job.Ticket.Spec.FuelMax);

    public void Learn(long fuelUsed) => _mean = _mean is { } mean ? mean + ((fuelUsed - mean) / MeanParts) : fuelUsed;

    public int CompareTo(BuyerQueue? other) =>
        other is null ? 1
        : Time != other.Time ? Time.CompareTo(other.Time)
        : account.CompareTo(other.Account);
}
