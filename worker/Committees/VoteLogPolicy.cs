namespace Marketplace.Worker;

/// <summary>Bounds of a vote log, each with its reason.</summary>
public static class VoteLogPolicy
{
    /// <summary>
    /// Votes of one epoch: a day, which is the longest, at a thousand receipts a second, and some. Each takes about 20 bytes of memory and
    /// 65 on the disk, as they come. Who has cast so many sits the rest of the epoch out.
    /// </summary>
    public const int VotesPerEpochMax = 100_000_000;

    /// <summary>Votes of one write, which are one batch of receipts: the write stays below 1 MiB, so a torn one is soon read.</summary>
    public const int VotesPerWriteMax = 4_096;

    /// <summary>
    /// Epochs whose votes are kept: the one that is to begin, which has a share already, the one that goes on, and one before, whose last
    /// receipts are under way.
    /// </summary>
    public const int EpochsKept = 3;

    /// <summary>
    /// Beyond it the next write begins another part of the log. The last part is written anew when the log is opened, each is read into
    /// memory by itself then, and those of epochs that are over are removed whole.
    /// </summary>
    public const int PartBytesMax = 64 << 20;

    /// <summary>
    /// How many epochs may come sooner than they can begin: the list of the next one is signed before this one ends, and clocks of market
    /// and worker differ.
    /// </summary>
    public const int EpochsAheadMax = 2;

    /// <summary>
    /// Epochs follow each other no faster. What a market says beyond it is no epoch: a vote in one raises the floor, below which nothing is
    /// voted any more.
    /// </summary>
    public static readonly TimeSpan EpochStepMin = WorkerLimits.EpochMin / 2;

    /// <summary>No market had an epoch before: a log that has not voted yet counts the steps from here.</summary>
    public static readonly DateTimeOffset EpochsBegan = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
}
