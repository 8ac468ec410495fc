using System.Numerics;

namespace Marketplace.Crypto.Tests;

public sealed class BlsFieldTests
{
    private static readonly BigInteger P = Fp.Prime;

    /// <summary>Random numbers, and those at which limbs and quotients are at their ends.</summary>
    private static readonly BigInteger[] Numbers = MakeNumbers(60);

    [Fact]
    public void Arithmetic_AgreesWithBigIntegers()
    {
        foreach (var a in Numbers)
        {
            var x = Fp.FromNumber(a);
            foreach (var b in Numbers)
            {
                var y = Fp.FromNumber(b);
                Fp.Add(in x, in y, out var sum);
                AssertIs(a + b, in sum);
                Fp.Subtract(in x, in y, out var result);
                AssertIs(a - b, in result);
                Fp.Multiply(in x, in y, out result);
                AssertIs(a * b, in result);
                Fp.SumOfProducts(in x, in y, in sum, in sum, out result);
                AssertIs((a * b) + ((a + b) * (a + b)), in result);
                Fp.SubtractForProduct(in x, in y, out result);
                AssertIs(a - b, in result);
                Fp.MultiplyPairs(in x, in y, in sum, in x, out result, out var other);
                AssertIs((a * (a + b)) - (b * a), in result);
                AssertIs((a * a) + (b * (a + b)), in other);
                Assert.Equal(a == b, Fp.AreEqual(in x, in y));
            }
        }
    }

    [Fact]
    public void OneOperandArithmetic_AgreesWithBigIntegers()
    {
        var bytes = new byte[Fp.Size];
        foreach (var a in Numbers)
        {
            var x = Fp.FromNumber(a);
            Fp.Negate(in x, out var result);
            AssertIs(-a, in result);
            Fp.Square(in x, out result);
            AssertIs(a * a, in result);
            Fp.MultiplySmall(in x, 12, out result);
            AssertIs(12 * a, in result);
            Fp.Halve(in x, out result);
            AssertIs(a * (P + 1) / 2, in result);
            Fp.Invert(in x, out result);
            AssertIs(BigInteger.ModPow(a, P - 2, P), in result);
            Assert.Equal(BigInteger.ModPow(a, (P - 1) / 2, P) != P - 1, Fp.TryRoot(in x, out result));
            Assert.Equal(a > (P - 1) / 2, Fp.IsLarger(in x));
            Assert.Equal((ulong)(a & 1), Fp.Parity(in x));
            Assert.Equal(a.IsZero, Fp.IsZero(in x));
            Fp.Write(in x, bytes);
            Assert.True(Fp.TryRead(bytes, out result));
            AssertIs(a, in result);
        }
    }

    /// <summary>Sums of as many normal elements as the operations promise to take.</summary>
    [Fact]
    public void TheLargestSums_AreTaken()
    {
        foreach (var a in Numbers)
        {
            Fp.Negate(Fp.FromNumber(-a), out var x);
            var four = Sum(in x, 4);
            var two = Sum(in x, 2);
            var sixteen = Sum(in x, 16);
            Fp.Multiply(in four, in two, out var result);
            AssertIs(8 * a * a, in result);
            Fp.SumOfProducts(in two, in two, in two, in two, out result);
            AssertIs(8 * a * a, in result);
            Fp.SubtractForProduct(default, in two, out result);
            Fp.Multiply(in four, in result, out result);
            AssertIs(-8 * a * a, in result);
            Fp.MultiplyPairs(in two, in two, in two, in two, out result, out var other);
            AssertIs(0, in result);
            AssertIs(8 * a * a, in other);
            Fp.MultiplyPairs(default, in two, default, in two, out result, out other);
            AssertIs(-4 * a * a, in result);
            AssertIs(0, in other);
            Fp.Square(in two, out result);
            AssertIs(4 * a * a, in result);
            Fp.Subtract(in x, in sixteen, out result);
            AssertIs(-15 * a, in result);
            Fp.Subtract(default, in sixteen, out result);
            AssertIs(-16 * a, in result);
            Fp.Normalize(in sixteen, out result);
            AssertIs(16 * a, in result);
        }
    }

    [Fact]
    public void NumbersFromThePrimeOn_AreNotRead()
    {
        foreach (var number in new[] { P, P + 1, BigInteger.Pow(2, 381), BigInteger.Pow(2, 384) - 1 })
        {
            Assert.False(Fp.TryRead(number.ToByteArray(isUnsigned: true, isBigEndian: true), out _));
        }
    }

    [Fact]
    public void WideNumbers_AreReadModuloThePrime()
    {
        var random = new Random(9380);
        for (var i = 0; i < 50; i++)
        {
            var bytes = new byte[64];
            random.NextBytes(bytes);
            var value = Fp.ReadWide(bytes);
            AssertIs(new BigInteger(bytes, isUnsigned: true, isBigEndian: true), in value);
        }
    }

    [Fact]
    public void Towers_AreFields()
    {
        var random = new Random(381);
        for (var i = 0; i < 20; i++)
        {
            Fp12 a = Random12(random),
                b = Random12(random),
                c = Random12(random);
            // (a b) c = a (b c), a (b + c) = a b + a c by way of squares, and a / a = 1.
            Fp12.Multiply(in a, in b, out var left);
            Fp12.Multiply(in left, in c, out left);
            Fp12.Multiply(in b, in c, out var right);
            Fp12.Multiply(in a, in right, out right);
            AssertEqual(in left, in right);
            Fp12.Square(in a, out left);
            Fp12.Multiply(in a, in a, out right);
            AssertEqual(in left, in right);
            Fp12.Invert(in a, out left);
            Fp12.Multiply(in a, in left, out left);
            Assert.True(Fp12.IsOne(in left));
            // Frobenius is the p-th power: a homomorphism, the identity on Fp, and of order twelve.
            Fp12.Multiply(in a, in b, out left);
            Fp12.Frobenius(in left, out left);
            Fp12.Frobenius(in a, out right);
            Fp12.Frobenius(in b, out var other);
            Fp12.Multiply(in right, in other, out right);
            AssertEqual(in left, in right);
            left = a;
            for (var power = 0; power < 12; power++)
            {
                Fp12.Frobenius(in left, out left);
            }
            AssertEqual(in a, in left);
            BlsLine one = Line(random),
                two = Line(random);
            Fp12.Multiply(in a, Sparse(in one), out left);
            Fp12.MultiplyByLine(in a, in one, out right);
            AssertEqual(in left, in right);
            Fp12.Multiply(in left, Sparse(in two), out left);
            BlsLine.Multiply(in one, in two, out other);
            Fp12.MultiplyByLines(in a, in other, out right);
            AssertEqual(in left, in right);
        }
    }

    [Fact]
    public void SquaresOfFp2_HaveTheirRoots()
    {
        var random = new Random(2);
        Fp2[] values =
        [
            default,
            Fp2.One,
            Fp2.FromNumbers(-1, 0),
            Fp2.FromNumbers(0, 1),
            Fp2.FromNumbers(-2, 0),
            Fp2.FromNumbers(5, 0),
            .. Enumerable.Range(0, 40).Select(_ => Random2(random)),
        ];
        foreach (var value in values)
        {
            Fp2.Square(in value, out var square);
            Assert.True(Fp2.TryRoot(in square, out var root));
            Fp2.Negate(in root, out var negative);
            Assert.True(Fp2.AreEqual(in root, in value) || Fp2.AreEqual(in negative, in value));
            // 1 + u is no square, so this is none.
            Fp2.MultiplyByXi(in square, out var other);
            Assert.Equal(Fp2.IsZero(in square), Fp2.TryRoot(in other, out _));
        }
    }

    private static void AssertIs(BigInteger expected, in Fp value)
    {
        var bytes = new byte[Fp.Size];
        Fp.Write(in value, bytes);
        var rest = expected % P;
        Assert.Equal(rest.Sign < 0 ? rest + P : rest, new BigInteger(bytes, isUnsigned: true, isBigEndian: true));
    }

    private static void AssertEqual(in Fp12 left, in Fp12 right)
    {
        Fp12.Invert(in right, out var inverse);
        Fp12.Multiply(in left, in inverse, out var quotient);
        Assert.True(Fp12.IsOne(in quotient));
    }

    private static Fp Sum(in Fp value, int count)
    {
        Fp sum = default;
        for (var i = 0; i < count; i++)
        {
            Fp.Add(in sum, in value, out sum);
        }
        return sum;
    }

    private static BigInteger[] MakeNumbers(int count)
    {
        var random = new Random(12381);
        BigInteger[] ends = [0, 1, 2, P - 1, P - 2, (P - 1) / 2, (P + 1) / 2, BigInteger.Pow(2, 56) - 1, BigInteger.Pow(2, 380) - 1];
        return [.. ends, .. Enumerable.Range(0, count).Select(_ => RandomNumber(random))];
    }

    private static BigInteger RandomNumber(Random random)
    {
        var bytes = new byte[64];
        random.NextBytes(bytes);
        return new BigInteger(bytes, isUnsigned: true) % P;
    }

    private static Fp2 Random2(Random random) => Fp2.FromNumbers(RandomNumber(random), RandomNumber(random));

    private static Fp6 Random6(Random random) =>
        new()
        {
            C0 = Random2(random),
            C1 = Random2(random),
            C2 = Random2(random),
        };

    private static BlsLine Line(Random random) =>
        new()
        {
            Constant = Random2(random),
            OfX = Random2(random),
            OfY = Random2(random),
        };

    private static Fp12 Sparse(in BlsLine line) => new() { C0 = { C0 = line.Constant, C1 = line.OfX }, C1 = { C1 = line.OfY } };

    private static Fp12 Random12(Random random) => new() { C0 = Random6(random), C1 = Random6(random) };
}
