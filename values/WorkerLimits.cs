namespace Marketplace;

/// <summary>Bounds of one worker that the market checks and that workers keep to: both sides read the same number here.</summary>
public static class WorkerLimits
{
    /// <summary>Jobs that one worker may run at a time, a thread with a guest's stack each: more than any machine has cores.</summary>
    public const int SlotsMax = 1024;

    /// <summary>Labels of one worker: each is looked at when a new class of jobs is opened.</summary>
    public const int LabelsMax = 32;

    /// <summary>Characters of a label's key, all of them ASCII.</summary>
    public const int LabelKeyCharsMax = 48;

    /// <summary>Characters of a label's value, all of them ASCII.</summary>
    public const int LabelValueCharsMax = 80;

    /// <summary>Characters of a label: key, equals sign, value.</summary>
    public const int LabelCharsMax = LabelKeyCharsMax + 1 + LabelValueCharsMax;

    /// <summary>Accounts that one worker may refuse: each is compared with the accounts of waiting jobs.</summary>
    public const int RefusedAccountsMax = 120;

    /// <summary>
    /// Auctions that one worker is invited to at a time, so bids that it may send with one poll: more than it can run soon, and what it
    /// would have to open if it won them all.
    /// </summary>
    public const int BidsMax = 64;

    /// <summary>A worker's reputation is told in thousandths: this one has never failed.</summary>
    public const int ReputationMax = 1000;

    /// <summary>
    /// Leases that one worker may hold at a time, those that wait for a slot included: what a failing worker loses must stay a small part
    /// of the queue.
    /// </summary>
    public const int LeasesMax = 4 * SlotsMax;

    /// <summary>
    /// Windows of receipts that one worker may vote on with one call: one committee of each size is asked at a time, and answers to two
    /// polls come together.
    /// </summary>
    public const int WindowsMax = 64;

    /// <summary>
    /// Receipts of one window: the vote on each is a line in each member's log, all of a window are in one answer to a poll, and a call
    /// that refuses all of all windows is still one frame.
    /// </summary>
    public const int WindowReceiptsMax = 256;

    /// <summary>Shares of epochs' randomness that one call may have: one epoch is asked for at a time.</summary>
    public const int SharesMax = 1;

    /// <summary>
    /// The shortest epoch of committees: it has rounds of the market in which its workers are asked, and time left to serve. Shares of the
    /// next one are collected for at most half of it, so lists follow each other no faster.
    /// </summary>
    public static readonly TimeSpan EpochMin = TimeSpan.FromMinutes(2);

    /// <summary>
    /// How often a worker says that it is alive, and how far its runs have come: a fraction of what a lease lasts without, and for ten
    /// thousand workers no more than what their jobs ask of the market anyway.
    /// </summary>
    public static readonly TimeSpan HeartbeatPeriod = TimeSpan.FromSeconds(5);
}
