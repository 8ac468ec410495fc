using System.Numerics;
using System.Security.Cryptography;
using Marketplace.Engine.Guests;

namespace Marketplace.Guests.Tests;

public sealed class OnvmSignatureTests
{
    private const uint Digest = Probe.Scratch;
    private const uint Signature = Probe.Scratch + 0x100;
    private const uint Key = Probe.Scratch + 0x200;

    /// <summary>The order of the group.</summary>
    private static readonly BigInteger Order = BigInteger.Parse(
        "115792089237316195423570985008687907852837564279074904382605163141518161494337"
    );

    [Fact]
    public void Signature_IsVerifiedAndItsKeyRecovered()
    {
        var (digest, signature, key) = Sign();
        var probe = Signed(digest, signature, key).Call("onvm_crypto_secp256k1_verify", Digest, Signature, Key);
        for (byte recovery = 0; recovery < 4; recovery++)
        {
            probe
                .Poke(Signature + 64, [(byte)(recovery + 24)])
                .Call("onvm_crypto_secp256k1_recover", Digest, Signature, Key + 64)
                .Peek(Key + 64, 64);
        }
        var answers = probe
            .Poke(Digest, [(byte)(digest[0] ^ 1)])
            .Call("onvm_crypto_secp256k1_verify", Digest, Signature, Key)
            .OnvmAnswers();
        Assert.Equal((0L, 1L), (answers[0].Result, answers[^1].Result));
        var found = Enumerable
            .Range(0, 4)
            .Where(i => answers[1 + (2 * i)].Result == 0 && answers[2 + (2 * i)].Bytes.AsSpan().SequenceEqual(key));
        Assert.Single(found);
    }

    [Fact]
    public void BadNumbers_HaveTheirOwnCodes()
    {
        var (digest, signature, key) = Sign();
        var answers = Signed(digest, signature, key)
            .Poke(Key + 63, [(byte)(key[63] ^ 1)])
            .Call("onvm_crypto_secp256k1_verify", Digest, Signature, Key)
            .Poke(Signature, new byte[32].AsSpan())
            .Call("onvm_crypto_secp256k1_verify", Digest, Signature, Key)
            .Call("onvm_crypto_secp256k1_recover", Digest, Signature, Key)
            .OnvmAnswers();
        Assert.Equal([-4L, -3, -3], answers.Select(answer => answer.Result));
    }

    [Fact]
    public void Signature_HasItsPrice()
    {
        var (digest, signature, key) = Sign();
        var limits = Guest.Limits with { FuelMax = GuestPolicy.FuelPerSignature };
        Signed(digest, signature, key)
            .Call("onvm_crypto_secp256k1_verify", Digest, Signature, Key)
            .RunAsOnvm(Guest.Invocation() with { Limits = limits })
            .MustEndAs(GuestOutcome.OutOfFuel);
    }

    [Fact]
    public void Program_ThatUsesSignaturesNeedsThem()
    {
        var thrown = Assert.Throws<ArgumentException>(() => new Probe().RunAsOnvm(Guest.Invocation() with { Signatures = null }));
        Assert.Contains("signatures", thrown.Message);
    }

    private static Probe Signed(byte[] digest, byte[] signature, byte[] key) =>
        new Probe().Poke(Digest, digest.AsSpan()).Poke(Signature, signature.AsSpan()).Poke(Key, key.AsSpan());

    private static (byte[] Digest, byte[] Signature, byte[] Key) Sign()
    {
        using var signer = ECDsa.Create(ECCurve.CreateFromValue("1.3.132.0.10"));
        var point = signer.ExportParameters(includePrivateParameters: false).Q;
        var digest = SHA256.HashData("signed"u8);
        var signature = signer.SignHash(digest);
        var s = new BigInteger(signature.AsSpan(32), isUnsigned: true, isBigEndian: true);
        var low = BigInteger.Min(s, Order - s).ToByteArray(isUnsigned: true, isBigEndian: true);
        return (digest, [.. signature[..32], .. new byte[32 - low.Length], .. low, 0], [.. point.X!, .. point.Y!]);
    }
}
