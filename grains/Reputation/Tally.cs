namespace Marketplace.Grains;

/// <summary>
/// Decayed sums of outcomes: a Beta distribution whose mean is the share, by price, of what went well, and whose weight is the number of
/// outcomes. All in integers, so that every machine counts the same.
/// </summary>
/// <param name="Hour">Hours since 1970 up to which the sums are decayed.</param>
/// <param name="Kept">Price of what went well, in <see cref="Unit"/> parts of a base unit.</param>
/// <param name="Faulted">Price of what did not, likewise.</param>
/// <param name="Jobs">Outcomes, in <see cref="Unit"/> parts.</param>
internal readonly record struct Tally(long Hour, UInt128 Kept, UInt128 Faulted, long Jobs)
{
    public const int Unit = 1000;

    /// <summary>Factors of decay are in such parts.</summary>
    private const ulong Parts = 1_000_000_000;

    /// <summary>No sum grows beyond this, so that no product overflows: more than all credit of a market.</summary>
    private static readonly UInt128 Most = UInt128.One << 97;

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
        return new Tally(hour, Kept * factor / Parts, Faulted * factor / Parts, (long)((UInt128)Jobs * factor / Parts));
    }

    public Tally WithKept(UInt128 price, int jobs) =>
        this with
        {
            Kept = UInt128.Min(Most, Kept + price),
            Jobs = Jobs + ((long)jobs * Unit),
        };

    public Tally WithFault(UInt128 price) => this with { Faulted = UInt128.Min(Most, Faulted + price), Jobs = Jobs + Unit };

    /// <summary>A fault of an earlier hour counts no more.</summary>
    public Tally WithoutFault(UInt128 price, long hour, TimeSpan halfLife)
    {
        var left = new Tally(hour, UInt128.Zero, price, Unit).At(Hour, halfLife);
        return this with { Faulted = Faulted - UInt128.Min(Faulted, left.Faulted), Jobs = Math.Max(0, Jobs - left.Jobs) };
    }

    /// <summary>
    /// The mean, 0 to 1000, of the outcomes and of <see cref="ReputationPolicy.NewcomerJobs"/> jobs of the score <paramref name="prior"/>.
    /// </summary>
    public int Score(int prior)
    {
        const long PriorJobs = ReputationPolicy.NewcomerJobs * Unit;
        var all = Kept + Faulted;
        var share = all == 0 ? prior : (int)(Kept * 1000 / all);
        return (int)((((Int128)Jobs * share) + (PriorJobs * prior)) / (Jobs + PriorJobs));
    }

    /// <summary>What an outcome costs on average; null where nothing is known.</summary>
    public UInt128? MeanPrice => Jobs < Unit || Kept + Faulted == 0 ? null : UInt128.Max(1, (Kept + Faulted) * Unit / (UInt128)Jobs);

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
