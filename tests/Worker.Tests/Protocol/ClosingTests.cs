using Marketplace.Api.Workers;
using Marketplace.Worker;
using Marketplace.Worker.Protocol;

namespace Marketplace.Tests.Worker;

/// <summary>What ends a worker for good: only what its market has said.</summary>
public sealed class ClosingTests
{
    [Theory]
    [InlineData(LinkEnd.AccountNeeded, true, true, true)]
    [InlineData(LinkEnd.AccountNeeded, false, true, false)]
    [InlineData(LinkEnd.AccountNeeded, false, false, true)]
    [InlineData(LinkEnd.OtherMarket, false, true, false)]
    [InlineData(LinkEnd.OtherMarket, false, false, true)]
    [InlineData(LinkEnd.NotAdmitted, true, true, false)]
    [InlineData(LinkEnd.NotAdmitted, true, false, false)]
    [InlineData(LinkEnd.Stopping, true, true, false)]
    [InlineData(LinkEnd.Stopping, false, false, false)]
    public void ClosingThatIsNotSealed_DoesNotEndAWorkerThatHasMetItsMarket(LinkEnd reason, bool isSealed, bool isMet, bool isFinal) =>
        Assert.Equal(isFinal, RemoteMarketLink.IsFinal(new LinkEndedException(reason, "why") { IsSealed = isSealed }, isMet));
}
