namespace Marketplace.Grains;

/// <summary>Bounds of panels, each with its reason.</summary>
internal static class PanelPolicy
{
    /// <summary>
    /// Seats that wait for a worker, of all open panels. Each offer that takes leases is compared with them one by one, about a tenth of a
    /// microsecond each, before it is given a job without a panel.
    /// </summary>
    public const int WaitingSeatsMax = 1024;

    /// <summary>The same of one account: it must not keep the panels of others from opening.</summary>
    public const int AccountWaitingSeatsMax = 256;

    /// <summary>When a job is looked at again whose panel cannot open: for want of workers, or for the bounds above.</summary>
    public static readonly TimeSpan OpenAgainAfter = TimeSpan.FromSeconds(1);

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

    /// <inheritdoc cref="LateMin"/>
    public static readonly TimeSpan LateMax = TimeSpan.FromMinutes(1);

    /// <summary>How long sealed results may take to be told: an answer to a poll and a report, on a slow line and again.</summary>
    public static readonly TimeSpan RevealMax = TimeSpan.FromSeconds(15);

    /// <summary>How long the others may still tell theirs when enough agree: none is to make a buyer wait by keeping silent.</summary>
    public static readonly TimeSpan RevealLateMax = TimeSpan.FromSeconds(1);
}
