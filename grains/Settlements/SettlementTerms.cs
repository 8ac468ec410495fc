using Marketplace.Receipts;

namespace Marketplace.Grains;

/// <summary>What the operator chooses of settlements.</summary>
public sealed record SettlementTerms
{
    /// <summary>No chain is reorganised so deep; a larger number is a mistake.</summary>
    public const int ConfirmationsMax = 1_000;

    /// <summary>A chain makes blocks no faster.</summary>
    public static readonly TimeSpan IntervalMin = TimeSpan.FromSeconds(1);

    /// <summary>Accounts wait so long for what they have earned.</summary>
    public static readonly TimeSpan IntervalMax = TimeSpan.FromDays(1);

    /// <summary>
    /// How many blocks must follow one before it counts. A chain that is reorganised deeper takes back deposits that may be spent by then:
    /// choose what the chain calls final. 12 by default.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Not from 1 to 1,000.</exception>
    public int Confirmations
    {
        get;
        init =>
            field = value is >= 1 and <= ConfirmationsMax
                ? value
                : throw new ArgumentOutOfRangeException(nameof(value), value, $"A block counts after 1 to {ConfirmationsMax} others.");
    } = 12;

    /// <summary>How long after a settlement the next one is made, if anything has changed. A transaction costs the same for one job and for
    /// ten thousand.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not from 1 second to 1 day.</exception>
    public TimeSpan Interval
    {
        get;
        init =>
            field =
                value >= IntervalMin && value <= IntervalMax
                    ? value
                    : throw new ArgumentOutOfRangeException(nameof(value), value, "Settlements follow each other by 1 second to 1 day.");
    } = TimeSpan.FromMinutes(10);

    /// <summary>After how many blocks a transaction that no block has taken is sent again with a higher fee.</summary>
    public int ReplaceAfterBlocks { get; init; } = 6;

    /// <summary>The most that is offered for a unit of gas, in wei: what is dearer waits. 500 gwei by default.</summary>
    public UInt128 FeeMax { get; init; } = 500_000_000_000;

    /// <summary>The most rows of a settlement. Members sign no file with more than <see cref="SettlementFile.AccountsMax"/>; tests choose
    /// fewer.</summary>
    internal int AccountsMax { get; init; } = SettlementFile.AccountsMax;
}
