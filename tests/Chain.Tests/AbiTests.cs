using System.Numerics;
using Marketplace.Crypto.Tests;

namespace Marketplace.Chain.Tests;

public sealed class AbiTests
{
    private const string Zero = "0000000000000000000000000000000000000000000000000000000000000000";
    private const string One = "0000000000000000000000000000000000000000000000000000000000000001";
    private const string Place = "0000000000000000000000000000000000000000000000000000000000000020";

    [Fact]
    public void Vectors_AllPass()
    {
        TransactionTests.AssertAll(AbiVectors.RunInterface(VectorFile.PathOf(AbiVectors.InterfaceFile)));
        TransactionTests.AssertAll(AbiVectors.RunInterface(VectorFile.PathOf(AbiVectors.TuplesFile)));
        TransactionTests.AssertAll(AbiVectors.RunSignatures(VectorFile.PathOf(AbiVectors.SignaturesFile)));
    }

    /// <summary>The example of the specification: <c>sam("dave", true, [1,2,3])</c>.</summary>
    [Fact]
    public void KnownAnswer_IsGiven()
    {
        var sam = new AbiSignature("sam", (AbiTuple)AbiType.Parse("(bytes,bool,uint256[])"));

        var call = sam.EncodeCall("dave"u8.ToArray(), true, new object[] { BigInteger.One, new BigInteger(2), new BigInteger(3) });

        Assert.Equal(
            "a5643bf2"
                + "0000000000000000000000000000000000000000000000000000000000000060"
                + One
                + "00000000000000000000000000000000000000000000000000000000000000a0"
                + "0000000000000000000000000000000000000000000000000000000000000004"
                + "6461766500000000000000000000000000000000000000000000000000000000"
                + "0000000000000000000000000000000000000000000000000000000000000003"
                + One
                + "0000000000000000000000000000000000000000000000000000000000000002"
                + "0000000000000000000000000000000000000000000000000000000000000003",
            Convert.ToHexStringLower(call)
        );
    }

    [Theory]
    [InlineData("bool", "0000000000000000000000000000000000000000000000000000000000000002", "neither true nor false")]
    [InlineData("address", "0100000000000000000000000000000000000000000000000000000000000000", "bytes before an address")]
    [InlineData("uint8", "0000000000000000000000000000000000000000000000000000000000000100", "a number of nine bits")]
    [InlineData("int8", "0000000000000000000000000000000000000000000000000000000000000080", "a sign that is not carried on")]
    [InlineData("bytes4", "6461766501000000000000000000000000000000000000000000000000000000", "bytes behind four")]
    [InlineData("(bytes)", Place + One + "6401000000000000000000000000000000000000000000000000000000000000", "padding that is not zero")]
    [InlineData("(bytes)", Place + One, "a length beyond the end")]
    [InlineData("(bytes)", Place + One + "64", "padding that is missing")]
    [InlineData("(string)", Place + One + "ff00000000000000000000000000000000000000000000000000000000000000", "no UTF-8")]
    [InlineData("(bytes)", "0000000000000000000000000000000000000000000000000000000000000040" + Zero + Zero, "a gap")]
    [InlineData("(uint256[])", Place + "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", "a count beyond all memory")]
    [InlineData("(uint256[])", Place + "0000000000000000000000000000000000000000000000000000000000ffffff", "a count beyond the end")]
    [InlineData(
        "(bytes,bytes)",
        "0000000000000000000000000000000000000000000000000000000000000040"
            + "0000000000000000000000000000000000000000000000000000000000000040"
            + Zero,
        "one place twice"
    )]
    [InlineData("uint256", Zero + Zero, "a second value")]
    [InlineData("uint256", "00", "half a word")]
    public void OtherEncodings_AreRefused(string type, string hex, string what)
    {
        var refused = Record.Exception(() => AbiType.Parse(type).Decode(Convert.FromHexString(hex)));
        Assert.True(refused is AbiException, $"{what}: {refused}");
    }

    public static TheoryData<string, object> Foreign() =>
        new()
        {
            { "uint8", new BigInteger(256) },
            { "uint8", BigInteger.MinusOne },
            { "int8", new BigInteger(128) },
            { "uint256", 1 },
            { "bytes4", new byte[5] },
            { "address", "0x00" },
            { "bool", 1 },
            { "string", new byte[1] },
            { "uint256[2]", new object[] { BigInteger.One } },
            { "(bool,bool)", new object[] { true } },
        };

    [Theory, MemberData(nameof(Foreign))]
    public void ValuesOfOtherTypes_AreRefused(string type, object value) =>
        Assert.Throws<AbiException>(() => AbiType.Parse(type).Encode(value));

    [Theory]
    [InlineData("uint7"), InlineData("uint264"), InlineData("uint08"), InlineData("bytes0"), InlineData("bytes33"), InlineData("fixed")]
    [InlineData("uint256[0]"), InlineData("uint256[01]"), InlineData("uint256["), InlineData("uint256]"), InlineData("()[]")]
    [
        InlineData("(uint256"),
        InlineData("(uint256,)"),
        InlineData("(uint256))"),
        InlineData(""),
        InlineData("tuple"),
        InlineData("tuplebool")
    ]
    public void OtherTexts_AreNoTypes(string text) => Assert.Throws<AbiException>(() => AbiType.Parse(text));

    /// <summary>Whatever bits are others: the bytes are refused, or are the one encoding of what they say.</summary>
    [Fact]
    public void ChangedEncodings_AreRefusedOrEncodedBackTheSame()
    {
        var random = new Random(1);
        var type = AbiType.Parse("(bytes,uint16[],(bool,string)[],bytes4[2])");
        var good = type.Encode(
            new object[]
            {
                new byte[640],
                new object[] { BigInteger.One, BigInteger.Zero },
                new object[] { new object[] { true, "one" }, new object[] { false, "" } },
                new object[] { new byte[4], new byte[4] },
            }
        );
        var read = 0;
        for (var round = 0; round < 20_000; round++)
        {
            var changed = random.Next(4) > 0 ? good.ToArray() : good[..random.Next(good.Length - 40, good.Length)];
            for (var change = random.Next(3); change >= 0; change--)
            {
                changed[random.Next(changed.Length)] ^= (byte)(1 << random.Next(8));
            }
            try
            {
                Assert.Equal(changed, type.Encode(type.Decode(changed)));
                read++;
            }
            catch (AbiException)
            {
                continue;
            }
        }
        Assert.InRange(read, 50, 19_000);
    }
}
