using System.Numerics;
using System.Security.Cryptography;
using System.Text;

namespace Marketplace.Crypto.Tests;

public sealed class Secp256k1SigningTests
{
    private static readonly BigInteger Order = Big(CurvePoint.Scalars.Prime);

    [Fact]
    public void SignedTransactions_AreReproducedByteForByte()
    {
        AssertAll(EthereumVectors.RunLegacy(VectorFile.PathOf(EthereumVectors.LegacyFile)));
        AssertAll(EthereumVectors.RunTyped(VectorFile.PathOf(EthereumVectors.TypedFile)));
        AssertAll(EthereumVectors.RunAddresses(VectorFile.PathOf(EthereumVectors.AddressFile)));
    }

    /// <summary>
    /// The key 1 and SHA-256 of "Satoshi Nakamoto", known from many implementations, so that something is checked where the vector files
    /// are absent.
    /// </summary>
    [Fact]
    public void KnownAnswer_IsGiven()
    {
        using var key = new Secp256k1PrivateKey(Secret(1));
        var signature = new byte[64];
        var digest = SHA256.HashData(Encoding.ASCII.GetBytes("Satoshi Nakamoto"));
        var recovery = key.Sign(digest, signature);
        Assert.Equal(
            "934b1ea10a4b3c1757e2b0c017d0b6143ce3c9a7e6a4a49860d7a6ab210ee3d8"
                + "2442ce9d2b916064108014783e923ec36b49743e2ffa1c4496f01a512aafd9e5",
            Convert.ToHexStringLower(signature)
        );
        var recovered = new byte[64];
        Assert.True(Secp256k1.TryRecover(digest, signature, recovery, recovered));
        Assert.True(recovered.AsSpan().SequenceEqual(key.PublicKey));
        Assert.Equal("0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf", EvmAddresses.Of(recovered).ToCheckedText());
    }

    [Fact]
    public void PublicKeys_AreThoseOfThePointArithmeticForPublicValues()
    {
        var random = new Random(6979);
        BigInteger[] secrets =
        [
            1,
            2,
            3,
            15,
            16,
            17,
            Order - 1,
            Order - 2,
            Order / 2,
            .. Enumerable.Range(0, 30).Select(_ => Random(random)),
        ];
        foreach (var secret in secrets)
        {
            using var key = new Secp256k1PrivateKey(Secret(secret));
            var (x, y) = CurvePoint.Combine(Number256.FromBigEndian(Secret(secret)), default, CurvePoint.Generator.Double()).ToAffine();
            var expected = new byte[64];
            x.WriteBigEndian(expected);
            y.WriteBigEndian(expected.AsSpan(32));
            Assert.Equal(expected, key.PublicKey);
        }
    }

    [Fact]
    public void Signatures_VerifyAlsoOnThePlatform_AndForExtremeDigests()
    {
        using var key = Secp256k1PrivateKey.Generate(RandomNumberGenerator.Create());
        var point = new ECPoint { X = key.PublicKey[..32].ToArray(), Y = key.PublicKey[32..].ToArray() };
        using var platform = ECDsa.Create(new ECParameters { Curve = ECCurve.CreateFromValue("1.3.132.0.10"), Q = point });
        byte[][] digests =
        [
            new byte[32],
            [.. Enumerable.Repeat((byte)255, 32)],
            .. Enumerable.Range(0, 40).Select(i => SHA256.HashData([(byte)i])),
        ];
        foreach (var digest in digests)
        {
            var signature = new byte[64];
            var recovery = key.Sign(digest, signature);
            Assert.True(Secp256k1.IsSignature(signature));
            Assert.True(Secp256k1.Verify(digest, signature, key.PublicKey));
            Assert.True(platform.VerifyHash(digest, signature));
            var recovered = new byte[64];
            Assert.True(Secp256k1.TryRecover(digest, signature, recovery, recovered));
            Assert.True(recovered.AsSpan().SequenceEqual(key.PublicKey));
        }
    }

    [Fact]
    public void SecretArithmetic_AgreesWithBigIntegers()
    {
        var random = new Random(1987);
        foreach (var residues in new[] { SecretPoint.Field, new SecretResidues(CurvePoint.Scalars.Prime) })
        {
            var prime = ReferenceEquals(residues, SecretPoint.Field) ? Big(CurvePoint.Field.Prime) : Order;
            BigInteger[] values = [0, 1, prime - 1, prime - 2, .. Enumerable.Range(0, 40).Select(_ => Random(random) % prime)];
            foreach (var left in values)
            {
                foreach (var right in values)
                {
                    var (a, b) = (residues.ToForm(Number(left)), residues.ToForm(Number(right)));
                    Assert.Equal(left * right % prime, Big(residues.FromForm(residues.Multiply(a, b))));
                    Assert.Equal((left + right) % prime, Big(residues.FromForm(residues.Add(a, b))));
                    Assert.Equal((prime + left - right) % prime, Big(residues.FromForm(residues.Subtract(a, b))));
                    Assert.Equal(left < right ? 1UL : 0, SecretResidues.IsBelow(Number(left), Number(right)));
                }
                var inverse = residues.FromForm(residues.Invert(residues.ToForm(Number(left))));
                Assert.Equal(BigInteger.ModPow(left, prime - 2, prime), Big(inverse));
            }
        }
    }

    [Fact]
    public void KeysOutOfRange_AreRefused()
    {
        foreach (var secret in new[] { BigInteger.Zero, Order, Order + 1, BigInteger.Pow(2, 256) - 1 })
        {
            Assert.False(Secp256k1PrivateKey.IsPrivateKey(Secret(secret)));
            Assert.Throws<ArgumentException>(() => new Secp256k1PrivateKey(Secret(secret)));
        }
        Assert.Throws<ArgumentException>(() => new Secp256k1PrivateKey(new byte[31]));
    }

    [Fact]
    public void ADisposedKey_SignsNoMore()
    {
        var key = new Secp256k1PrivateKey(Secret(7));
        key.Dispose();
        Assert.Throws<ObjectDisposedException>(() => key.Sign(new byte[32], new byte[64]));
        Assert.Throws<ObjectDisposedException>(() => key.CopyTo(new byte[32]));
    }

    [Theory]
    [InlineData("0x7E5F4552091A69125d5DfCb7b8C2659029395BdF")]
    [InlineData("7E5F4552091A69125d5DfCb7b8C2659029395Bdf")]
    [InlineData("0x7E5F4552091A69125d5DfCb7b8C2659029395B")]
    [InlineData("0x7E5F4552091A69125d5DfCb7b8C2659029395Bdg")]
    [InlineData("")]
    public void AnAddressWithAnError_IsRefused(string text) => Assert.Throws<FormatException>(() => EvmAddresses.ParseChecked(text));

    private static BigInteger Random(Random random)
    {
        var bytes = new byte[32];
        random.NextBytes(bytes);
        return (new BigInteger(bytes, isUnsigned: true) % (Order - 1)) + 1;
    }

    private static byte[] Secret(BigInteger number)
    {
        var bytes = new byte[32];
        number.TryWriteBytes(bytes.AsSpan(32 - number.GetByteCount(isUnsigned: true)), out _, isUnsigned: true, isBigEndian: true);
        return bytes;
    }

    private static Number256 Number(BigInteger number) => Number256.FromBigEndian(Secret(number));

    private static BigInteger Big(Number256 number)
    {
        var bytes = new byte[32];
        number.WriteBigEndian(bytes);
        return new BigInteger(bytes, isUnsigned: true, isBigEndian: true);
    }

    private static void AssertAll(VectorTally tally) => Assert.True(tally.Passed == tally.Total && tally.Total > 0, tally.ToString());
}
