using System.Numerics;
using Marketplace.Crypto;
using Marketplace.Crypto.Tests;

namespace Marketplace.Chain.Tests;

public sealed class SignatureTests
{
    [Fact]
    public void Vectors_AllPass() => TransactionTests.AssertAll(NameVectors.RunMessages(VectorFile.PathOf(NameVectors.MessagesFile)));

    /// <summary>The first example of EIP-2098.</summary>
    [Fact]
    public void KnownAnswer_IsGiven()
    {
        using var key = new Secp256k1PrivateKey(Convert.FromHexString("1234567890123456789012345678901234567890123456789012345678901234"));
        var digest = PersonalMessages.Digest("Hello World"u8);
        var signature = EvmSignature.Sign(key, digest);

        Assert.Equal(
            "68a020a209d3d56c46f38cc50a33f704f4a9a10a59377f8dd762ac66910e9b90"
                + "7e865ad05c4035ab5792787d4a0297a43617ae897930a6fe4d822b8faea52064",
            Convert.ToHexStringLower(signature.ToCompact())
        );
        Assert.Equal(EvmAddresses.Of(key.PublicKey), signature.SignerOf(digest));
    }

    [Fact]
    public void BothFormsOfBothParities_AreReadBack()
    {
        using var key = new Secp256k1PrivateKey([.. Enumerable.Repeat((byte)0x46, 32)]);
        var parities = new HashSet<byte>();
        for (byte message = 0; message < 16; message++)
        {
            var digest = PersonalMessages.Digest([message]);
            var signature = EvmSignature.Sign(key, digest);
            parities.Add(signature.ToBytes()[^1]);
            Assert.Equal(signature.ToBytes(), EvmSignature.Parse(signature.ToCompact()).ToBytes());
            Assert.Equal(signature.ToCompact(), EvmSignature.Parse(signature.ToBytes()).ToCompact());
            Assert.Equal(EvmAddresses.Of(key.PublicKey), EvmSignature.Parse(signature.ToBytes()).SignerOf(digest));
            Assert.NotEqual(EvmAddresses.Of(key.PublicKey), signature.SignerOf(PersonalMessages.Digest("other"u8)));
        }
        Assert.True(parities.SetEquals([27, 28]));
    }

    [Fact]
    public void OtherForms_AreRefused()
    {
        using var key = new Secp256k1PrivateKey([.. Enumerable.Repeat((byte)0x46, 32)]);
        var good = EvmSignature.Sign(key, PersonalMessages.Digest([])).ToBytes();

        Refuses(good[..63]);
        Refuses([.. good, 0]);
        Refuses([]);
        foreach (byte v in new byte[] { 0, 1, 26, 29, 255 })
        {
            Refuses([.. good[..64], v]);
        }
        Refuses(new byte[64]);
        Refuses([.. new byte[64], 27]);
        Refuses([.. good[..32], .. HighS(good), good[^1]]);

        static void Refuses(byte[] bytes) => Assert.Throws<FormatException>(() => EvmSignature.Parse(bytes));
    }

    /// <summary>No key gives this r: it is the x of no point.</summary>
    [Fact]
    public void SignatureOfNoKey_HasNoSigner()
    {
        byte[] five = [.. new byte[31], 5, .. new byte[31], 1, 27];
        Assert.Null(EvmSignature.Parse(five).SignerOf(default));
    }

    private static byte[] HighS(byte[] signature)
    {
        var order = BigInteger.Parse(
            "0fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141",
            System.Globalization.NumberStyles.HexNumber
        );
        var s = order - new BigInteger(signature.AsSpan(32, 32), isUnsigned: true, isBigEndian: true);
        return s.ToByteArray(isUnsigned: true, isBigEndian: true);
    }
}
