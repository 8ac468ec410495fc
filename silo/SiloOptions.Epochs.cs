using Marketplace.GrainInterfaces;
using Marketplace.Grains;

namespace Marketplace.Silo;

/// <summary>Committees and their epochs.</summary>
public sealed partial class SiloOptions
{
    /// <summary>How long an epoch of committees is meant to last, in minutes.</summary>
    public int EpochMinutes { get; set; } = (int)new EpochTerms().Length.TotalMinutes;

    /// <summary>How long workers are asked for shares of an epoch's randomness, in seconds.</summary>
    public int EpochSharesSeconds { get; set; } = (int)new EpochTerms().Shares.TotalSeconds;

    /// <summary>What has to be at stake for each worker that serves in committees, in base units.</summary>
    public string CommitteeStake { get; set; } = new EpochTerms().StakeMin.ToString();

    internal EpochTerms Epochs =>
        new()
        {
            Length = TimeSpan.FromMinutes(EpochMinutes),
            Shares = TimeSpan.FromSeconds(EpochSharesSeconds),
            StakeMin = TokenAmount.Parse(CommitteeStake),
        };

    private void ValidateEpochs()
    {
        Check(
            EpochMinutes >= MarketLimits.EpochMin.TotalMinutes && EpochMinutes <= MarketLimits.EpochMax.TotalMinutes,
            nameof(EpochMinutes),
            EpochMinutes,
            $"{MarketLimits.EpochMin.TotalMinutes} to {MarketLimits.EpochMax.TotalMinutes} minutes"
        );
        Check(
            EpochSharesSeconds >= MarketLimits.EpochSharesMin.TotalSeconds
                && EpochSharesSeconds <= MarketLimits.EpochSharesMax.TotalSeconds,
            nameof(EpochSharesSeconds),
            EpochSharesSeconds,
            $"{MarketLimits.EpochSharesMin.TotalSeconds} to {MarketLimits.EpochSharesMax.TotalSeconds} seconds"
        );
        Check(
            TokenAmount.TryParse(CommitteeStake, out var stake) && !stake.IsZero,
            nameof(CommitteeStake),
            CommitteeStake,
            "a whole number of base units, at least 1"
        );
    }
}
