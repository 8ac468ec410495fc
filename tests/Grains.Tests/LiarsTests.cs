using Marketplace.Grains.Tests.Liars;

namespace Marketplace.Grains.Tests;

/// <summary>Some jobs of the market in which three of ten workers lie; <c>verify liars</c> has thousands at each level.</summary>
public sealed class LiarsTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("none", 100)]
    [InlineData("audit:10%", 100)]
    [InlineData("quorum:2/3", 60)]
    [InlineData("committee:5", 5)]
    public void WrongResults_StayWithinTheBound_AndNoHonestWorkerIsSlashed(string assurance, int jobs)
    {
        var result = Run(assurance, jobs);
        Assert.Empty(result.Violations);
        Assert.Equal(jobs, result.Counts.Right + result.Counts.Wrong + result.Counts.Failed.Values.Sum());
        Assert.Equal(0, result.Counts.HonestSlashed);
        if (assurance == "quorum:2/3")
        {
            Assert.NotEqual(0, result.Counts.Slashings);
            Assert.NotEqual(0, result.Counts.ChangedFiles);
        }
    }

    /// <summary>Each has its own bound: what is little for one level is too much for another.</summary>
    [Theory]
    [InlineData(0.20, 10_000, 0.216, false)]
    [InlineData(0.22, 10_000, 0.216, false)]
    [InlineData(0.24, 10_000, 0.216, true)]
    [InlineData(0.24, 100, 0.216, false)]
    [InlineData(1.0, 200, 0.031, true)]
    public void MeanBeyondTheBound_IsFound_WhereChanceDoesNotExplainIt(double mean, int values, double bound, bool isBeyond) =>
        Assert.Equal(isBeyond, LiarsRun.IsBeyond(mean, values, bound));

    private LiarsResult Run(string assurance, int jobs)
    {
        var result = LiarsRun.Run(
            new LiarsScenario
            {
                Seed = 1,
                Assurance = Assurance.Parse(assurance),
                Jobs = jobs,
                Together = 50,
            }
        );
        output.WriteLine(
            $"{assurance}: {result.Counts.Wrong} of {jobs} wrong, quoted {result.Quoted}, {result.Counts.Slashings} slashings"
        );
        return result;
    }
}
