using System.Numerics;
using System.Security.Cryptography;

namespace Marketplace.Crypto.Tests;

public sealed class Secp256k1Tests
{
    private static readonly BigInteger Order = Big(CurvePoint.Scalars.Prime);

    [Theory]
    [InlineData(Secp256k1Vectors.DerFile)]
    [InlineData(Secp256k1Vectors.PlainFile)]
    [InlineData(Secp256k1Vectors.BitcoinFile)]
    public void WycheproofVectors_AllPass(string file)
    {
        var tally = Secp256k1Vectors.Run(VectorFile.PathOf(file));
        Assert.True(tally.Passed == tally.Total && tally.Total > 0, tally.ToString());
    }

    /// <summary>The key 1 signs: its public key is the generator, so something is checked where the vector files are absent.</summary>
    [Fact]
    public void KnownAnswer_IsGiven()
    {
        // The nonce is 2: r is the x of 2G, and s = (e + r) / 2 modulo n, with e = 0.
        var two = CurvePoint.Generator.Double().ToAffine();
        Assert.Equal("c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5", Hex(two.X));
        var r = Big(two.X) % Order;
        var s = r * BigInteger.ModPow(2, Order - 2, Order) % Order;
        var signature = Signature(r, BigInteger.Min(s, Order - s));
        var generator = new byte[64];
        CurvePoint.Generator.X.WriteBigEndian(generator);
        CurvePoint.Generator.Y.WriteBigEndian(generator.AsSpan(32));
        Assert.True(Secp256k1.Verify(new byte[32], signature, generator));
        Assert.False(Secp256k1.Verify(new byte[32], Signature(r, BigInteger.Max(s, Order - s)), generator));
    }

    [Fact]
    public void SignaturesOfThePlatform_AreVerifiedAndTheirKeysRecovered()
    {
        using var signer = ECDsa.Create(ECCurve.CreateFromValue("1.3.132.0.10"));
        var point = signer.ExportParameters(includePrivateParameters: false).Q;
        byte[] key = [.. point.X!, .. point.Y!];
        var recovered = new byte[64];
        for (var i = 0; i < 20; i++)
        {
            var digest = SHA256.HashData([(byte)i]);
            var plain = signer.SignHash(digest);
            var s = new BigInteger(plain.AsSpan(32), isUnsigned: true, isBigEndian: true);
            var signature = Signature(
                new BigInteger(plain.AsSpan(0, 32), isUnsigned: true, isBigEndian: true),
                BigInteger.Min(s, Order - s)
            );
            Assert.True(Secp256k1.Verify(digest, signature, key));
            Assert.Contains(
                Enumerable.Range(0, 4),
                recovery => Secp256k1.TryRecover(digest, signature, recovery, recovered) && recovered.AsSpan().SequenceEqual(key)
            );
            digest[31] ^= 1;
            Assert.False(Secp256k1.Verify(digest, signature, key));
        }
    }

    [Fact]
    public void Signature_IsInItsRange()
    {
        var digest = new byte[32];
        byte[] key = new byte[64];
        (BigInteger R, BigInteger S)[] refused = [(0, 1), (1, 0), (Order, 1), (1, Order), (1, (Order / 2) + 1), (Order - 1, Order - 1)];
        Assert.All(refused, pair => Assert.False(Secp256k1.IsSignature(Signature(pair.R, pair.S))));
        Assert.All(refused, pair => Assert.False(Secp256k1.TryRecover(digest, Signature(pair.R, pair.S), 0, key)));
        Assert.True(Secp256k1.IsSignature(Signature(1, Order / 2)));
        Assert.True(Secp256k1.IsSignature(Signature(Order - 1, 1)));
    }

    [Fact]
    public void PublicKey_IsAPointOfTheCurve()
    {
        var key = new byte[64];
        Assert.False(Secp256k1.IsPublicKey(key));
        CurvePoint.Generator.X.WriteBigEndian(key);
        CurvePoint.Generator.Y.WriteBigEndian(key.AsSpan(32));
        Assert.True(Secp256k1.IsPublicKey(key));
        key[63] ^= 1;
        Assert.False(Secp256k1.IsPublicKey(key));
        CurvePoint.Field.Prime.WriteBigEndian(key);
        Assert.False(Secp256k1.IsPublicKey(key));
    }

    [Fact]
    public void Arithmetic_IsThatOfBigIntegers()
    {
        var random = new Random(256);
        foreach (var residues in new[] { CurvePoint.Field, CurvePoint.Scalars })
        {
            var prime = Big(residues.Prime);
            var edges = new[] { BigInteger.Zero, 1, prime - 1, prime - 2, prime / 2, (BigInteger.One << 128) - 1 };
            for (var i = 0; i < 500; i++)
            {
                var (a, b) = (Next(), Next());
                var (left, right) = (Number(a), Number(b));
                Assert.Equal((a + b) % prime, Big(residues.Add(left, right)));
                Assert.Equal((a - b + prime) % prime, Big(residues.Subtract(left, right)));
                Assert.Equal(a * b % prime, Big(residues.Multiply(left, right)));
                if (i < 20)
                {
                    Assert.Equal(BigInteger.ModPow(a, prime - 2, prime), Big(residues.Invert(left)));
                }
            }

            BigInteger Next()
            {
                if (random.Next(4) == 0)
                {
                    return edges[random.Next(edges.Length)];
                }
                var bytes = new byte[32];
                random.NextBytes(bytes);
                return new BigInteger(bytes, isUnsigned: true) % prime;
            }
        }
    }

    private static BigInteger Big(Number256 number) =>
        number.A + ((BigInteger)number.B << 64) + ((BigInteger)number.C << 128) + ((BigInteger)number.D << 192);

    private static Number256 Number(BigInteger value) => Number256.FromBigEndian(Bytes(value));

    private static byte[] Signature(BigInteger r, BigInteger s) => [.. Bytes(r), .. Bytes(s)];

    private static string Hex(Number256 number)
    {
        var bytes = new byte[32];
        number.WriteBigEndian(bytes);
        return Convert.ToHexStringLower(bytes);
    }

    private static byte[] Bytes(BigInteger value)
    {
        var bytes = new byte[32];
        value.TryWriteBytes(bytes.AsSpan(32 - value.GetByteCount(isUnsigned: true)), out _, isUnsigned: true, isBigEndian: true);
        return bytes;
    }
}
