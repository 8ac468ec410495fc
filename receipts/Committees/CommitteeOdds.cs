using System.Numerics;

namespace Marketplace.Receipts;

/// <summary>
/// How likely a committee of equal weights falls to liars, exactly: as a part of a whole. Derivation and limits stand in RATIONALE.md, "How
/// likely a committee falls". Of unequal weights these figures say nothing.
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
