using Marketplace.Engine;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>What the operator chooses of jobs that are answered from receipts.</summary>
public sealed record ReuseTerms
{
    /// <summary>The rules by which this build's workers run programs. A receipt of other rules answers nothing.</summary>
    public Bytes32 Profile { get; init; } = Bytes32.Parse(EngineProfile.Hash);

    /// <summary>
    /// How much of the earlier price is paid. A fifth by default: much less than a run, so that buyers ask for it, and enough that both who
    /// ran the job and who wrote the program earn by results that are asked for again.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Not from 1 to <see cref="MarketLimits.ReusePercentMax"/>.</exception>
    public int Percent
    {
        get;
        init =>
            field = value is >= 1 and <= MarketLimits.ReusePercentMax
                ? value
                : throw new ArgumentOutOfRangeException(
                    nameof(value),
                    value,
                    $"Of the earlier price 1 to {MarketLimits.ReusePercentMax} percent are paid."
                );
    } = 20;

    /// <summary>
    /// How old an answer may be. A month by default: as long as an error in the engine that gave it may take to be found and told, so that
    /// what it spoiled is not handed out for ever.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Nothing, or longer than <see cref="MarketLimits.ReuseAgeMax"/>.</exception>
    public TimeSpan AgeMax
    {
        get;
        init =>
            field =
                value > TimeSpan.Zero && value <= MarketLimits.ReuseAgeMax
                    ? value
                    : throw new ArgumentOutOfRangeException(
                        nameof(value),
                        value,
                        $"A receipt answers for more than nothing and at most {MarketLimits.ReuseAgeMax}."
                    );
    } = TimeSpan.FromDays(30);
}
