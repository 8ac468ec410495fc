namespace Marketplace.Storage.Crash;

public sealed class CrashTests
{
    [Theory]
    [InlineData(DiskFault.PowerCut, Ending.PowerCut)]
    [InlineData(DiskFault.Failure, Ending.PowerCut)]
    [InlineData(DiskFault.Failure, Ending.Kill)]
    [InlineData(DiskFault.Torn, Ending.PowerCut)]
    [InlineData(DiskFault.Torn, Ending.Kill)]
    [InlineData(DiskFault.DiskFull, Ending.PowerCut)]
    [InlineData(DiskFault.DiskFull, Ending.Kill)]
    public async Task FaultAtEachPersistencePoint_LosesNothingThatWasAcknowledged(DiskFault fault, Ending ending)
    {
        for (long operation = 1; ; operation++)
        {
            var result = await CrashRun.Run(1, operation, fault, ending);
            Assert.True(result.Violations.Count == 0,
                $"CrashRun.Run(1, {operation}, DiskFault.{fault}, Ending.{ending}): {string.Join(Environment.NewLine, result.Violations)}");
            if (!result.HasFailed)
            {
                Assert.True(operation > 90, $"The load has only {operation} persistence points.");
                return;
            }
        }
    }

    [Fact]
    public async Task WithoutFlushes_TheHarnessReportsLostWrites()
    {
        var violations = 0;
        for (long operation = 1; operation < 60; operation++)
            violations += (await CrashRun.Run(3, operation, DiskFault.Lie, Ending.PowerCut, trustsLies: true)).Violations.Count;
        Assert.True(violations > 0, "A store that never flushes lost nothing: the harness sees nothing.");
    }

    [Fact]
    public async Task FlushThatLies_IsFoundOrLosesWholeWritesOnly()
    {
        var refused = 0;
        for (long operation = 1; ; operation++)
        {
            var result = await CrashRun.Run(2, operation, DiskFault.Lie, Ending.PowerCut);
            Assert.True(result.Violations.Count == 0,
                $"CrashRun.Run(2, {operation}, DiskFault.Lie, Ending.PowerCut): {string.Join(Environment.NewLine, result.Violations)}");
            refused += result.WasRefused ? 1 : 0;
            if (!result.HasFailed)
                break;
        }
        Assert.True(refused > 0, "No lie was ever found out.");
    }
}
