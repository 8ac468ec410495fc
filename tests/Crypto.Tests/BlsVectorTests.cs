namespace Marketplace.Crypto.Tests;

public sealed class BlsVectorTests
{
    [Fact]
    public void EthereumVectors_AllPass() => AssertAll(BlsEthereumVectors.Run(VectorFile.PathOf(BlsEthereumVectors.Folder)));

    [Fact]
    public void HashToCurveVectors_AllPass() => AssertAll(BlsOtherVectors.RunRfc(VectorFile.PathOf(BlsOtherVectors.RfcFolder)));

    [Fact]
    public void WycheproofVectors_AllPass() =>
        AssertAll(BlsOtherVectors.RunWycheproof(VectorFile.PathOf(BlsOtherVectors.WycheproofFolder)));

    [Fact]
    public void PrecompileVectors_AllPass() => AssertAll(BlsPrecompileVectors.Run(VectorFile.PathOf(BlsPrecompileVectors.Folder)));

    [Fact]
    public void RogueKeys_CannotBeProved() => AssertAll(BlsOtherVectors.RunRogueKeys(VectorFile.PathOf(BlsOtherVectors.RogueKeyFile)));

    [Fact]
    public void BytesThatAreNoPoint_AreRefused()
    {
        var tally = new VectorTally();
        BlsTraps.Run(tally);
        AssertAll(tally);
    }

    private static void AssertAll(VectorTally tally) => Assert.True(tally.Passed == tally.Total && tally.Total > 0, tally.ToString());
}
