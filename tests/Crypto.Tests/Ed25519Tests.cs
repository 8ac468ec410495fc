using System.Numerics;
using System.Security.Cryptography;

namespace Marketplace.Crypto.Tests;

public sealed class Ed25519Tests
{
    private static readonly BigInteger Order = BigInteger.Pow(2, 252) + BigInteger.Parse("27742317777372353535851937790883648493");

    [Fact]
    public void SignInputVectors_AllPass()
    {
        var tally = Ed25519Vectors.RunSignInput(VectorFile.PathOf(Ed25519Vectors.SignInputFile));
        Assert.True(tally.Passed == tally.Total && tally.Total > 0, tally.ToString());
    }

    [Fact]
    public void WycheproofVectors_AllPass()
    {
        var tally = Ed25519Vectors.RunWycheproof(VectorFile.PathOf(Ed25519Vectors.WycheproofFile));
        Assert.True(tally.Passed == tally.Total && tally.Total > 0, tally.ToString());
    }

    [Fact]
    public void EdgeCases_VerifyExactlyWhereTheRuleAdmitsThem()
    {
        var tally = Ed25519Vectors.RunEdgeCases(VectorFile.PathOf(Ed25519Vectors.EdgeCasesFile), out var admitted);
        Assert.True(tally.Passed == tally.Total, tally.ToString());
        Assert.InRange(admitted, 1, tally.Total - 1);
    }

    /// <summary>RFC 8032, 7.1, TEST 2, so that something is checked where the vector files are absent.</summary>
    [Fact]
    public void KnownAnswer_IsGiven()
    {
        using var pair = new Ed25519KeyPair(Convert.FromHexString("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"));
        Assert.Equal("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", pair.PublicKey.ToString());
        Assert.Equal(
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                + "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
            Convert.ToHexStringLower(pair.Sign([0x72]))
        );
    }

    [Fact]
    public void EveryFlippedBit_MakesTheSignatureInvalid()
    {
        using var pair = KeyPair(1);
        byte[] message = [1, 2, 3, 4, 5, 6, 7, 8, 9];
        var signature = pair.Sign(message);
        Assert.True(Ed25519.Verify(pair.PublicKey, message, signature));
        for (var bit = 0; bit < signature.Length * 8; bit++)
        {
            signature[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(Ed25519.Verify(pair.PublicKey, message, signature), $"bit {bit} of the signature");
            signature[bit / 8] ^= (byte)(1 << (bit % 8));
        }
        for (var bit = 0; bit < message.Length * 8; bit++)
        {
            message[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(Ed25519.Verify(pair.PublicKey, message, signature), $"bit {bit} of the message");
            message[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Fact]
    public void SignatureOfAnotherLength_IsInvalid()
    {
        using var pair = KeyPair(2);
        var signature = pair.Sign([1]);
        Assert.False(Ed25519.Verify(pair.PublicKey, [1], signature.AsSpan(0, 63)));
        Assert.False(Ed25519.Verify(pair.PublicKey, [1], [.. signature, 0]));
        Assert.False(Ed25519.Verify(pair.PublicKey, [1], []));
    }

    [Fact]
    public void SecondFormOfS_IsInvalid()
    {
        using var pair = KeyPair(3);
        var signature = pair.Sign([1]);
        var s = new BigInteger(signature.AsSpan(32), isUnsigned: true) + Order;
        var bytes = s.ToByteArray(isUnsigned: true);
        Assert.Equal(32, bytes.Length);
        bytes.CopyTo(signature, 32);
        Assert.False(Ed25519.Verify(pair.PublicKey, [1], signature));
    }

    [Fact]
    public void MessagesAroundTheStackLimit_SignAndVerify()
    {
        using var pair = KeyPair(4);
        foreach (var length in new[] { 0, 1, 1_983, 1_984, 1_985, 2_015, 2_016, 2_017, 100_000 })
        {
            var message = Blake3Vectors.Pattern(length);
            var signature = pair.Sign(message);
            Assert.True(Ed25519.Verify(pair.PublicKey, message, signature), $"{length} bytes");
            if (length > 0)
            {
                Assert.False(Ed25519.Verify(pair.PublicKey, message.AsSpan(1), signature), $"{length} bytes");
            }
        }
    }

    [Fact]
    public void RandomKeysAndMessages_SignAndVerifyAndDifferByKey()
    {
        var random = new Random(8032);
        var seed = new byte[32];
        for (var i = 0; i < 100; i++)
        {
            random.NextBytes(seed);
            var message = new byte[random.Next(200)];
            random.NextBytes(message);
            using var pair = new Ed25519KeyPair(seed);
            using var other = KeyPair(i);
            var signature = pair.Sign(message);
            Assert.Equal(signature, pair.Sign(message));
            Assert.True(Ed25519KeyPair.Verify(pair.PublicKey, message, signature));
            Assert.False(Ed25519KeyPair.Verify(other.PublicKey, message, signature));
        }
    }

    [Theory]
    [InlineData("0100000000000000000000000000000000000000000000000000000000000000", false)] // the identity
    [InlineData("0100000000000000000000000000000000000000000000000000000000000080", false)] // the same with a sign on x = 0
    [InlineData("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", false)] // order 2
    [InlineData("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", false)] // order 8
    [InlineData("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", false)] // y = p
    [InlineData("0200000000000000000000000000000000000000000000000000000000000000", false)] // not on the curve
    [InlineData("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", true)]
    public void PublicKey_IsValidExactlyByTheRule(string key, bool valid) =>
        Assert.Equal(valid, Ed25519.IsValidPublicKey(Bytes32.Parse(key)));

    [Fact]
    public void Signature_MayBeWrittenOverItsMessage()
    {
        using var pair = KeyPair(5);
        var buffer = Blake3Vectors.Pattern(64);
        var expected = pair.Sign(buffer);
        pair.Sign(buffer, buffer);
        Assert.Equal(expected, buffer);
    }

    [Fact]
    public void GeneratedPair_IsThatOfItsSeed()
    {
        using var random = RandomNumberGenerator.Create();
        using var pair = Ed25519KeyPair.Generate(random);
        var seed = new byte[32];
        pair.CopySeedTo(seed);
        using var again = new Ed25519KeyPair(seed);
        Assert.Equal(pair.PublicKey, again.PublicKey);
    }

    [Fact]
    public void DisposedPair_RefusesToWork()
    {
        var pair = KeyPair(6);
        pair.Dispose();
        Assert.Throws<ObjectDisposedException>(() => pair.Sign([1]));
        Assert.Throws<ObjectDisposedException>(() => pair.CopySeedTo(new byte[32]));
    }

    [Fact]
    public void WrongSizes_AreRefused()
    {
        Assert.Throws<ArgumentException>(() => new Ed25519KeyPair(new byte[31]));
        using var pair = KeyPair(7);
        Assert.Throws<ArgumentException>(() => pair.Sign([1], new byte[63]));
    }

    private static Ed25519KeyPair KeyPair(int number) => new(Blake3.Hash([(byte)number]).ToArray());
}
