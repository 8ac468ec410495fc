using Marketplace.GrainHost.Hosting;
using Marketplace.GrainInterfaces;

namespace Marketplace.Tests.Silo;

public sealed class GrainWaitTests
{
    [Fact]
    public void CallsThatWait_AnswerBeforeTheirCallersGiveUp()
    {
        var answer = new GrainHostOptions().ResponseTimeout;
        Assert.True(MarketLimits.PollMax < answer);
        Assert.True(MarketLimits.WaitMax < answer);
    }
}
