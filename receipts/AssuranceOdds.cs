using System.Globalization;
using System.Numerics;

namespace Marketplace.Receipts;

/// <summary>
/// The probability that a wrong result is accepted, by the assurance that was bought, where each worker that runs the job lies with the
/// same probability and all that lie give the same wrong result. Exact; the derivation is in RATIONALE.md, "How likely a wrong result is".
/// </summary>
public static class AssuranceOdds
{
    /// <summary>The assumed share of liars where none is named, in thousandths: three of ten, all in one conspiracy.</summary>
    public const int LiarsPermille = 300;

    /// <summary>From half on a conspiracy decides every vote, and no number of seats helps.</summary>
    public const int LiarsPermilleMax = 499;

    private const int Whole = 1000;

    /// <param name="assurance">What was bought.</param>
    /// <param name="liarsPermille">How likely each worker lies, in thousandths; 0 to <see cref="LiarsPermilleMax"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">More than that, or less than nothing.</exception>
    public static ExactShare WrongAccepted(Assurance assurance, int liarsPermille)
    {
        RequireShare(liarsPermille);
        switch (assurance.Kind)
        {
            case AssuranceKind.None:
                return OfRace(1, liarsPermille);
            case AssuranceKind.Audit:
                var (unaudited, audited) = (OfRace(1, liarsPermille), OfRace(2, liarsPermille));
                return new ExactShare(
                    ((Whole - assurance.Permille) * unaudited.Part * audited.Whole) + (assurance.Permille * audited.Part * unaudited.Whole),
                    Whole * unaudited.Whole * audited.Whole
                );
            case AssuranceKind.Quorum:
                return OfRace(assurance.Agreeing, liarsPermille);
            default:
                return OfDraws(assurance.Seats, liarsPermille);
        }
    }

    /// <summary>That of a committee whose members have these weights, as <see cref="WrongAccepted(Assurance, int)"/> has it of equal
    /// ones: each member lies with the same probability, whatever it weighs.</summary>
    /// <exception cref="ArgumentOutOfRangeException">See there; or there are no or too many members, or one weighs nothing.</exception>
    public static ExactShare WrongAccepted(IReadOnlyList<TokenAmount> weights, int liarsPermille)
    {
        RequireShare(liarsPermille);
        var (lie, stop, whole) = CommitteeOdds.OfWeights(liarsPermille, weights);
        return new ExactShare(lie, lie + whole - stop);
    }

    /// <summary>
    /// A job whose committee cannot be had waits for the next one, and liars that can keep a committee from its work stay away at no cost.
    /// So committees are drawn until one is all but free of liars, or theirs.
    /// </summary>
    private static ExactShare OfDraws(int seats, int liarsPermille)
    {
        var (lie, whole) = CommitteeOdds.OfShare(liarsPermille, seats, CommitteeOdds.CanLie);
        var (stop, _) = CommitteeOdds.OfShare(liarsPermille, seats, CommitteeOdds.CanStop);
        return new ExactShare(lie, lie + whole - stop);
    }

    private static void RequireShare(int liarsPermille)
    {
        if (liarsPermille is < 0 or > LiarsPermilleMax)
        {
            throw new ArgumentOutOfRangeException(
                nameof(liarsPermille),
                $"{liarsPermille} thousandths of liars are not from 0 to {LiarsPermilleMax}."
            );
        }
    }

    /// <summary>
    /// Workers are asked until so many give one result, and liars are the first to be so many: they have the majority of the first 2 k - 1.
    /// </summary>
    private static ExactShare OfRace(int agreeing, int liarsPermille)
    {
        var (part, whole) = CommitteeOdds.OfShare(liarsPermille, (2 * agreeing) - 1, (liars, _) => liars >= agreeing);
        return new ExactShare(part, whole);
    }
}

/// <summary>A probability as a fraction of whole numbers.</summary>
public readonly record struct ExactShare(BigInteger Part, BigInteger Whole) : IComparable<ExactShare>
{
    private const int Digits = 3;

    public int CompareTo(ExactShare other) => (Part * other.Whole).CompareTo(other.Part * Whole);

    /// <summary>
    /// Three digits and a power of ten, <c>2.16e-1</c>: a number in every language. Rounded up, so that it never promises too much; 0 and 1
    /// are written so.
    /// </summary>
    public override string ToString()
    {
        if (Part.IsZero || Part == Whole)
        {
            return Part.IsZero ? "0" : "1";
        }
        var exponent = 0;
        var part = Part;
        while (part < Whole)
        {
            part *= 10;
            exponent--;
        }
        var scale = BigInteger.Pow(10, Digits - 1);
        var digits = ((part * scale) + Whole - 1) / Whole;
        if (digits == scale * 10)
        {
            (digits, exponent) = (scale, exponent + 1);
        }
        return exponent == 0
            ? "1"
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{digits / scale}.{(digits % scale).ToString("00", CultureInfo.InvariantCulture)}e{exponent}"
            );
    }
}
