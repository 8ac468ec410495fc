namespace Marketplace.Crypto.Tests;

public sealed class Blake3HasherTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(16)]
    public void RandomPieces_GiveTheHashOfTheWhole(int lanes)
    {
        var random = new Random(77);
        var hasher = new Blake3Hasher(Blake3Words.Iv, 0, Math.Min(lanes, Blake3Subtree.LanesDetected));
        for (var i = 0; i < 150; i++)
        {
            var input = new byte[random.Next(i % 3 == 0 ? 5_000 : 150_000)];
            random.NextBytes(input);
            hasher.Reset();
            var pieceMax = random.Next(3) switch
            {
                0 => 100,
                1 => 3_000,
                _ => 70_000,
            };
            for (var at = 0; at < input.Length; )
            {
                var take = Math.Min(input.Length - at, random.Next(pieceMax + 1));
                hasher.Update(input.AsSpan(at, take));
                at += take;
            }
            Assert.Equal((ulong)input.Length, hasher.Length);
            Assert.True(Blake3.Hash(input) == hasher.Finish(), $"{input.Length} bytes in pieces of at most {pieceMax}");
        }
    }

    [Fact]
    public void PiecesAtChunkEdges_GiveTheHashOfTheWhole()
    {
        var hasher = new Blake3Hasher();
        foreach (var piece in new[] { 1, 63, 64, 65, 1023, 1024, 1025, 2048, 16_384, 32_768 })
        {
            hasher.Reset();
            var input = Blake3Vectors.Pattern(piece * 7);
            for (var at = 0; at < input.Length; at += piece)
            {
                hasher.Update(input.AsSpan(at, piece));
                Assert.Equal(Blake3.Hash(input.AsSpan(0, at + piece)), hasher.Finish());
            }
        }
    }

    [Fact]
    public void FinishWithLongOutput_IsTheOneShotOutput()
    {
        var input = Blake3Vectors.Pattern(40_000);
        byte[] expected = new byte[1_000],
            output = new byte[1_000];
        Blake3.Hash(input, expected);
        var hasher = new Blake3Hasher();
        hasher.Update(input);
        hasher.Finish(output);
        Assert.Equal(expected, output);
    }

    [Fact]
    public void KeyedAndDomainHashers_KeepTheirModeThroughReset()
    {
        var key = Blake3Vectors.Pattern(32);
        var input = Blake3Vectors.Pattern(3_000);
        var domain = new Blake3Domain("test");
        Blake3Hasher keyed = Blake3Hasher.Keyed(key),
            derived = domain.CreateHasher();
        for (var round = 0; round < 2; round++)
        {
            keyed.Update(input);
            derived.Update(input);
            Assert.Equal(Blake3.KeyedHash(key, input), keyed.Finish());
            Assert.Equal(domain.Hash(input), derived.Finish());
            keyed.Reset();
            derived.Reset();
        }
    }

    [Fact]
    public void NoInput_GivesTheEmptyHash() => Assert.Equal(Blake3.Hash([]), new Blake3Hasher().Finish());
}
