namespace Marketplace.Tests.Values;

public sealed class EvmAddressTests
{
    [Fact]
    public void Word_IsTheAddressBehindTwelveZeros()
    {
        var address = EvmAddress.Parse("0x00112233445566778899aabbccddeeff00112233");

        Assert.Equal($"{new string('0', 24)}{address.ToString()[2..]}", address.ToWord().ToString());
        Assert.Equal(address, EvmAddress.FromWord(address.ToWord()));
        Assert.Equal(default, EvmAddress.FromWord(default));
    }

    /// <summary>Two words for one address would be two keys of one account.</summary>
    [Theory]
    [InlineData(0), InlineData(11)]
    public void WordWithMoreThanAnAddress_IsRefused(int at)
    {
        var bytes = new byte[Bytes32.Size];
        bytes[at] = 1;
        var word = new Bytes32(bytes);

        Assert.False(EvmAddress.TryFromWord(word, out var none));
        Assert.Equal(default, none);
        var refusal = Assert.Throws<FormatException>(() => EvmAddress.FromWord(word));
        Assert.Contains($"{word} is no address: expected are 12 zero bytes and 20 others", refusal.Message, StringComparison.Ordinal);
    }
}
