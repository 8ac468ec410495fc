using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>What the operator chooses of committees and their epochs.</summary>
public sealed record EpochTerms
{
    /// <summary>
    /// How long an epoch is meant to last; it goes on until the next one is drawn. An hour by default: members change often enough
    /// that it takes luck to find and buy them in time, and seldom enough that drawing costs nothing.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Shorter than <see cref="MarketLimits.EpochMin"/>, or longer than
    /// <see cref="MarketLimits.EpochMax"/>.</exception>
    public TimeSpan Length
    {
        get;
        init => field = Require(value, MarketLimits.EpochMin, MarketLimits.EpochMax, "An epoch lasts");
    } = TimeSpan.FromHours(1);

    /// <summary>How long workers are asked for their shares.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Shorter than <see cref="MarketLimits.EpochSharesMin"/>, or longer than
    /// <see cref="MarketLimits.EpochSharesMax"/>.</exception>
    public TimeSpan Shares
    {
        get;
        init => field = Require(value, MarketLimits.EpochSharesMin, MarketLimits.EpochSharesMax, "Shares of an epoch are collected for");
    } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// What has to be at stake for a worker that serves; more counts no more. By default the price of 10^15 fuel at one base
    /// unit a million, which is far more than a lie about one job brings.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Nothing.</exception>
    public TokenAmount StakeMin
    {
        get;
        init =>
            field = value.IsZero
                ? throw new ArgumentOutOfRangeException(nameof(value), value, "A worker in committees has at least 1 base unit at stake.")
                : value;
    } = new(1_000_000_000);

    /// <summary>
    /// The least unbonding delay of a chain on which members stake. A list is drawn from stakes of a moment ago and signs until the next
    /// one is drawn, so for an epoch and the time for shares; twice that, so that one draw may fail.
    /// </summary>
    public TimeSpan UnbondingMin => 2 * (Length + Shares) * EpochPolicy.UnbondingParts;

    /// <summary>For how long members sign after their stakes were known.</summary>
    /// <param name="unbonding">For how long a stake that was taken back can be slashed.</param>
    internal static TimeSpan SigningOf(TimeSpan unbonding) => unbonding / EpochPolicy.UnbondingParts;

    private static TimeSpan Require(TimeSpan value, TimeSpan min, TimeSpan max, string what) =>
        value >= min && value <= max ? value : throw new ArgumentOutOfRangeException(nameof(value), value, $"{what} {min} to {max}.");
}
