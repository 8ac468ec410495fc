namespace Marketplace.Grains;

/// <summary>Bounds of panels, each with its reason.</summary>
internal static class PanelPolicy
{
    /// <summary>
    /// Seats that wait for a worker, of all open panels; also those that wait for one certain worker. Each offer that takes leases is
    /// compared with them one by one, about a tenth of a microsecond each, before it is given a job without a panel.
    /// </summary>
    public const int WaitingSeatsMax = 1024;

    /// <summary>The same of one account, so that a few can share <see cref="CommonSeatsMax"/>.</summary>
    public const int AccountWaitingSeatsMax = 256;

    /// <summary>
    /// Beyond so many an account has at most <see cref="AccountReservedSeatsMax"/>: it takes dozens of accounts to keep the panels of
    /// others from opening.
    /// </summary>
    public const int CommonSeatsMax = WaitingSeatsMax / 2;

    /// <summary>The seats of one panel, the widest.</summary>
    public const int AccountReservedSeatsMax = Assurance.QuorumSeatsMax;

    /// <summary>When the first job of a line is looked at again whose panels cannot open.</summary>
    public static readonly TimeSpan OpenAgainAfter = TimeSpan.FromSeconds(1);

    /// <summary>Lines that are looked at in vain, one after the other, when waiting seats were taken: the others have their turn with the
    /// next ones.</summary>
    public const int RoomTriesMax = 16;

    /// <summary>Each time later by that, up to so many times of it: who starts a worker that was lacking does not wait for long.</summary>
    public const int OpenAgainPartsMax = 15;

    /// <summary>
    /// A panel draws so many times the seats that it began with, for workers that are lost or do not agree. With a third of liars three
    /// times as many agree in all but a few of ten thousand panels.
    /// </summary>
    public const int DrawsMax = 3;

    /// <summary>
    /// Once enough results are sealed, the panel waits for the others as long again as those took, within these bounds. Who is later is
    /// not paid, and not blamed.
    /// </summary>
    public static readonly TimeSpan LateMin = TimeSpan.FromSeconds(2);

    /// <summary>
    /// The same for the last members of a committee, and for those of them that do not tell what they have sealed: the first have run the
    /// job, and a window of votes takes no longer.
    /// </summary>
    public static readonly TimeSpan CommitteeLateMin = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// Receipts of one window: the vote of each is a line in each member's log, and all of a window are in one answer to a poll.
    /// </summary>
    public const int WindowReceiptsMax = WorkerLimits.WindowReceiptsMax;

    /// <summary>
    /// Windows that one call may vote on: one committee of each size is asked at a time, and answers of two polls come together.
    /// </summary>
    public const int WindowVotesMax = WorkerLimits.WindowsMax;

    /// <summary>
    /// How long members may take to sign: an fsync and two ways over a slow line. Under load windows follow each other at once.
    /// </summary>
    public static readonly TimeSpan WindowMax = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long a seat waits for the worker that was drawn for it before another one is drawn: longer than most runs take, because workers
    /// that are never busy gain by each new draw.
    /// </summary>
    public static readonly TimeSpan SeatWaitMax = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Draws that a worker may let pass, one after the other, though it has a free slot: after one, its line may just have been slow.
    /// </summary>
    public const int PassesMax = 2;

    /// <summary>
    /// So long draws pass it over, unless it asks for leases: ten times what it costs a panel to draw it. Twice as long with each further
    /// draw that it lets pass.
    /// </summary>
    public static readonly TimeSpan PassedOverMin = TimeSpan.FromMinutes(5);

    /// <summary>At most so many times: an hour and twenty minutes, in which a worker costs one panel half a minute.</summary>
    public const int PassedOverDoublingsMax = 4;

    /// <summary>How long a juror's run may wait for its worker: the worker was drawn because it is here.</summary>
    public static readonly TimeSpan JurorWaitMax = TimeSpan.FromMinutes(2);

    /// <summary>
    /// Runs of one trial that jurors of an owner may lose, the second and later ones only where no other juror is left: a worker may be
    /// restarted in the middle of a run, and none may make a trial last by losing all.
    /// </summary>
    public const int JurorTriesMax = 3;

    /// <summary>
    /// Trials that one market holds at a time: each has up to some dozens of runs. Those beyond it are asked for again by their disputes.
    /// </summary>
    public const int TrialsMax = 64;

    /// <summary>Shares that one call may bring.</summary>
    public const int SharesMax = WorkerLimits.SharesMax;

    /// <summary>How often a receipt that none refuses is put before its committee, before the job is run again.</summary>
    public const int WindowTriesMax = 3;

    /// <inheritdoc cref="LateMin"/>
    public static readonly TimeSpan LateMax = TimeSpan.FromMinutes(1);

    /// <summary>How long sealed results may take to be told: an answer to a poll and a report, on a slow line and again.</summary>
    public static readonly TimeSpan RevealMax = TimeSpan.FromSeconds(15);

    /// <summary>How long the others may still tell theirs when enough agree: none is to make a buyer wait by keeping silent.</summary>
    public static readonly TimeSpan RevealLateMax = TimeSpan.FromSeconds(1);
}
