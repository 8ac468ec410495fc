using Marketplace.GrainInterfaces;
using Marketplace.Receipts;

namespace Marketplace.Grains;

/// <summary>Bounds of committees' epochs, each with its reason.</summary>
internal static class EpochPolicy
{
    /// <summary>
    /// Workers with keys for committees: all who have enough at stake are on an epoch's list, which has no room for more. Each share
    /// costs a pairing of two milliseconds here and in each check of the epoch.
    /// </summary>
    public const int RegisteredMax = EpochFile.MembersMax;

    /// <summary>
    /// A weight of a list is at most so many times another. A member of weight w among n - 1 of weight 1 signs alone where 3 w > 2 (w + n
    /// - 1), that is where w > 2 (n - 1): with 4, none does in a committee of any size (receipts/RATIONALE.md, "How likely a committee
    /// falls").
    /// </summary>
    public const int WeightRatioMax = 2 * (Assurance.CommitteeSeatsMin - 1);

    /// <summary>With fewer shares an epoch has no committee of any size, so the one before goes on.</summary>
    public const int SharesMin = Assurance.CommitteeSeatsMin;

    /// <inheritdoc cref="MarketLimits.EpochsKeptMax"/>
    public const int KeptMax = MarketLimits.EpochsKeptMax;

    /// <summary>Reputations that are asked at a time for what is at stake.</summary>
    public const int StakesAskedMax = 64;

    /// <summary>
    /// Of so many parts of the time for which a stake that was taken back can be slashed, its member signs in the first; in the rest,
    /// what it has signed can be shown to the registry. The contracts take the same halves where the delay is the least that they allow:
    /// two epochs to sign in, and two to find the evidence (UNBONDING_EPOCHS_MIN of contracts/evm/src/Escrow.sol).
    /// </summary>
    public const int UnbondingParts = 2;

    /// <summary>When what failed is tried again, and a list that was too short is made again.</summary>
    public static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The market asks in each of its rounds while workers are there that serve; if it has not asked for so long, none are, and no list is
    /// made. An epoch without workers would have no shares.
    /// </summary>
    public static readonly TimeSpan AskedWithin = 3 * MarketPolicy.MaintenancePeriod;
}
