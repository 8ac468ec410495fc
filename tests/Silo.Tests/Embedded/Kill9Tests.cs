using Marketplace.Verify;
using Marketplace.Verify.Kill9;

namespace Marketplace.Tests.Silo;

/// <summary>The smoke size of <c>verify kill9</c>.</summary>
public sealed class Kill9Tests
{
    [Fact]
    public async Task SiloThatIsKilledUnderLoad_LosesNothingAndPaysNothingTwice()
    {
        var result = await Kill9Check.Run(new VerifyArguments(["--cycles", "3", "--seed", "7"]));

        Assert.Empty(result.Found);
    }
}
