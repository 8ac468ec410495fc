using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;

namespace Marketplace.Crypto.Tests;

public sealed class BlsGroupTests
{
    private static readonly byte[] Order = BlsGroups.Order.ToByteArray(isUnsigned: true, isBigEndian: true);

    /// <summary>The generator of the standard, which no product code needs.</summary>
    private static readonly BlsAffinePoint<Fp2> G2 = ReadG2();

    [Fact]
    public void Parameters_FollowFromX()
    {
        var x = -new BigInteger(BlsGroups.MinusX);
        Assert.Equal(((x - 1) * (x - 1) * BlsGroups.Order / 3) + x, Fp.Prime);
        Assert.True(BlsGroups.G1.IsOnCurve() && G2.IsOnCurve());
        var inG1 = BitByBit.Multiply(BlsGroups.G1.ToPoint(), Order);
        var inG2 = BitByBit.Multiply(G2.ToPoint(), Order);
        Assert.True(inG1.IsInfinity && inG2.IsInfinity);
    }

    /// <summary>Runs of doublings in other coordinates, for all points and for infinity.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(1UL << 63)]
    [InlineData(BlsGroups.MinusX)]
    [InlineData(ulong.MaxValue)]
    public void PublicMultiples_AreThoseBitByBit(ulong number)
    {
        BlsMap.ToCurve(Fp2.FromNumbers(3, 5), out var outside);
        var bytes = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, number);
        foreach (var point in new[] { outside, G2.ToPoint(), BlsPoint<Fp2>.Infinity })
        {
            BlsPoint<Fp2>.MultiplyPublic(in point, number, out var multiple);
            var expected = BitByBit.Multiply(in point, bytes);
            Assert.True(BlsPoint<Fp2>.AreEqual(in expected, in multiple));
            // Infinity stays what additions can go on with.
            BlsPoint<Fp2>.Add(in multiple, in outside, out multiple);
            BlsPoint<Fp2>.Add(in expected, in outside, out expected);
            Assert.True(BlsPoint<Fp2>.AreEqual(in expected, in multiple) && !multiple.IsInfinity);
        }
    }

    /// <summary>Points of the curve as the map gives them are nearly never in the subgroup; cleared ones always are.</summary>
    [Fact]
    public void SubgroupChecks_AgreeWithMultiplicationByTheOrder()
    {
        for (var i = 1; i <= 12; i++)
        {
            BlsMap.ToCurve(Fp.FromNumber(i), out var one);
            BlsGroups.ClearCofactor(in one, out var cleared1);
            foreach (var point in new[] { one, cleared1, BlsPoint<Fp>.Infinity })
            {
                var multiple = BitByBit.Multiply(in point, Order);
                Assert.Equal(multiple.IsInfinity, BlsGroups.IsInSubgroup(point.ToAffine()));
            }
            BlsMap.ToCurve(Fp2.FromNumbers(i, 7), out var two);
            BlsGroups.ClearCofactor(in two, out var cleared2);
            foreach (var point in new[] { two, cleared2, BlsPoint<Fp2>.Infinity })
            {
                var multiple = BitByBit.Multiply(in point, Order);
                Assert.Equal(multiple.IsInfinity, BlsGroups.IsInSubgroup(point.ToAffine()));
            }
            Assert.True(BlsGroups.IsInSubgroup(cleared1.ToAffine()) && BlsGroups.IsInSubgroup(cleared2.ToAffine()));
            Assert.False(BlsGroups.IsInSubgroup(one.ToAffine()) || BlsGroups.IsInSubgroup(two.ToAffine()));
        }
    }

    /// <summary>u = 0 and the u for which the map's denominator is zero, and what maps to the isogeny's kernel.</summary>
    [Fact]
    public void ExceptionalInputsOfTheMap_GivePointsOfTheCurve()
    {
        foreach (var u in new[] { Fp2.FromNumbers(0, 0), Fp2.FromNumbers(1, 0), Fp2.FromNumbers(0, 1), Fp2.FromNumbers(-1, -1) })
        {
            BlsMap.ToCurve(in u, out var point);
            Assert.True(point.ToAffine().IsOnCurve());
        }
        BlsMap.ToCurve(Fp.FromNumber(0), out var other);
        Assert.True(other.ToAffine().IsOnCurve());
    }

    [Fact]
    public void Additions_HoldForEqualOppositeAndInfinitePoints()
    {
        var point = G2.ToPoint();
        BlsPoint<Fp2>.Double(in point, out var twice);
        BlsPoint<Fp2>.Add(in point, in point, out var sum);
        Assert.True(BlsPoint<Fp2>.AreEqual(in twice, in sum));
        BlsPoint<Fp2>.Add(in point, G2, out sum);
        Assert.True(BlsPoint<Fp2>.AreEqual(in twice, in sum));
        BlsPoint<Fp2>.Subtract(in point, in point, out sum);
        Assert.True(sum.IsInfinity && sum.ToAffine().IsInfinity);
        BlsPoint<Fp2>.Add(in sum, in point, out sum);
        Assert.True(BlsPoint<Fp2>.AreEqual(in point, in sum));
        BlsPoint<Fp2>.Double(BlsPoint<Fp2>.Infinity, out sum);
        Assert.True(sum.IsInfinity);
        BlsPoint<Fp2>.Add(BlsPoint<Fp2>.Infinity, G2, out sum);
        Assert.True(BlsPoint<Fp2>.AreEqual(in point, in sum));
    }

    [Fact]
    public void SecretMultiples_AreThePublicOnes()
    {
        var random = new Random(12);
        var edge = BlsGroups.Order - 1;
        BigInteger[] scalars =
        [
            1,
            2,
            15,
            16,
            BlsGroups.MinusX,
            edge,
            edge / 2,
            .. Enumerable.Range(0, 12).Select(_ => RandomScalar(random)),
        ];
        foreach (var scalar in scalars)
        {
            var bytes = Bytes(scalar);
            var expected1 = BitByBit.Multiply(BlsGroups.G1.ToPoint(), bytes);
            BlsSecretMultiple.Multiply(BlsGroups.G1.ToPoint(), bytes, out var actual1);
            Assert.True(BlsPoint<Fp>.AreEqual(in expected1, in actual1));
            var expected2 = BitByBit.Multiply(G2.ToPoint(), bytes);
            BlsSecretMultiple.MultiplyInSubgroup(G2.ToPoint(), bytes, out var actual2);
            Assert.True(BlsPoint<Fp2>.AreEqual(in expected2, in actual2));
        }
    }

    [Fact]
    public void ScalarArithmetic_AgreesWithBigIntegers()
    {
        var random = new Random(255);
        var digits = new ulong[4];
        var reduced = new byte[32];
        for (var i = 0; i < 60; i++)
        {
            var scalar = i == 0 ? BlsGroups.Order - 1 : RandomScalar(random);
            BlsScalar.Split(Bytes(scalar), digits);
            var sum = digits.Reverse().Aggregate(BigInteger.Zero, (rest, digit) => (rest * BlsGroups.MinusX) + digit);
            Assert.Equal(scalar, sum);
            Assert.All(digits, digit => Assert.True(digit < BlsGroups.MinusX));
            var wide = new byte[48];
            random.NextBytes(wide);
            BlsScalar.Reduce(wide, reduced);
            Assert.Equal(Bytes(new BigInteger(wide, isUnsigned: true, isBigEndian: true) % BlsGroups.Order), reduced);
        }
        Assert.False(BlsScalar.IsSecretKey(new byte[32]));
        Assert.False(BlsScalar.IsSecretKey(Bytes(BlsGroups.Order)));
        Assert.False(BlsScalar.IsSecretKey([.. Enumerable.Repeat((byte)255, 32)]));
        Assert.False(BlsScalar.IsSecretKey(new byte[31]));
        Assert.True(BlsScalar.IsSecretKey(Bytes(BlsGroups.Order - 1)) && BlsScalar.IsSecretKey(Bytes(1)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(9)]
    [InlineData(40)]
    [InlineData(49)]
    [InlineData(300)]
    public void SumsOfMultiples_AreTheSumsOneByOne(int count)
    {
        var random = new Random(count);
        var points = new BlsAffinePoint<Fp>[count];
        var scalars = new byte[32 * count];
        random.NextBytes(scalars);
        var expected = BlsPoint<Fp>.Infinity;
        for (var i = 0; i < count; i++)
        {
            BlsPoint<Fp>.MultiplyPublic(BlsGroups.G1.ToPoint(), (ulong)random.NextInt64(1, long.MaxValue), out var point);
            points[i] = i == 3 ? BlsAffinePoint<Fp>.Infinity : point.ToAffine();
            var multiple = BitByBit.Multiply(points[i].ToPoint(), scalars.AsSpan(32 * i, 32));
            BlsPoint<Fp>.Add(in expected, in multiple, out expected);
        }
        var sum = BlsMultiple.Sum<Fp>(points, scalars, 32);
        Assert.True(BlsPoint<Fp>.AreEqual(in expected, in sum));
    }

    [Fact]
    public void ThePairing_IsBilinearAndNotDegenerate()
    {
        var random = new Random(6);
        for (var i = 0; i < 4; i++)
        {
            var (a, b) = (RandomScalar(random), RandomScalar(random));
            var aG1 = BitByBit.Multiply(BlsGroups.G1.ToPoint(), Bytes(a));
            var bG2 = BitByBit.Multiply(G2.ToPoint(), Bytes(b));
            var abG1 = BitByBit.Multiply(BlsGroups.G1.ToPoint(), Bytes(a * b % BlsGroups.Order));
            var minus = abG1.ToAffine().Negate();
            Assert.True(BlsPairing.IsProductOne([aG1.ToAffine(), minus], [bG2.ToAffine(), G2]));
            Assert.False(BlsPairing.IsProductOne([aG1.ToAffine(), minus], [G2, G2]));
        }
        Assert.False(BlsPairing.IsProductOne([BlsGroups.G1], [G2]));
        Assert.True(BlsPairing.IsProductOne([BlsAffinePoint<Fp>.Infinity], [G2]));
        Assert.True(BlsPairing.IsProductOne([BlsGroups.G1], [BlsAffinePoint<Fp2>.Infinity]));
        Assert.True(BlsPairing.IsProductOne([], []));
    }

    [Fact]
    public void Points_AreReadAsTheyWereWritten()
    {
        for (var i = 0; i < 10; i++)
        {
            var affine = BlsHash.ToG2(RandomNumberGenerator.GetBytes(8), "T"u8).ToAffine();
            var bytes = new byte[192];
            BlsEncoding.WriteUncompressed(in affine, bytes);
            Assert.True(BlsEncoding.TryRead<Fp2>(bytes, out var read));
            Assert.True(BlsPoint<Fp2>.AreEqual(affine.ToPoint(), read.ToPoint()));
            bytes = new byte[96];
            BlsEncoding.WriteCompressed(in affine, bytes);
            Assert.True(BlsEncoding.TryRead<Fp2>(bytes, out read));
            Assert.True(BlsPoint<Fp2>.AreEqual(affine.ToPoint(), read.ToPoint()));
        }
        Assert.Equal(
            "97f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb",
            BlsPublicKey.From(BlsGroups.G1).ToString()
        );
    }

    internal static byte[] Bytes(BigInteger number)
    {
        var bytes = new byte[32];
        number.TryWriteBytes(bytes.AsSpan(32 - number.GetByteCount(isUnsigned: true)), out _, isUnsigned: true, isBigEndian: true);
        return bytes;
    }

    private static BlsAffinePoint<Fp2> ReadG2()
    {
        const string digits =
            "93e02b6052719f607dacd3a088274f65596bd0d09920b61ab5da61bbdc7f5049334cf11213945d57e5ac7d055d042b7e"
            + "024aa2b2f08f0a91260805272dc51051c6e47ad4fa403b02b4510b647ae3d1770bac0326a805bbefd48056c8c121bdb8";
        Assert.True(BlsEncoding.TryRead<Fp2>(Convert.FromHexString(digits), out var point));
        return point;
    }

    private static BigInteger RandomScalar(Random random)
    {
        var bytes = new byte[32];
        random.NextBytes(bytes);
        return (new BigInteger(bytes, isUnsigned: true) % (BlsGroups.Order - 1)) + 1;
    }
}
