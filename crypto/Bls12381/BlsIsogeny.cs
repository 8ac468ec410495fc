namespace Marketplace.Crypto;

/// <summary>
/// An isogeny of odd degree from y² = x³ + Ax + B, made from the polynomial whose roots are the x of its kernel by Kohel's formulas
/// (<see href="https://eprint.iacr.org/2011/430">Moody, Shumow, 4.1</see>), and scaled: x by c², y by c³. Its rational functions need not
/// be written down: x -> N / psi² and y -> y (N / psi²)'.
/// </summary>
internal sealed class BlsIsogeny<T>
    where T : struct, ICurveField<T>
{
    private readonly T[] _xNumerator,
        _xDenominator,
        _yNumerator,
        _yDenominator;

    /// <param name="kernel">psi's coefficients, the constant one first; the highest is 1.</param>
    public BlsIsogeny(T[] kernel, T a, T b, T scale)
    {
        var degree = (2 * kernel.Length) - 1;
        var slope = Derivative(kernel);
        var square = Product(kernel, kernel);
        // N = (n x - 2 s) psi² - (6x² + 2A) psi' psi - (4x³ + 4Ax + 4B) (psi'' psi - psi'²), with s the sum of the roots.
        T[] linear = [Times(kernel[^2], 2), Times(T.One, degree)];
        var numerator = Product(linear, square);
        numerator = Minus(numerator, Product([Times(a, 2), default, Times(T.One, 6)], Product(slope, kernel)));
        var curvature = Minus(Product(Derivative(slope), kernel), Product(slope, slope));
        numerator = Minus(numerator, Product([Times(b, 4), Times(a, 4), default, Times(T.One, 4)], curvature));
        numerator = numerator[..(degree + 1)];

        // (N / psi²)' = (N' psi - 2 N psi') / psi³
        T.Square(in scale, out var square2);
        T.Multiply(in square2, in scale, out var cube);
        _xNumerator = Product([square2], numerator);
        _xDenominator = square;
        var twice = Product([Times(T.One, 2)], slope);
        _yNumerator = Product([cube], Minus(Product(Derivative(numerator), kernel), Product(numerator, twice)));
        _yDenominator = Product(square, kernel);
    }

    /// <summary>The image of (x / d, y).</summary>
    public void Map(in T x, in T d, in T y, out BlsPoint<T> point)
    {
        // Powers of d make all four polynomials homogeneous.
        var powers = new T[_yDenominator.Length];
        powers[0] = T.One;
        for (var i = 1; i < powers.Length; i++)
        {
            T.Multiply(in powers[i - 1], in d, out powers[i]);
        }
        Evaluate(_xNumerator, in x, powers, out var xNumerator);
        Evaluate(_xDenominator, in x, powers, out var xDenominator);
        Evaluate(_yNumerator, in x, powers, out var yNumerator);
        Evaluate(_yDenominator, in x, powers, out var yDenominator);
        // The numerator of x is of one degree more than its denominator; those of y are of the same.
        T.Multiply(in xDenominator, in d, out xDenominator);
        T.Multiply(in yNumerator, in y, out yNumerator);
        T.Multiply(in xNumerator, in yDenominator, out point.X);
        T.Multiply(in yNumerator, in xDenominator, out point.Y);
        T.Multiply(in xDenominator, in yDenominator, out point.Z);
        // A point of the kernel goes to infinity, whose y is not zero.
        T.Choose(Fp2.MaskOf(T.IsZero(in point.Z)), T.One, ref point.Y);
    }

    /// <summary>d^n times the polynomial at x / d, where n is its degree: Horner's rule.</summary>
    private static void Evaluate(T[] polynomial, in T x, T[] powers, out T value)
    {
        value = polynomial[^1];
        for (var i = polynomial.Length - 2; i >= 0; i--)
        {
            T.Multiply(in value, in x, out value);
            T.Multiply(in polynomial[i], in powers[polynomial.Length - 1 - i], out var term);
            T.Add(in value, in term, out value);
            T.Normalize(in value, out value);
        }
    }

    private static T[] Product(T[] left, T[] right)
    {
        var product = new T[left.Length + right.Length - 1];
        for (var i = 0; i < left.Length; i++)
        {
            for (var j = 0; j < right.Length; j++)
            {
                T.Multiply(in left[i], in right[j], out var term);
                T.Add(in product[i + j], in term, out product[i + j]);
                T.Normalize(in product[i + j], out product[i + j]);
            }
        }
        return product;
    }

    private static T[] Minus(T[] left, T[] right)
    {
        var difference = new T[Math.Max(left.Length, right.Length)];
        for (var i = 0; i < difference.Length; i++)
        {
            T.Subtract(i < left.Length ? left[i] : default, i < right.Length ? right[i] : default, out difference[i]);
        }
        return difference;
    }

    private static T[] Derivative(T[] polynomial)
    {
        var derivative = new T[Math.Max(1, polynomial.Length - 1)];
        for (var i = 1; i < polynomial.Length; i++)
        {
            derivative[i - 1] = Times(polynomial[i], i);
        }
        return derivative;
    }

    private static T Times(in T value, int factor)
    {
        T.MultiplySmall(in value, (ulong)factor, out var product);
        return product;
    }
}
