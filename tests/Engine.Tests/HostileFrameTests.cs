using Marketplace.Engine.Interpret;
using Marketplace.Engine.Tests.Hostile;

namespace Marketplace.Engine.Tests;

/// <summary>What must not use up the stack with any instruction set; <see cref="WithoutIntrinsicsTests"/> runs it with each.</summary>
public sealed class HostileFrameTests(GuestThreadsFixture guests) : EngineTest(guests)
{
    public static TheoryData<string> Names => [.. HostileFrames.All.Select(hostile => hostile.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task HostileFrames_EndTheGuestAndNotTheProcess(string name)
    {
        var hostile = HostileFrames.All.Single(hostile => hostile.Name == name);
        var cancellation = TestContext.Current.CancellationToken;
        Assert.Equal(hostile.End, await OnGuestThread(() => hostile.Run(Tiers.CompiledOnly, cancellation)));
    }
}
