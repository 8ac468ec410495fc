using Marketplace.GrainInterfaces;
using Marketplace.Silo;
using Orleans.Configuration;

namespace Marketplace.Tests.Silo;

public sealed class GrainWaitTests
{
    [Fact]
    public void CallsThatWait_AnswerBeforeTheirCallersGiveUp()
    {
        var messaging = new SiloMessagingOptions();
        ClusterPolicy.Messaging(messaging);
        Assert.True(MarketLimits.PollMax < messaging.ResponseTimeout);
        Assert.True(MarketLimits.WaitMax < messaging.ResponseTimeout);
    }
}
