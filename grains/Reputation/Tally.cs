namespace Marketplace.Grains;

/// <summary>
/// Decayed outcomes: the two counts of a Beta distribution, whose mean is the share of what went well. An outcome counts as one, or as more
/// or less by its price. All in integers, so that every machine counts the same.
/// </summary>
/// <param name="Hour">Hours since 1970 up to which the counts are decayed.</param>
/// <param name="Kept">What went well, in <see cref="Unit"/> parts of an outcome.</param>
/// <param name="Faulted">What did not, likewise.</param>
internal readonly record struct Tally(long Hour, long Kept, long Faulted)
{
    public const int Unit = 1000;

    /// <summary>Factors of decay are in such parts.</summary>
    private const ulong Parts = 1_000_000_000;

    /// <summary>No count grows beyond this: far more outcomes than a market has in a month.</summary>
    private const long Most = 1L << 60;

    public static long HourOf(DateTimeOffset at) => at.ToUnixTimeSeconds() / 3600;

    /// <summary>
    /// What is left at <paramref name="hour"/>; an earlier one changes nothing: clocks of silos differ, and nothing grows back.
    /// </summary>
    public Tally At(long hour, TimeSpan halfLife)
    {
        if (hour <= Hour)
        {
            return this;
        }
        var factor = Factor(hour - Hour, halfLife);
        return new Tally(hour, (long)((UInt128)Kept * factor / Parts), (long)((UInt128)Faulted * factor / Parts));
    }

    public Tally WithKept(long weight) => this with { Kept = Math.Min(Most, Kept + Math.Min(weight, Most)) };

    public Tally WithFault(long weight) => this with { Faulted = Math.Min(Most, Faulted + Math.Min(weight, Most)) };

    /// <summary>A fault of an earlier hour counts no more.</summary>
    public Tally WithoutFault(long weight, long hour, TimeSpan halfLife) =>
        this with
        {
            Faulted = Math.Max(0, Faulted - new Tally(hour, 0, weight).At(Hour, halfLife).Faulted),
        };

    /// <summary>
    /// The mean, 0 to 1000, of the outcomes and of <see cref="ReputationPolicy.NewcomerJobs"/> ones of the score <paramref name="prior"/>.
    /// </summary>
    public int Score(int prior)
    {
        const long PriorJobs = ReputationPolicy.NewcomerJobs * Unit;
        return (int)((((Int128)Kept * 1000) + (PriorJobs * prior)) / ((Int128)Kept + Faulted + PriorJobs));
    }

    /// <summary>2^(-hours / half-life), in <see cref="Parts"/>, by squaring the factor of one hour.</summary>
    private static UInt128 Factor(long hours, TimeSpan halfLife)
    {
        UInt128 result = Parts;
        var square = HourFactor((long)halfLife.TotalHours);
        for (var left = hours; left > 0 && result > 0; left >>= 1)
        {
            if ((left & 1) == 1)
            {
                result = result * square / Parts;
            }
            square = square * square / Parts;
        }
        return result;
    }

    private static UInt128 HourFactor(long halfLifeHours) =>
        halfLifeHours switch
        {
            // 10^9 × 2^(-1/720) and 10^9 × 2^(-1/6), rounded.
            720 => 999_037_759,
            6 => 890_898_718,
            _ => throw new InvalidOperationException(
                $"This is a bug in {nameof(Tally)}: it has no factor for a half-life of {halfLifeHours} hours."
            ),
        };
}
