using System.Net;
using Marketplace.Receipts;
using Marketplace.Receipts.Tests;

namespace Marketplace.Tests.Gateway;

/// <summary>Epochs of committees over HTTP: files that a verifier takes as they come.</summary>
public sealed class EpochTests
{
    [Fact]
    public async Task Epoch_IsAFileThatHolds()
    {
        await using var gateway = await GatewayFixture.Start();
        var answer = await gateway.Client.Get(Routes.Epoch($"{Samples.EpochFile.Epoch}"));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var file = EpochFile.Parse(await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        Assert.DoesNotContain(EpochChecks.Of(file), check => check.Result == CheckResult.Broken);
    }

    [Fact]
    public async Task Epochs_AreListed_NewestFirst()
    {
        await using var gateway = await GatewayFixture.Start();
        var answer = await gateway.Client.Get(Routes.Epochs);
        var epochs = (await answer.Read(ApiJson.Default.CommitteeEpochs)).Epochs;
        Assert.Equal(
            [CommitteeEpochState.Collecting, CommitteeEpochState.Running, CommitteeEpochState.NotDrawn],
            epochs.Select(epoch => epoch.State)
        );
        Assert.Equal((null, null), (epochs[0].At, epochs[0].Until));
        Assert.Equal((5, 4, FakeCommitteeGrain.At), (epochs[1].Workers, epochs[1].Shares, epochs[1].At!.Value));
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("seven")]
    [InlineData("99999999999999999999")]
    public async Task NumberThatIsNone_IsRefused(string epoch)
    {
        await using var gateway = await GatewayFixture.Start();
        await gateway.Client.Get(Routes.Epoch(epoch)).Refused(HttpStatusCode.BadRequest, ErrorCode.MalformedRequest);
    }

    [Fact]
    public async Task EpochThatIsNotThere_IsNotFound()
    {
        await using var gateway = await GatewayFixture.Start();
        await gateway.Client.Get(Routes.Epoch("1000")).Refused(HttpStatusCode.NotFound, ErrorCode.EpochNotFound);
    }
}
