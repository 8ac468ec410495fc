using System.Numerics;
using Marketplace.Crypto;

namespace Marketplace.Chain.Tests;

public sealed class EventTests
{
    private static readonly EvmAddress From = EvmAddress.Parse("0x3535353535353535353535353535353535353535");
    private static readonly Bytes32 Memo = new(Keccak256.Hash("rent"u8));
    private static readonly AbiEvent Paid = Make(isAnonymous: false);

    /// <summary>The topic that every ERC-20 contract has.</summary>
    [Fact]
    public void KnownTopic_IsGiven()
    {
        AbiEventParameter[] parameters =
        [
            new("from", AbiType.Parse("address"), IsIndexed: true),
            new("to", AbiType.Parse("address"), IsIndexed: true),
            new("value", AbiType.Parse("uint256"), IsIndexed: false),
        ];
        Assert.Equal(
            "ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef",
            new AbiEvent("Transfer", parameters, isAnonymous: false).Signature.Topic.ToString()
        );
    }

    [Fact]
    public void Log_IsReadInTheOrderOfTheParameters()
    {
        Assert.Equal([From, BigInteger.One, Memo], Paid.Decode([Paid.Signature.Topic, From.ToWord(), Memo], One()));
        Assert.Equal([From, BigInteger.One, Memo], Make(isAnonymous: true).Decode([From.ToWord(), Memo], One()));
    }

    public static TheoryData<string, Bytes32[], byte[]> OtherLogs() =>
        new()
        {
            { "no topics", [], One() },
            { "a topic too few", [Paid.Signature.Topic, From.ToWord()], One() },
            { "a topic too many", [Paid.Signature.Topic, From.ToWord(), Memo, Memo], One() },
            { "another event", [Memo, From.ToWord(), Memo], One() },
            { "a topic that is no address", [Paid.Signature.Topic, Memo, Memo], One() },
            { "no data", [Paid.Signature.Topic, From.ToWord(), Memo], [] },
            { "data behind the values", [Paid.Signature.Topic, From.ToWord(), Memo], [.. One(), 0] },
        };

    [Theory, MemberData(nameof(OtherLogs))]
    public void OtherLogs_AreRefused(string what, Bytes32[] topics, byte[] data)
    {
        var refused = Record.Exception(() => Paid.Decode(topics, data));
        Assert.True(refused is AbiException, $"{what}: {refused}");
    }

    [Fact]
    public void EventWithMoreTopicsThanALogHas_IsRefused()
    {
        var four = Enumerable.Repeat(new AbiEventParameter("", AbiType.Parse("bool"), IsIndexed: true), 4).ToArray();
        Assert.Equal(4, new AbiEvent("Four", four, isAnonymous: true).Parameters.Count);
        Assert.Throws<AbiException>(() => new AbiEvent("Four", four, isAnonymous: false));
        Assert.Throws<AbiException>(() => new AbiEvent("no name", [], isAnonymous: false));
    }

    [Theory]
    [InlineData("(bool,bool)"), InlineData("string[]"), InlineData("uint8[][]"), InlineData("(bool)[]"), InlineData("(bool)[1][]")]
    public void TypesWithoutAPackedForm_AreRefused(string type)
    {
        var value = type.StartsWith('(') && type.EndsWith(')') ? new object[] { true, true } : [];
        Assert.Throws<AbiException>(() => AbiType.Parse(type).EncodePacked(value));
    }

    [Fact]
    public void PackedForm_HasNoHeadAndNoPadding()
    {
        Assert.Equal("ffff", Packed("int16", BigInteger.MinusOne));
        Assert.Equal("42", Packed("bytes1", new byte[] { 0x42 }));
        Assert.Equal("48656c6c6f", Packed("string", "Hello"));
        Assert.Equal($"{1:x64}{2:x64}", Packed("uint8[]", new object[] { BigInteger.One, new BigInteger(2) }));

        static string Packed(string type, object value) => Convert.ToHexStringLower(AbiType.Parse(type).EncodePacked(value));
    }

    private static AbiEvent Make(bool isAnonymous) =>
        new(
            "Paid",
            [
                new("from", AbiType.Parse("address"), IsIndexed: true),
                new("amount", AbiType.Parse("uint256"), IsIndexed: false),
                new("memo", AbiType.Parse("string"), IsIndexed: true),
            ],
            isAnonymous
        );

    private static byte[] One() => AbiType.Parse("uint256").Encode(BigInteger.One);
}
