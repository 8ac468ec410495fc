using System.Text;

namespace Marketplace.Crypto.Tests;

public sealed class Blake3Tests
{
    /// <summary>The paths that this processor has; the scalar one always.</summary>
    public static TheoryData<int> Paths => [.. new[] { 1, 4, 8, 16 }.Where(lanes => lanes <= Blake3Subtree.LanesDetected)];

    [Fact]
    public void AllOfficialVectors_Pass()
    {
        var tally = Blake3Vectors.Run(VectorFile.PathOf(Blake3Vectors.File));
        Assert.True(tally.Passed == tally.Total, tally.ToString());
        Assert.True(tally.Total >= 81, tally.ToString());
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void AllOfficialVectors_PassOnEveryPath(int lanes)
    {
        var tally = Blake3Vectors.Run(VectorFile.PathOf(Blake3Vectors.File), lanes);
        Assert.True(tally.Passed == tally.Total, tally.ToString());
    }

    /// <summary>Known answers, so that something is checked where the vector files are absent.</summary>
    [Theory]
    [InlineData("", "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262")]
    [InlineData("abc", "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85")]
    public void KnownAnswers_AreGiven(string text, string digits) =>
        Assert.Equal(digits, Blake3.Hash(Encoding.ASCII.GetBytes(text)).ToString());

    [Theory]
    [MemberData(nameof(Paths))]
    public void EveryPath_AgreesWithTheScalarOneOnRandomLengths(int lanes)
    {
        var random = new Random(20260);
        for (var i = 0; i < 120; i++)
        {
            var input = new byte[random.Next(i < 60 ? 3_000 : 120_000)];
            random.NextBytes(input);
            byte[] expected = new byte[100],
                output = new byte[100];
            Blake3.Hash(input, Blake3Words.Iv, 0, 1, expected);
            Blake3.Hash(input, Blake3Words.Iv, 0, lanes, output);
            Assert.True(expected.AsSpan().SequenceEqual(output), $"{input.Length} bytes in {lanes} lanes");
        }
    }

    /// <summary>Beyond the vectors' 100 KiB: each level of the recursion, complete and one byte to either side.</summary>
    [Theory]
    [MemberData(nameof(Paths))]
    public void EveryPath_AgreesWithTheScalarOneAroundPowersOfTwo(int lanes)
    {
        var input = Blake3Vectors.Pattern((1 << 20) + 1);
        for (var size = 1024; size <= 1 << 20; size *= 2)
        {
            foreach (var length in new[] { size - 1, size, size + 1 })
            {
                var part = input.AsSpan(0, length);
                Assert.Equal(Blake3.Hash(part, Blake3Words.Iv, 0, 1), Blake3.Hash(part, Blake3Words.Iv, 0, lanes));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void CounterAboveThirtyTwoBits_ReachesEveryLane(int lanes)
    {
        // Chunk counters that carry into the high word in the middle of a pass: groups around 2^28, of 16 chunks each.
        var group = Blake3Vectors.Pattern(Blake3Tree.GroupSize);
        for (var index = (1L << 28) - 1; index <= (1L << 28) + 1; index++)
        {
            Assert.Equal(Blake3Tree.GroupValue(group, index, 1), Blake3Tree.GroupValue(group, index, lanes));
        }
    }

    [Fact]
    public void KeyOfTheWrongLength_IsRefused()
    {
        Assert.Throws<ArgumentException>(() => Blake3.KeyedHash(new byte[31], []));
        Assert.Throws<ArgumentException>(() => Blake3Hasher.Keyed(new byte[33]));
    }

    [Fact]
    public void Domains_GiveDifferentHashes()
    {
        byte[] material = [1, 2, 3];
        Assert.NotEqual(Blake3.DeriveKey("a", material), Blake3.DeriveKey("b", material));
        Assert.NotEqual(Blake3.Hash(material), Blake3.DeriveKey("a", material));
        Assert.Equal(Blake3.DeriveKey("a", material), new Blake3Domain("a").Hash(material));
    }

    [Fact]
    public void OneShot_AllocatesNothing()
    {
        var input = Blake3Vectors.Pattern(200_000);
        var domain = new Blake3Domain("test");
        int[] lengths = [0, 1, 64, 1024, 1025, 20_000, 200_000];
        var sum = 0UL;
        for (var round = 0; round < 2; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            foreach (var length in lengths)
            {
                sum += Blake3.Hash(input.AsSpan(0, length)).Prefix ^ domain.Hash(input.AsSpan(0, length)).Prefix;
            }
            // The first round may allocate inside the runtime (compilation); the second must not.
            if (round == 1)
            {
                Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 100, "hashing allocates");
            }
        }
        Assert.NotEqual(0UL, sum);
    }
}
