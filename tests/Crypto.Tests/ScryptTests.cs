using System.Text;

namespace Marketplace.Crypto.Tests;

public sealed class ScryptTests
{
    /// <summary>The test vectors of RFC 7914, section 12. The last takes a gibibyte.</summary>
    [Theory]
    [InlineData(
        "",
        "",
        16,
        1,
        1,
        "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906"
    )]
    [InlineData(
        "password",
        "NaCl",
        1024,
        8,
        16,
        "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640"
    )]
    [InlineData(
        "pleaseletmein",
        "SodiumChloride",
        16384,
        8,
        1,
        "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887"
    )]
    [InlineData(
        "pleaseletmein",
        "SodiumChloride",
        1048576,
        8,
        1,
        "2101cb9b6a511aaeaddbbe09cf70f881ec568d574a2ffd4dabe5ee9820adaa478e56fd8f4ba5d09ffa1c6d927c40f4c337304049e8a952fbcbf45c6fa77a41a4"
    )]
    public void KnownAnswers_AreGiven(string password, string salt, int cost, int blockSize, int parallelization, string expected)
    {
        var key = new byte[expected.Length / 2];
        Scrypt.DeriveKey(Encoding.ASCII.GetBytes(password), Encoding.ASCII.GetBytes(salt), cost, blockSize, parallelization, key);
        Assert.Equal(expected, Convert.ToHexStringLower(key));
    }

    /// <summary>Also odd sizes of blocks and keys, which no vector has: the shorter key is the longer one's beginning.</summary>
    [Fact]
    public void ShorterKey_BeginsTheLongerOne()
    {
        var (whole, part) = (new byte[100], new byte[7]);
        Scrypt.DeriveKey("password"u8, "salt"u8, 4, 3, 2, whole);
        Scrypt.DeriveKey("password"u8, "salt"u8, 4, 3, 2, part);
        Assert.Equal(whole[..7], part);
    }

    [Theory]
    [InlineData(1, 8, 1), InlineData(0, 8, 1), InlineData(-2, 8, 1), InlineData(3, 8, 1), InlineData(int.MinValue, 8, 1)]
    [InlineData(2, 0, 1), InlineData(2, -1, 1), InlineData(2, 1, 0), InlineData(2, 1, -1)]
    [InlineData(1 << 21, 8, 1), InlineData(1 << 20, 9, 1), InlineData(1 << 30, int.MaxValue, 1)]
    [InlineData(2, 1, (1 << 23) + 1), InlineData(2, 1 << 20, int.MaxValue)]
    public void ParametersOutOfTheirRange_AreRefused(int cost, int blockSize, int parallelization) =>
        Assert.ThrowsAny<ArgumentException>(() => Scrypt.DeriveKey("a"u8, "b"u8, cost, blockSize, parallelization, new byte[32]));
}
