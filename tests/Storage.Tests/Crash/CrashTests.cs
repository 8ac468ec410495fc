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
        var result = await CrashSweep.Run(1, fault, ending, CrashLoad.Few);
        Assert.Empty(result.Violations);
        Assert.True(result.Points > 90, $"The load has only {result.Points} persistence points.");
    }

    /// <summary>
    /// The power goes between two steps of the fold, and what the first one archives after the restart lies where documents of the second
    /// one lay. The check of all persistence points found these two runs.
    /// </summary>
    [Theory]
    [InlineData(2, 34)]
    [InlineData(1, 155)]
    public async Task PowerCutBetweenTwoStepsOfTheFold_ListsEachDocumentOnce(int seed, long operation)
    {
        var result = await CrashRun.Run(seed, operation, DiskFault.PowerCut, Ending.PowerCut, CrashLoad.ManyOfOneSize);
        Assert.True(result.HasFailed, "The load has no such operation.");
        Assert.Empty(result.Violations);
    }

    [Fact]
    public async Task WithoutFlushes_TheHarnessReportsLostWrites()
    {
        var violations = 0;
        for (long operation = 1; operation < 60; operation++)
        {
            violations += (await CrashRun.Run(3, operation, DiskFault.Lie, Ending.PowerCut, trustsLies: true)).Violations.Count;
        }
        Assert.True(violations > 0, "A store that never flushes lost nothing: the harness sees nothing.");
    }

    [Fact]
    public async Task FlushThatLies_IsFoundOrLosesWholeWritesOnly()
    {
        var result = await CrashSweep.Run(2, DiskFault.Lie, Ending.PowerCut, CrashLoad.Few);
        Assert.Empty(result.Violations);
        Assert.True(result.Refused > 0, "No lie was ever found out.");
    }
}
