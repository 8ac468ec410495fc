using Marketplace.Crypto.Tests;

namespace Marketplace.Chain.Tests;

public sealed class NameTests
{
    [Fact]
    public void Vectors_AllPass()
    {
        TransactionTests.AssertAll(NameVectors.RunNames(VectorFile.PathOf(NameVectors.NamesFile)));
        TransactionTests.AssertAll(NameVectors.RunAccountNumbers(VectorFile.PathOf(NameVectors.AddressFile)));
    }

    /// <summary>The examples of EIP-137.</summary>
    [Theory]
    [InlineData("", "0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("eth", "93cdeb708b7545dc668eb9280176169d1c33cfd8ed6f04690a0bcc88a93fc4ae")]
    [InlineData("foo.eth", "de9b09fd7c5f901e23a3f19fecc54828e9c848539801e86591bd9801b019f84f")]
    public void KnownAnswers_AreGiven(string name, string node) => Assert.Equal(node, EnsNames.Hash(name).ToString());

    [Theory]
    [InlineData("."), InlineData("eth."), InlineData(".eth"), InlineData("a..eth"), InlineData("Foo.eth"), InlineData("föö.eth")]
    [InlineData("foo eth"), InlineData("foo\0.eth")]
    public void NamesThatAreNotNormal_AreRefused(string name) => Assert.Throws<FormatException>(() => EnsNames.Hash(name));

    [Fact]
    public void LongName_IsRefused()
    {
        EnsNames.Hash(new string('a', 253));
        Assert.Throws<FormatException>(() => EnsNames.Hash(new string('a', 254)));
    }

    [Fact]
    public void AccountNumber_HasDigitsEnoughForEveryAddress()
    {
        Assert.Equal("XE50000000000000000000000000000000", default(EvmAddress).ToIcap());
        Assert.Equal(35, EvmAddress.Parse("0xffffffffffffffffffffffffffffffffffffffff").ToIcap().Length);
    }
}
