using Marketplace.Tests;

namespace Marketplace.Sdk.Tests;

/// <summary>Epochs as a client reads them.</summary>
public sealed class EpochTests : IDisposable
{
    private readonly Fixture _fixture = new(options => options.Retries = 0);

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task List_GivesAllThatTheServiceKeeps()
    {
        var epoch = new CommitteeEpoch(2, CommitteeEpochState.Collecting, 24, Shares: 0, At: null, Until: null);
        _fixture.Service.On($"GET {Routes.Epochs}", _ => FakeService.Json(new CommitteeEpochs([epoch])));

        Assert.Equal([epoch], await _fixture.Client.Epochs.List(Fixture.Cancellation));
    }

    [Fact]
    public async Task WhatIsNoEpoch_IsNotTaken()
    {
        _fixture.Service.On($"GET {Routes.Epoch("2")}", _ => FakeService.Bytes("{}"u8.ToArray()));

        var refused = await Assert.ThrowsAsync<MarketplaceProtocolException>(() => _fixture.Client.Epochs.Get(2, Fixture.Cancellation));
        Assert.Contains("What came for epoch 2 is none", refused.Message, StringComparison.Ordinal);
    }
}
