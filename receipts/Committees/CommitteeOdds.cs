using System.Numerics;

namespace Marketplace.Receipts;

/// <summary>
/// How likely a committee falls to liars, exactly: as a part of a whole. Derivation and limits stand in RATIONALE.md, "How likely a
/// committee falls". All but <see cref="OfWeights"/> are of equal weights.
/// </summary>
public static class CommitteeOdds
{
    private const int Permille = 1000;

    /// <summary>So many members can make certificates alone: over two thirds of the weight is theirs.</summary>
    public static bool CanLie(int liars, int size) => CommitteeMember.IsEnough(liars, size);

    /// <summary>Without so many members there is no certificate: the others have two thirds or less.</summary>
    public static bool CanStop(int liars, int size) => !CommitteeMember.IsEnough(size - liars, size);

    /// <summary>
    /// <paramref name="size"/> are drawn of <paramref name="workers"/>, of whom <paramref name="liars"/> lie; none is put back.
    /// </summary>
    /// <param name="falls">Whether a committee with so many liars of so many falls: <see cref="CanLie"/>, <see cref="CanStop"/>.</param>
    public static (BigInteger Part, BigInteger Whole) OfWorkers(int workers, int liars, int size, Func<int, int, bool> falls)
    {
        ArgumentNullException.ThrowIfNull(falls);
        ArgumentOutOfRangeException.ThrowIfNegative(liars);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(liars, workers);
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, workers);
        var part = BigInteger.Zero;
        for (var seated = 0; seated <= Math.Min(size, liars); seated++)
        {
            part += falls(seated, size) ? Ways(liars, seated) * Ways(workers - liars, size - seated) : 0;
        }
        return (part, Ways(workers, size));
    }

    /// <summary>Each member lies with the same probability, in thousandths: very many workers, of whom such a share lies.</summary>
    /// <inheritdoc cref="OfWorkers" path="/param[@name='falls']"/>
    public static (BigInteger Part, BigInteger Whole) OfShare(int liarsPermille, int size, Func<int, int, bool> falls)
    {
        ArgumentNullException.ThrowIfNull(falls);
        ArgumentOutOfRangeException.ThrowIfNegative(liarsPermille);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(liarsPermille, Permille);
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        var part = BigInteger.Zero;
        for (var seated = 0; seated <= size; seated++)
        {
            var ways = Ways(size, seated) * BigInteger.Pow(liarsPermille, seated) * BigInteger.Pow(Permille - liarsPermille, size - seated);
            part += falls(seated, size) ? ways : 0;
        }
        return (part, BigInteger.Pow(Permille, size));
    }

    /// <summary>
    /// Each member lies with the same probability, in thousandths, whatever it weighs: how likely those that lie can make certificates
    /// alone, and how likely they can stop them. All subsets are counted, of which 16 members have 65,536.
    /// </summary>
    /// <param name="liarsPermille">How likely each lies.</param>
    /// <param name="weights">Of the members; one at least, and as many as a committee has at most.</param>
    public static (BigInteger Lie, BigInteger Stop, BigInteger Whole) OfWeights(int liarsPermille, IReadOnlyList<TokenAmount> weights)
    {
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentOutOfRangeException.ThrowIfNegative(liarsPermille);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(liarsPermille, Permille);
        ArgumentOutOfRangeException.ThrowIfLessThan(weights.Count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(weights.Count, Assurance.CommitteeSeatsMax);
        ArgumentOutOfRangeException.ThrowIfEqual(weights.Any(weight => weight.IsZero), true);
        var total = weights.Aggregate(BigInteger.Zero, (sum, weight) => sum + weight.BaseUnits);
        // Of the subsets with so many members: in how many the liars can lie, and can stop.
        var (lying, stopping) = (new BigInteger[weights.Count + 1], new BigInteger[weights.Count + 1]);
        var sums = new BigInteger[1 << weights.Count];
        for (var liars = 0; liars < sums.Length; liars++)
        {
            if (liars > 0)
            {
                sums[liars] = sums[liars & (liars - 1)] + weights[BitOperations.TrailingZeroCount(liars)].BaseUnits;
            }
            var count = BitOperations.PopCount((uint)liars);
            lying[count] += CommitteeMember.IsEnough(sums[liars], total) ? 1 : 0;
            stopping[count] += CommitteeMember.IsEnough(total - sums[liars], total) ? 0 : 1;
        }
        var (lie, stop) = (BigInteger.Zero, BigInteger.Zero);
        for (var count = 0; count <= weights.Count; count++)
        {
            var likely = BigInteger.Pow(liarsPermille, count) * BigInteger.Pow(Permille - liarsPermille, weights.Count - count);
            (lie, stop) = (lie + (lying[count] * likely), stop + (stopping[count] * likely));
        }
        return (lie, stop, BigInteger.Pow(Permille, weights.Count));
    }

    /// <summary>
    /// The most that such a probability can become where <paramref name="withheld"/> shares of the epoch's randomness were withheld by
    /// liars: they chose the best of 2^withheld draws.
    /// </summary>
    public static (BigInteger Part, BigInteger Whole) Chosen((BigInteger Part, BigInteger Whole) odds, int withheld)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(withheld);
        return (BigInteger.Min(odds.Whole, odds.Part << withheld), odds.Whole);
    }

    /// <summary>In how many ways some are chosen of all: C(all, some).</summary>
    private static BigInteger Ways(int all, int some)
    {
        if (some > all)
        {
            return 0;
        }
        var ways = BigInteger.One;
        for (var chosen = 1; chosen <= some; chosen++)
        {
            ways = ways * (all - some + chosen) / chosen;
        }
        return ways;
    }
}
