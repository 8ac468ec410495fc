using Marketplace.Verify;
using Marketplace.Verify.FuzzNet;

namespace Marketplace.Tests.Silo;

/// <summary>The smoke size of <c>verify fuzznet</c>, without the slow connections, which take their time.</summary>
public sealed class FuzzNetTests
{
    [Fact]
    public async Task HostileLinks_AreRefusedWithTheirReasons_AndChangeNothing()
    {
        var result = await FuzzNetCheck.Run(new VerifyArguments(["--n", "600", "--slow", "0"]));

        Assert.Empty(result.Found);
    }
}
