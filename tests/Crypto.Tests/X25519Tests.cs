using System.Security.Cryptography;

namespace Marketplace.Crypto.Tests;

public sealed class X25519Tests
{
    [Fact]
    public void OfficialVectors_AllPass()
    {
        AssertAll(X25519Vectors.RunWycheproof(VectorFile.PathOf(X25519Vectors.WycheproofFile)));
        AssertAll(X25519Vectors.RunRfc(VectorFile.PathOf(X25519Vectors.RfcFile)));
    }

    /// <summary>RFC 7748, 5.2, so that something is checked where the vector files are absent.</summary>
    [Fact]
    public void KnownAnswer_IsGiven()
    {
        var scalar = Convert.FromHexString("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4");
        var u = Convert.FromHexString("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c");
        var shared = new byte[32];
        Assert.True(X25519.TryAgree(scalar, u, shared));
        Assert.Equal("c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552", Convert.ToHexStringLower(shared));
    }

    [Fact]
    public void BothSides_Agree()
    {
        for (var i = 0; i < 20; i++)
        {
            byte[] alice = RandomNumberGenerator.GetBytes(32),
                bob = RandomNumberGenerator.GetBytes(32);
            byte[] aliceKey = new byte[32],
                bobKey = new byte[32],
                shared = new byte[32],
                other = new byte[32];
            X25519.WritePublicKey(alice, aliceKey);
            X25519.WritePublicKey(bob, bobKey);
            Assert.True(X25519.TryAgree(alice, bobKey, shared));
            Assert.True(X25519.TryAgree(bob, aliceKey, other));
            Assert.Equal(shared, other);
        }
    }

    [Theory]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("0100000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    public void AKeyOfSmallOrder_IsRefused(string digits)
    {
        var shared = new byte[32];
        Assert.False(X25519.TryAgree(RandomNumberGenerator.GetBytes(32), Convert.FromHexString(digits), shared));
        Assert.Equal(new byte[32], shared);
    }

    [Fact]
    public void AWrongLength_IsRefused()
    {
        Assert.Throws<ArgumentException>(() => X25519.WritePublicKey(new byte[31], new byte[32]));
        Assert.Throws<ArgumentException>(() => X25519.TryAgree(new byte[32], new byte[33], new byte[32]));
    }

    private static void AssertAll(VectorTally tally) => Assert.True(tally.Passed == tally.Total && tally.Total > 0, tally.ToString());
}
