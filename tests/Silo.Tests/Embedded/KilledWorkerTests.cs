using Marketplace.Verify;
using Marketplace.Verify.Workers;

namespace Marketplace.Tests.Silo;

/// <summary>The smoke size of <c>verify workers</c>.</summary>
public sealed class KilledWorkerTests
{
    [Fact]
    public async Task WorkersThatAreKilledUnderLoad_LoseNoJob_AndNothingIsPaidTwice()
    {
        var result = await WorkersCheck.Run(new VerifyArguments(["--seconds", "1", "--every", "1", "--isolation", "none", "--seed", "7"]));

        Assert.Empty(result.Found);
    }
}
