using Marketplace.GrainInterfaces;
using Marketplace.Testing;

namespace Marketplace.Grains.Tests;

/// <summary>How long the last jobs of a class took.</summary>
public sealed class TurnaroundTests
{
    private readonly Turnarounds _turnarounds = new();

    [Fact]
    public void NothingEnded_SaysNothing()
    {
        Assert.Empty(_turnarounds.ToView());
        Assert.Null(Turnarounds.SlowestOf(1, _turnarounds.ToView()));
        Assert.Null(Turnarounds.SlowestOf(16, default));
    }

    [Fact]
    public void OneJob_SpeaksForAll()
    {
        Add(70);

        Assert.Equal([70, 70, 70, 70, 70], View());
    }

    /// <summary>The median, and the quantiles 2/3, 4/5, 8/9 and 16/17, in whichever order the jobs ended.</summary>
    [Fact]
    public void Quantiles_AreThoseOfTheSlowestOfSoMany()
    {
        foreach (var number in Enumerable.Range(0, 60))
        {
            Add(number * 7 % 60);
        }

        Assert.Equal([30, 40, 48, 53, 56], View());
    }

    [Fact]
    [TestsBound(typeof(MarketPolicy), nameof(MarketPolicy.TurnaroundsMax))]
    public void SoManyOfTheLast_AreKept()
    {
        Add(1_000_000);
        for (var job = 1; job < MarketPolicy.TurnaroundsMax; job++)
        {
            Add(5);
        }
        Assert.Equal(5, View()[0]);
        for (var job = 0; job < MarketPolicy.TurnaroundsMax; job++)
        {
            Add(9);
        }
        Assert.Equal([9, 9, 9, 9, 9], View());
    }

    /// <summary>A clock that was set back, and a job that waited for a month.</summary>
    [Fact]
    public void TimesThatFitNoCounter_AreItsBounds()
    {
        _turnarounds.Add(TimeSpan.FromDays(-1));
        Assert.Equal(0, View()[0]);
        _turnarounds.Add(TimeSpan.MaxValue);
        Assert.Equal(int.MaxValue, View()[4]);
    }

    [Theory]
    [InlineData(1, 0), InlineData(2, 1), InlineData(3, 2), InlineData(4, 2), InlineData(5, 3), InlineData(8, 3), InlineData(9, 4)]
    [InlineData(16, 4), InlineData(17, 4)]
    public void SlowestOfSoMany_IsThatOfTheNextPowerOfTwo(int count, int index) =>
        Assert.Equal(
            TimeSpan.FromSeconds(index),
            Turnarounds.SlowestOf(count, [.. Enumerable.Range(0, 5).Select(second => TimeSpan.FromSeconds(second))])
        );

    private void Add(int milliseconds) => _turnarounds.Add(TimeSpan.FromMilliseconds(milliseconds));

    private int[] View() => [.. _turnarounds.ToView().Select(time => (int)time.TotalMilliseconds)];
}
