using Marketplace.Crypto;
using Marketplace.Receipts;
using Marketplace.Worker;

namespace Marketplace.Tests.Worker;

/// <summary>A receipt that a stranger has written must not let a program run here for years, or with all memory.</summary>
public sealed class ReplayBoundsTests
{
    [Theory]
    [InlineData(10_000_000_000_001, 16, 1, "10000000000001 fuel")]
    [InlineData(ulong.MaxValue, 16, 1, "fuel")]
    [InlineData(1, 16_385, 1, "16385 pages of memory")]
    [InlineData(1, uint.MaxValue, 1, "pages of memory")]
    [InlineData(1, 16, 3_600_000_000_001, "3600000000001 nanoseconds")]
    [InlineData(1, 16, ulong.MaxValue, "nanoseconds")]
    public void MoreThanAJobMayUse_IsNotRun(ulong fuel, uint pages, ulong time, string said)
    {
        var invocation = new Invocation
        {
            Job = default,
            Program = default,
            Module = default,
            EntryPoint = "",
            Arguments = [],
            Environment = [],
            Input = IdDerivation.Blob([]),
            Files = [],
            Clock = 0,
            FuelLimit = fuel,
            MemoryPages = pages,
            TimeLimit = time,
        };

        var refused = Assert.Throws<ReplayException>(() =>
            Replay.Run(invocation, default, default, market: null!, TestContext.Current.CancellationToken)
        );
        Assert.Contains(said, refused.Message, StringComparison.Ordinal);
    }
}
