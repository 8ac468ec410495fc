using System.Numerics;

namespace Marketplace.Crypto.Tests;

/// <summary>The arithmetic below the curve against big integers, at the edges where carries go wrong.</summary>
public sealed class FieldTests
{
    private static readonly BigInteger P = BigInteger.Pow(2, 255) - 19;
    private static readonly BigInteger L = BigInteger.Pow(2, 252) + BigInteger.Parse("27742317777372353535851937790883648493");

    [Fact]
    public void FieldOperations_AgreeWithBigIntegers()
    {
        var values = Samples(BigInteger.Pow(2, 255) - 1, P).ToArray();
        foreach (var a in values)
        {
            var f = Field(a);
            FieldElement.Square(in f, out var square);
            FieldElement.SquareRepeatedly(in f, 3, out var eighth);
            FieldElement.Negate(in f, out var negative);
            FieldPowers.Invert(in f, out var inverse);
            Assert.Equal(a % P, Number(f));
            Assert.Equal(a * a % P, Number(square));
            Assert.Equal(BigInteger.ModPow(a, 8, P), Number(eighth));
            Assert.Equal((P - a % P) % P, Number(negative));
            Assert.Equal(BigInteger.ModPow(a, P - 2, P), Number(inverse));
            foreach (var b in values)
            {
                var g = Field(b);
                FieldElement.Multiply(in f, in g, out var product);
                FieldElement.Add(in f, in g, out var sum);
                FieldElement.Subtract(in f, in g, out var difference);
                FieldElement.Multiply(in sum, in difference, out var mixed);
                Assert.Equal(a * b % P, Number(product));
                Assert.Equal((a + b) % P, Number(sum));
                Assert.Equal(((a - b) % P + P) % P, Number(difference));
                Assert.Equal(((a * a - b * b) % P + P) % P, Number(mixed));
            }
        }
    }

    [Fact]
    public void LargestLimbs_DoNotOverflow()
    {
        // The bound that the operations promise: limbs just below 2^54.
        const ulong limb = (1UL << 54) - 1;
        var f = new FieldElement(limb, limb, limb, limb, limb);
        var a = Enumerable.Range(0, 5).Aggregate(BigInteger.Zero, (sum, i) => sum + limb * BigInteger.Pow(2, 51 * i));
        FieldElement.Multiply(in f, in f, out var product);
        FieldElement.Square(in f, out var square);
        FieldElement.Subtract(default, in f, out var negative);
        Assert.Equal(a * a % P, Number(product));
        Assert.Equal(a * a % P, Number(square));
        Assert.Equal((P - a % P) % P, Number(negative));
    }

    [Fact]
    public void ScalarOperations_AgreeWithBigIntegers()
    {
        BigInteger[] edges = [L * L, L * L - 1, BigInteger.Pow(2, 512) / L * L];
        foreach (var wide in Samples(BigInteger.Pow(2, 512) - 1, L).Concat(edges))
        {
            var result = new byte[32];
            Scalar.Reduce(Bytes(wide, 64), result);
            Assert.Equal(wide % L, new BigInteger(result, isUnsigned: true));
        }
        var values = Samples(BigInteger.Pow(2, 255) - 1, L).ToArray();
        foreach (var a in values)
        {
            foreach (var b in values)
            {
                var result = new byte[32];
                Scalar.MultiplyAdd(Bytes(a, 32), Bytes(b, 32), Bytes(a, 32), result);
                Assert.Equal((a * b + a) % L, new BigInteger(result, isUnsigned: true));
            }
        }
    }

    [Fact]
    public void Digits_AddUpToTheNumber()
    {
        foreach (var value in Samples(BigInteger.Pow(2, 255) - 1, L))
        {
            var radix16 = new sbyte[Scalar.Radix16Digits];
            Scalar.ToRadix16(Bytes(value, 32), radix16);
            Assert.All(radix16, digit => Assert.InRange(digit, (sbyte)-8, (sbyte)8));
            Assert.Equal(value, Sum(radix16, 16));
            foreach (var width in new[] { 5, 8 })
            {
                var windows = new sbyte[Scalar.WindowDigits];
                Scalar.ToWindows(Bytes(value % L, 32), width, windows);
                Assert.All(windows, digit => Assert.True(digit == 0 || (digit % 2 != 0 && Math.Abs((int)digit) < 1 << (width - 1))));
                Assert.Equal(value % L, Sum(windows, 2));
            }
        }
    }

    [Fact]
    public void Order_IsTheFirstNumberThatIsNotCanonical()
    {
        Assert.True(Scalar.IsCanonical(Bytes(L - 1, 32)));
        Assert.True(Scalar.IsCanonical(new byte[32]));
        Assert.False(Scalar.IsCanonical(Bytes(L, 32)));
        Assert.False(Scalar.IsCanonical(Bytes(L + 1, 32)));
        Assert.False(Scalar.IsCanonical(Bytes(BigInteger.Pow(2, 256) - 1, 32)));
    }

    [Fact]
    public void BaseMultiples_AgreeBetweenTheTwoTables()
    {
        for (var digit = -7; digit <= 7; digit += 2)
        {
            BasePointTables.Select(0, digit, out var selected);
            var expected = BasePointTables.OddMultiple(Math.Abs(digit));
            if (digit < 0)
            {
                (expected.YPlusX, expected.YMinusX) = (expected.YMinusX, expected.YPlusX);
            }
            var product = Number(expected.Xy2D);
            Assert.Equal(Number(expected.YPlusX), Number(selected.YPlusX));
            Assert.Equal(Number(expected.YMinusX), Number(selected.YMinusX));
            Assert.Equal(digit < 0 ? P - product : product, Number(selected.Xy2D));
        }
    }

    [Fact]
    public void DigitZero_SelectsTheIdentity()
    {
        BasePointTables.Select(5, 0, out var selected);
        Assert.Equal(BigInteger.One, Number(selected.YPlusX));
        Assert.Equal(BigInteger.One, Number(selected.YMinusX));
        Assert.Equal(BigInteger.Zero, Number(selected.Xy2D));
    }

    /// <summary>Small, around the modulus and its multiples, largest, and random.</summary>
    private static IEnumerable<BigInteger> Samples(BigInteger largest, BigInteger modulus)
    {
        for (var i = 0; i < 3; i++)
        {
            yield return i;
        }
        for (var i = -2; i <= 2; i++)
        {
            yield return modulus + i;
        }
        for (var i = 0; i < 2; i++)
        {
            yield return largest - i;
        }
        yield return largest / 2;
        var random = new Random(51);
        for (var i = 0; i < 40; i++)
        {
            var bytes = new byte[largest.GetByteCount(isUnsigned: true)];
            random.NextBytes(bytes);
            // Some with long runs of ones or zeros, where carries travel far.
            if (i % 4 == 1)
            {
                bytes.AsSpan(bytes.Length / 3, bytes.Length / 2).Fill(0xff);
            }
            if (i % 4 == 2)
            {
                bytes.AsSpan(bytes.Length / 4, bytes.Length / 2).Clear();
            }
            yield return new BigInteger(bytes, isUnsigned: true) % (largest + 1);
        }
    }

    private static BigInteger Sum(sbyte[] digits, int radix) =>
        digits.Reverse().Aggregate(BigInteger.Zero, (sum, digit) => sum * radix + digit);

    private static byte[] Bytes(BigInteger value, int size)
    {
        var bytes = new byte[size];
        Assert.True(value.TryWriteBytes(bytes, out _, isUnsigned: true));
        return bytes;
    }

    private static FieldElement Field(BigInteger value) => FieldElement.FromBytes(Bytes(value, 32));

    private static BigInteger Number(FieldElement element)
    {
        var bytes = new byte[32];
        element.ToBytes(bytes);
        return new BigInteger(bytes, isUnsigned: true);
    }
}
