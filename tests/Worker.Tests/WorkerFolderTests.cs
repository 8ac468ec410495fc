using Marketplace.Receipts;
using Marketplace.Worker;

namespace Marketplace.Tests.Worker;

/// <summary>What a worker's folder keeps of the market that it has met.</summary>
public sealed class WorkerFolderTests : IDisposable
{
    private static readonly MarketDomain OnChain = ProtocolSamples.OnChain;
    private static readonly MarketDomain Nowhere = new(OnChain.Market);

    private readonly string _folder = Directory.CreateTempSubdirectory("marketplace-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(0UL)]
    [InlineData(31337UL)]
    [InlineData(ulong.MaxValue)]
    public void Market_IsKeptWithItsChainAndContract(ulong chain)
    {
        var domain = chain == 0 ? Nowhere : OnChain with { ChainId = chain };
        using (var folder = Open())
        {
            Assert.Equal((null, null), (folder.Known, folder.Domain));
            folder.Keep(domain);
            Assert.Equal((domain.Market, domain), (folder.Known, folder.Domain));
        }
        using var again = Open(domain.Market);
        Assert.Equal((domain.Market, domain), (again.Known, again.Domain));
    }

    [Fact]
    public void FileWithTheKeyAlone_IsOfAMarketThatSettlesNowhere()
    {
        File.WriteAllText(Path.Combine(_folder, WorkerFolder.MarketFile), $"{Nowhere.Market}\n");
        using var folder = Open();
        Assert.Equal((Nowhere.Market, Nowhere), (folder.Known, folder.Domain));
    }

    [Fact]
    public void KeyThatWasTyped_SaysNothingOfTheContract()
    {
        using var folder = Open(Nowhere.Market);
        Assert.Equal((Nowhere.Market, null), (folder.Known, folder.Domain));
    }

    [Theory]
    [InlineData("")]
    [InlineData("K 31337")]
    [InlineData("K 31337 C C")]
    [InlineData("K -1 C")]
    [InlineData("K 18446744073709551616 C")]
    [InlineData("K 0 C")]
    [InlineData("K 31337 0x0000000000000000000000000000000000000000")]
    [InlineData("K 31337 0x5fbd")]
    [InlineData("C 31337 K")]
    public void FileOfAnotherForm_IsRefused(string form)
    {
        var text = form.Replace("K", $"{OnChain.Market}", StringComparison.Ordinal)
            .Replace("C", $"{OnChain.Contract}", StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(_folder, WorkerFolder.MarketFile), text);
        var refused = Assert.Throws<UsageException>(() => Open().Dispose());
        Assert.Contains("does not hold a market's key", refused.Message, StringComparison.Ordinal);
    }

    private WorkerFolder Open(Bytes32? market = null) => WorkerFolder.Open(_folder, passphrase: null, market);
}
