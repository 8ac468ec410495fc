using System.Text;

namespace Marketplace.Crypto.Tests;

public sealed class HashTests
{
    [Fact]
    public void KeccakVectors_AllPass() => AssertAll(HashVectors.RunKeccak(VectorFile.PathOf(HashVectors.ChainFile)));

    [Fact]
    public void Sha2Vectors_AllPassOnThePlatform()
    {
        AssertAll(HashVectors.RunSha2(VectorFile.PathOf(HashVectors.ChainFile)));
        AssertAll(HashVectors.RunNist(VectorFile.PathOf(HashVectors.NistShortFile)));
        AssertAll(HashVectors.RunNist(VectorFile.PathOf(HashVectors.NistLongFile)));
    }

    /// <summary>Known answers, so that something is checked where the vector files are absent.</summary>
    [Theory]
    [InlineData("", "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470")]
    [InlineData("abc", "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45")]
    public void KnownAnswers_AreGiven(string text, string digits) =>
        Assert.Equal(digits, Convert.ToHexStringLower(Keccak256.Hash(Encoding.ASCII.GetBytes(text))));

    [Fact]
    public void AMessageInParts_HashesAsTheWhole()
    {
        var random = new Random(136);
        for (var i = 0; i < 200; i++)
        {
            var message = new byte[random.Next(700)];
            random.NextBytes(message);
            var hasher = new Keccak256();
            for (var rest = message.AsSpan(); rest.Length > 0; )
            {
                var size = random.Next(rest.Length + 1);
                hasher.Append(rest[..size]);
                rest = rest[size..];
            }
            var digest = new byte[Keccak256.DigestSize];
            hasher.Finish(digest);
            Assert.Equal(Keccak256.Hash(message), digest);
        }
    }

    [Fact]
    public void AFinishedHash_TakesNoMore()
    {
        var hasher = new Keccak256();
        hasher.Finish(new byte[32]);
        Assert.Throws<InvalidOperationException>(() => hasher.Append([]));
        Assert.Throws<InvalidOperationException>(() => hasher.Finish(new byte[32]));
        Assert.Throws<ArgumentException>(() => Keccak256.Hash([], new byte[31]));
    }

    private static void AssertAll(VectorTally tally) => Assert.True(tally.Passed == tally.Total && tally.Total > 0, tally.ToString());
}
