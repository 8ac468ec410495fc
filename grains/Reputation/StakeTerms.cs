using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>What the operator chooses of stakes.</summary>
public sealed record StakeTerms
{
    /// <summary>
    /// How long a stake stays on hold after it was taken back. A day by default: a lie may come to light only when the client looks at its
    /// results, and then the money must still be there.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Shorter than <see cref="MarketLimits.UnbondingMin"/>, or longer than
    /// <see cref="MarketLimits.UnbondingMax"/>.</exception>
    public TimeSpan Unbonding
    {
        get;
        init =>
            field =
                value >= MarketLimits.UnbondingMin && value <= MarketLimits.UnbondingMax
                    ? value
                    : throw new ArgumentOutOfRangeException(
                        nameof(value),
                        value,
                        $"A stake is unbonded in {MarketLimits.UnbondingMin} to {MarketLimits.UnbondingMax}."
                    );
    } = TimeSpan.FromDays(1);
}
