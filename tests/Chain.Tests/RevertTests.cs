using System.Numerics;

namespace Marketplace.Chain.Tests;

public sealed class RevertTests
{
    private const string Json = """
        [
          {"inputs":[{"name":"missing","type":"uint256"},{"name":"of","type":"bytes2[]"}],"name":"TooLittle","type":"error"}
        ]
        """;

    private static readonly ContractAbi Contract = ContractAbiTests.Read(Json);

    [Fact]
    public void ErrorOfTheContract_IsRead()
    {
        object[] arguments = [new BigInteger(3), new object[] { new byte[] { 1, 2 } }];
        var revert = Contract.DecodeRevert(Contract.Error("TooLittle").Signature.EncodeCall(arguments));

        Assert.Equal(Contract.Error("TooLittle"), revert.Error);
        Assert.Equal(new BigInteger(3), revert.Arguments[0]);
        Assert.Equal("TooLittle(3, [0x0102])", revert.ToString());
    }

    /// <summary>The example of the documentation: <c>revert("Not enough Ether provided.")</c>.</summary>
    [Fact]
    public void ReasonOfRevert_IsRead()
    {
        var data = Convert.FromHexString(
            "08c379a0"
                + "0000000000000000000000000000000000000000000000000000000000000020"
                + "000000000000000000000000000000000000000000000000000000000000001a"
                + "4e6f7420656e6f7567682045746865722070726f76696465642e000000000000"
        );
        var revert = Contract.DecodeRevert(data);

        Assert.Equal("Not enough Ether provided.", Assert.Single(revert.Arguments));
        Assert.Equal("Error(\"Not enough Ether provided.\")", revert.ToString());
    }

    [Theory]
    [InlineData(0x01, "Panic(1): an assertion failed")]
    [InlineData(0x11, "Panic(17): an addition, subtraction or multiplication was too large")]
    [InlineData(0x12, "Panic(18): a division by zero")]
    [InlineData(0x21, "Panic(33): a number is no member of an enum")]
    [InlineData(0x22, "Panic(34): stored bytes have a wrong length")]
    [InlineData(0x31, "Panic(49): pop of an empty array")]
    [InlineData(0x32, "Panic(50): an index is beyond its array")]
    [InlineData(0x41, "Panic(65): too much memory was asked for")]
    [InlineData(0x51, "Panic(81): a function that is not set was called")]
    [InlineData(0xff, "Panic(255)")]
    [InlineData(0x100, "Panic(256)")]
    public void Panic_SaysWhatHappened(int code, string text)
    {
        var data = Convert.FromHexString($"4e487b71{code:x64}");
        Assert.Equal(text, Contract.DecodeRevert(data).ToString());
    }

    [Theory]
    [InlineData("", "reverted without data")]
    [InlineData("08", "unknown error 0x08")]
    [InlineData("08c379a0", "unknown error 0x08c379a0")]
    [InlineData("4e487b7101", "unknown error 0x4e487b7101")]
    [InlineData("01020304", "unknown error 0x01020304")]
    public void OtherData_IsUnknown(string hex, string text)
    {
        var revert = Contract.DecodeRevert(Convert.FromHexString(hex));
        Assert.Null(revert.Error);
        Assert.Empty(revert.Arguments);
        Assert.Equal(hex, Convert.ToHexStringLower(revert.Data.Span));
        Assert.Equal(text, revert.ToString());
    }

    /// <summary>A contract that is not ours chooses the text.</summary>
    [Fact]
    public void TextOfAStranger_IsCutAndHasNoControls()
    {
        var reason = new AbiSignature("Error", (AbiTuple)AbiType.Parse("(string)"));
        var shown = Contract.DecodeRevert(reason.EncodeCall("\u001b[2J\u202e\n" + new string('a', 100_000))).ToString();

        Assert.StartsWith("Error(\"\ufffd[2J\ufffd\ufffdaaa", shown, StringComparison.Ordinal);
        Assert.InRange(shown.Length, 100, 300);
    }
}
