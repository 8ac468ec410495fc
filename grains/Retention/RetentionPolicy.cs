namespace Marketplace.Grains;

/// <summary>Bounds of dropping jobs, each with its reason.</summary>
internal static class RetentionPolicy
{
    /// <summary>How long after a pass the next one begins: jobs are kept for days, so a quarter of one is soon.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromHours(6);

    /// <summary>Rows of one call, which a dispute, an account and a write are asked for each: well within the time of a call.</summary>
    public const int RowsPerCall = 256;

    /// <summary>Of them so many at once, so that jobs which run have the store and the processor beside.</summary>
    public const int AtOnce = 16;

    /// <summary>
    /// How long after an earlier job was found to answer another, that one's end may be written: its submission is over in a minute, and
    /// the clocks of two silos differ by less than the rest.
    /// </summary>
    public static readonly TimeSpan AnswerLateMax = TimeSpan.FromDays(1);
}
