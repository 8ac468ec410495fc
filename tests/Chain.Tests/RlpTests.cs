using System.Numerics;
using Marketplace.Crypto.Tests;

namespace Marketplace.Chain.Tests;

public sealed class RlpTests
{
    [Fact]
    public void Vectors_AllPass()
    {
        TransactionTests.AssertAll(RlpVectors.RunOfficial(VectorFile.PathOf(RlpVectors.OfficialFile)));
        TransactionTests.AssertAll(RlpVectors.RunTrees(VectorFile.PathOf(RlpVectors.TreesFile)));
        TransactionTests.AssertAll(RlpVectors.RunInvalid(VectorFile.PathOf(RlpVectors.InvalidFile)));
    }

    /// <summary>The example of the specification, so that something is checked where the vector files are absent.</summary>
    [Fact]
    public void KnownAnswer_IsGiven() =>
        Assert.Equal(
            "c88363617483646f67",
            Convert.ToHexStringLower(new RlpWriter().WriteList(list => list.Write("cat"u8).Write("dog"u8)).Written)
        );

    [Theory]
    [InlineData("", "no value")]
    [InlineData("8100", "a small byte behind a head")]
    [InlineData("b80561626364", "a long head for a short payload")]
    [InlineData("b90038", "a length with a leading zero")]
    [InlineData("83646f", "too few bytes")]
    [InlineData("c20181", "an item beyond its list")]
    [InlineData("bfffffffffffffffff00", "a length beyond all memory")]
    [InlineData("8080", "a second value")]
    public void OtherForms_AreRefused(string hex, string what) => Assert.True(RlpVectors.IsRefused(Convert.FromHexString(hex)), what);

    [Theory]
    [InlineData("00", 32)]
    [InlineData("820001", 32)]
    [InlineData("83010000", 2)]
    [InlineData("c0", 32)]
    public void NumbersInAnotherForm_AreRefused(string hex, int sizeMax) =>
        Assert.Throws<RlpException>(() => new RlpReader(Convert.FromHexString(hex)).ReadNumber(sizeMax));

    /// <summary>Bytes of any kind are refused or are the one form of what they say: nothing else is thrown.</summary>
    [Fact]
    public void RandomBytes_AreRefusedOrReadBackTheSame()
    {
        var random = new Random(1);
        var read = 0;
        for (var round = 0; round < 20_000; round++)
        {
            var bytes = new byte[random.Next(1, 12)];
            random.NextBytes(bytes);
            // Small lengths, so that many are RLP.
            bytes[0] = (byte)(random.Next(2) == 0 ? 0xc0 + random.Next(12) : 0x80 + random.Next(12));
            if (RlpVectors.IsRefused(bytes))
            {
                continue;
            }
            var reader = new RlpReader(bytes);
            var writer = new RlpWriter();
            RlpVectors.Copy(ref reader, writer);
            Assert.Equal(bytes, writer.Written.ToArray());
            read++;
        }
        Assert.InRange(read, 500, 19_500);
    }

    [Fact]
    public void NegativeNumber_IsNoRlp() => Assert.Throws<OverflowException>(() => new RlpWriter().Write(BigInteger.MinusOne));
}
