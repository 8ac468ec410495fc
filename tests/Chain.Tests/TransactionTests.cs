using System.Numerics;
using Marketplace.Crypto;
using Marketplace.Crypto.Tests;

namespace Marketplace.Chain.Tests;

public sealed class TransactionTests
{
    private static readonly EvmTransaction Sample = new()
    {
        Kind = EvmTransactionKind.FeeMarket,
        ChainId = 31337,
        Nonce = 7,
        GasPrice = 2_000_000_000,
        PriorityFee = 1_000_000_000,
        GasLimit = 21_000,
        To = EvmAddress.Parse("0x3535353535353535353535353535353535353535"),
        Value = BigInteger.One,
        Data = new byte[] { 1, 2, 3 },
        AccessList = [new AccessListEntry(default, [default])],
    };

    [Fact]
    public void Vectors_AllPass()
    {
        AssertAll(TransactionVectors.RunLegacy(VectorFile.PathOf(TransactionVectors.LegacyFile)));
        AssertAll(TransactionVectors.RunTyped(VectorFile.PathOf(TransactionVectors.TypedFile)));
        AssertAll(
            TransactionVectors.RunContracts(
                VectorFile.PathOf(TransactionVectors.CreateFile),
                VectorFile.PathOf(TransactionVectors.TextsFile)
            )
        );
    }

    [Fact]
    public void SignedTransaction_IsReadBack()
    {
        using var key = Key();
        var signed = Sample.Sign(key);
        var read = SignedTransaction.Parse(signed.Bytes.Span);

        Assert.Equal((signed.Hash, signed.Sender), (read.Hash, read.Sender));
        Assert.Equal(EvmAddresses.Of(key.PublicKey), read.Sender);
        Assert.Equal(Sample.ToUnsigned(), read.Transaction.ToUnsigned());
    }

    public static TheoryData<string, EvmTransaction> Unsound() =>
        new()
        {
            { "no chain", Sample with { ChainId = null } },
            { "a legacy access list", Sample with { Kind = EvmTransactionKind.Legacy, PriorityFee = 0 } },
            { "a priority fee without a fee market", Sample with { Kind = EvmTransactionKind.AccessList } },
            { "a value of 257 bits", Sample with { Value = BigInteger.One << 256 } },
            { "a negative price", Sample with { GasPrice = -1 } },
            { "no kind", Sample with { Kind = (EvmTransactionKind)3 } },
        };

    [Theory, MemberData(nameof(Unsound))]
    public void UnsoundTransaction_IsNotSigned(string what, EvmTransaction transaction)
    {
        using var key = Key();
        var refused = Record.Exception(() => transaction.Sign(key));
        Assert.True(refused is ArgumentException, $"{what}: {refused}");
    }

    /// <summary>Whichever bit is another: it is refused, or it is another transaction of another sender.</summary>
    [Fact]
    public void ChangedTransaction_IsRefusedOrIsNotItsSenders()
    {
        using var key = Key();
        var signed = Sample.Sign(key);
        var bytes = signed.Bytes.ToArray();
        for (var bit = 0; bit < 8 * bytes.Length; bit++)
        {
            var changed = bytes.ToArray();
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            try
            {
                Assert.NotEqual(signed.Sender, SignedTransaction.Parse(changed).Sender);
            }
            catch (RlpException)
            {
                continue;
            }
        }
    }

    /// <summary>The same signature with n - s is one as well; chains refuse it, so that a transaction has one hash.</summary>
    [Fact]
    public void LargeS_IsRefused()
    {
        using var key = Key();
        var bytes = Sample.Sign(key).Bytes.ToArray();
        var order = BigInteger.Parse(
            "0fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141",
            System.Globalization.NumberStyles.HexNumber
        );
        var s = new BigInteger(bytes.AsSpan(^32..), isUnsigned: true, isBigEndian: true);
        (order - s).ToByteArray(isUnsigned: true, isBigEndian: true).CopyTo(bytes, bytes.Length - 32);

        Assert.Throws<RlpException>(() => SignedTransaction.Parse(bytes));
    }

    internal static void AssertAll(VectorTally tally)
    {
        Assert.True(tally.Passed == tally.Total, $"{tally}");
        Assert.NotEqual(0, tally.Total);
    }

    private static Secp256k1PrivateKey Key() => new([.. Enumerable.Repeat((byte)0x46, 32)]);
}
