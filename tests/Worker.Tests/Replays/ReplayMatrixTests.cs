namespace Marketplace.Tests.Worker.Replays;

public sealed class ReplayMatrixTests
{
    [Fact]
    public void SignatureForOneMarketChainContractEpochNonceOrPurpose_IsRefusedElsewhere()
    {
        using var matrix = new ReplayMatrix();

        var (_, cases, taken) = matrix.Run();

        Assert.Empty(taken);
        Assert.True(cases > 40, $"{cases} cases");
    }
}
