using Marketplace.Testing;
using Marketplace.Verify;
using Marketplace.Verify.HostileRpc;

namespace Marketplace.Tests.Silo;

/// <summary>The smoke size of <c>verify hostilerpc</c>: lies spread over its list.</summary>
public sealed class HostileRpcTests
{
    [Fact]
    public async Task LiesOfAChainsNode_PayNothingWrong_AndAreTold()
    {
        Assert.SkipUnless(AnvilNode.IsInstalled || Vectors.Required, AnvilNode.Missing);

        var result = await HostileRpcCheck.Run(new VerifyArguments(["--n", "6"]));

        Assert.Empty(result.Found);
    }
}
