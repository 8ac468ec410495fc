using System.Collections.Immutable;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>
/// Jobs that need the same of a worker, apart from memory and price: each class is a bit in the set of those that an offer meets. So
/// finding a job or an offer asks no label.
/// </summary>
/// <param name="index">Its bit.</param>
/// <param name="needs">What its jobs need.</param>
internal sealed class JobClass(int index, ClassNeeds needs)
{
    /// <summary>Jobs without needs, which every offer meets.</summary>
    public static readonly JobClass Plain = new(0, ClassNeeds.None);

    public int Index => index;

    public UInt128 Bit { get; } = UInt128.One << index;

    public ClassNeeds Needs => needs;
}

/// <summary>What the jobs of a class need of a worker.</summary>
/// <param name="Labels">Ascending, each once.</param>
/// <param name="ReputationMin">In thousandths; 0: any.</param>
/// <param name="StakeMin">What the worker must have at stake; zero: nothing.</param>
internal sealed record ClassNeeds(ImmutableArray<string> Labels, int ReputationMin, TokenAmount StakeMin)
{
    public static readonly ClassNeeds None = new([], 0, TokenAmount.Zero);

    /// <summary>The name of the class, which tells it from all others and which people read; empty for no needs.</summary>
    public string Name { get; } =
        string.Join(
            " · ",
            [
                .. Labels,
                .. ReputationMin > 0 ? [$"reputation {ReputationMin} or more"] : Array.Empty<string>(),
                .. StakeMin.IsZero ? Array.Empty<string>() : [$"stake {StakeMin} or more"],
            ]
        );

    public static ClassNeeds Of(JobNeeds? needs) =>
        needs is null || (needs.Labels.IsDefaultOrEmpty && needs.ReputationMin == 0 && needs.StakeMin.IsZero)
            ? None
            : new ClassNeeds(
                needs.Labels.IsDefaultOrEmpty ? [] : [.. needs.Labels.Distinct().Order(StringComparer.Ordinal)],
                needs.ReputationMin,
                needs.StakeMin
            );

    public bool AreMetBy(MarketOffer offer) =>
        offer.Standing.Score >= ReputationMin && offer.Standing.Stake >= StakeMin && HasLabels(offer);

    public bool HasLabels(MarketOffer offer)
    {
        foreach (var label in Labels)
        {
            if (!offer.HasLabel(label))
            {
                return false;
            }
        }
        return true;
    }
}
