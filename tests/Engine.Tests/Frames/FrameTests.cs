namespace Marketplace.Engine.Tests.Frames;

/// <summary>
/// The slots of a frame bound its native size, whatever the machine-code compiler of the day makes of it. A sample; all of it is <c>verify frames</c>.
/// </summary>
public sealed class FrameTests(GuestThreadsFixture guests, ITestOutputHelper output) : EngineTest(guests)
{
    /// <summary>Each so many cases; the machine code of huge functions takes its time.</summary>
    private const int Every = 29;
    private const int Huge = 6_000;

    [Fact]
    public async Task FrameOfManyInstructions_TakesNoMoreThanItsSlotsAllow()
    {
        var sizes = await OnGuestThread(() => FrameCase.All.Where((_, i) => i % Every == 0).Concat(FrameCase.All.Where(c => c.Name.Contains("Trunc") && c.Name.EndsWith("set")))
            .SelectMany(frame => new[] { FrameSurvey.Measure(frame, 20), FrameSurvey.Measure(frame, Huge) }).ToArray());
        foreach (var size in sizes.OrderByDescending(size => size.BytesPerSlot).Take(10))
        {
            output.WriteLine(size.ToString());
        }

        Assert.All(sizes, size => Assert.True(size.BytesPerSlot <= EnginePolicy.FrameBytesPerSlotMax, size.ToString()));
    }
}
