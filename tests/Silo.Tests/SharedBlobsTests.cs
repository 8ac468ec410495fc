using Marketplace.Verify;
using Marketplace.Verify.Blobs;

namespace Marketplace.Tests.Silo;

/// <summary>The smoke size of <c>verify blobs</c>.</summary>
public sealed class SharedBlobsTests
{
    [Fact]
    public async Task ProcessesThatShareABlobFolder_LoseNothingPinned_WhenTheyAreKilled()
    {
        var result = await SharedBlobsCheck.Run(new VerifyArguments(["--kills", "4", "--steps", "60", "--seed", "3"]));

        Assert.Empty(result.Found);
    }
}
