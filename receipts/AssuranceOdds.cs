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

    /// <summary>
    /// Two results that differ go to a jury, which draws votes until it errs in at most one of so many cases: its epsilon is 10^-6.
    /// </summary>
    public const int JuryErrsOnceIn = 1_000_000;

    private const int Whole = 1000;

    /// <param name="assurance">What was bought.</param>
    /// <param name="liarsPermille">How likely each worker lies, in thousandths; 0 to <see cref="LiarsPermilleMax"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">More than that, or less than nothing.</exception>
    public static ExactShare WrongAccepted(Assurance assurance, int liarsPermille)
    {
        if (liarsPermille is < 0 or > LiarsPermilleMax)
        {
            throw new ArgumentOutOfRangeException(
                nameof(liarsPermille),
                $"{liarsPermille} thousandths of liars are not from 0 to {LiarsPermilleMax}."
            );
        }
        return assurance.Kind == AssuranceKind.Audit
            ? OfAudit(assurance.Permille, liarsPermille)
            : OfVote(assurance.Kind == AssuranceKind.None ? 1 : assurance.Seats, assurance.Agreeing, liarsPermille);
    }

    /// <summary>sum over j from k to n of C(n, j) q^j (1 - q)^(n - j): at least k of n seats are liars.</summary>
    private static ExactShare OfVote(int seats, int agreeing, int liarsPermille)
    {
        var (sum, ways) = (BigInteger.Zero, BigInteger.One);
        for (var liars = 0; liars <= seats; liars++)
        {
            if (liars >= agreeing)
            {
                sum += ways * BigInteger.Pow(liarsPermille, liars) * BigInteger.Pow(Whole - liarsPermille, seats - liars);
            }
            // C(n, j + 1) = C(n, j) (n - j) / (j + 1), always a whole number.
            ways = ways * (seats - liars) / (liars + 1);
        }
        return new ExactShare(sum, BigInteger.Pow(Whole, seats));
    }

    /// <summary>q (1 - p) + p (q^2 + 2 q (1 - q) epsilon): not audited, audited by another liar, or the jury errs.</summary>
    private static ExactShare OfAudit(int auditPermille, int liarsPermille)
    {
        BigInteger liars = liarsPermille;
        var unaudited = liars * Whole * (Whole - auditPermille) * JuryErrsOnceIn;
        var bothLie = auditPermille * liars * liars * JuryErrsOnceIn;
        var juryErrs = auditPermille * 2 * liars * (Whole - liars);
        return new ExactShare(unaudited + bothLie + juryErrs, BigInteger.Pow(Whole, 3) * JuryErrsOnceIn);
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
