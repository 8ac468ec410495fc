namespace Marketplace.Worker;

/// <summary>Bounds of a vote log, each with its reason.</summary>
public static class VoteLogPolicy
{
    /// <summary>Votes that are kept: all stand in memory, about 150 bytes each. Who votes more raises the floor first.</summary>
    public const int VotesMax = 65_536;

    /// <summary>Votes of one write, which are one batch of receipts: the write stays below 1 MiB, so a torn one is soon read.</summary>
    public const int VotesPerWriteMax = 4_096;

    /// <summary>
    /// Epochs whose votes are kept: the one that is to begin, which has a share already, the one that goes on, and one before, whose last
    /// receipts are under way. With another one the log would be full sooner.
    /// </summary>
    public const int EpochsKept = 3;
}
