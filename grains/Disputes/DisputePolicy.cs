namespace Marketplace.Grains;

/// <summary>Bounds of disputes, each with its reason.</summary>
internal static class DisputePolicy
{
    /// <summary>
    /// By how many jurors' votes a result leads each other that wins: the least number m with (q / (1 - q))^m at most 10^-6 for a share of
    /// liars q = 0.3. receipts/RATIONALE.md, "How sure a verdict is".
    /// </summary>
    public const int Lead = 17;

    /// <summary>
    /// Jurors of one trial: if three in ten lie, nine trials in ten are decided by so many. It is also what one settlement pays beside the
    /// payer.
    /// </summary>
    public const int SeatsMax = AccountPolicy.PayeesMax - 1;

    /// <summary>Votes of one case: those of all draws of the largest panel.</summary>
    public const int SeatVotesMax = PanelPolicy.DrawsMax * Assurance.QuorumSeatsMax;

    /// <summary>
    /// A jury that has brought no verdict for so long brings none: what is at stake is frozen meanwhile. It is time for five runs of the
    /// longest, one after the other, and to find workers for them.
    /// </summary>
    public static readonly TimeSpan TrialMax = TimeSpan.FromHours(6);

    /// <summary>
    /// How long a dispute freezes what is at stake for its voters, if it is never heard of again. One that is over thaws it, so this is the
    /// end of lost ones. It is longer than a trial and all that a slash may have to wait for: a silo that is down, or a reputation that
    /// has no room for one more dispute.
    /// </summary>
    public static readonly TimeSpan FrozenMax = SlashPolicy.JudgmentMemory + TimeSpan.FromDays(1);

    /// <summary>
    /// How long jurors that lost are frozen when the verdict is written: until then the least unbonding held theirs, and after that the
    /// slash is tried again every ten minutes. A market that loses its verdict finds others, so it is short.
    /// </summary>
    public static readonly TimeSpan FrozenJuror = TimeSpan.FromDays(1);

    /// <summary>How often a jury is asked again, and what is not done is tried again.</summary>
    public static readonly TimeSpan CheckPeriod = TimeSpan.FromMinutes(10);

    /// <summary>Why there was no jury or no verdict, cut here.</summary>
    public const int ReasonCharsMax = 200;

    /// <summary>Rows that one page of a worker's disputes looks at: a few milliseconds. The next page begins behind them.</summary>
    public const int ListedRowsMax = 20 * ListedRowsPart;

    /// <summary>How many of them at a time.</summary>
    public const int ListedRowsPart = 100;

    /// <summary>The reminder of an open dispute.</summary>
    public const string Reminder = "dispute";
}
