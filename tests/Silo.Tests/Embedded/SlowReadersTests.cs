using Marketplace.Verify;
using Marketplace.Verify.SlowReaders;

namespace Marketplace.Tests.Silo;

/// <summary>The smoke size of <c>verify slowreaders</c>, without its judgement of latency.</summary>
public sealed class SlowReadersTests
{
    [Fact]
    public async Task ReadersWhoReadSlowly_AreServedOrRefusedWithACode_AndHoldLittle()
    {
        var result = await SlowReadersCheck.Run(
            new VerifyArguments(["--readers", "40", "--streams", "20", "--jobs", "3", "--seconds", "1", "--rounds", "1", "--slowdown", "0"])
        );

        Assert.Empty(result.Found);
    }
}
