using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>How long the operator keeps jobs that have ended.</summary>
/// <param name="reuse">How late an earlier job may answer another.</param>
public sealed class JobKeeping(ReuseTerms reuse)
{
    /// <summary>In days; 0: for ever.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not within <see cref="MarketLimits.KeepJobDaysMin"/> and
    /// <see cref="MarketLimits.KeepJobDaysMax"/>.</exception>
    public int Days
    {
        get;
        init =>
            field = IsAllowed(value)
                ? value
                : throw new ArgumentOutOfRangeException(
                    nameof(value),
                    value,
                    $"Ended jobs are kept for {MarketLimits.KeepJobDaysMin} to {MarketLimits.KeepJobDaysMax} days, or with 0 for ever."
                );
    }

    public ReuseTerms Reuse => reuse;

    /// <summary>Null: for ever.</summary>
    public TimeSpan? Keep => Days == 0 ? null : TimeSpan.FromDays(Days);

    /// <summary>For people who ask for a job that is gone. It may have been dropped before this was set.</summary>
    public string Sentence =>
        Days == 0 ? "the market did not keep ended jobs for ever at that time" : $"the market keeps ended jobs for {Days} days";

    public static bool IsAllowed(int days) => days is 0 or (>= MarketLimits.KeepJobDaysMin and <= MarketLimits.KeepJobDaysMax);
}
