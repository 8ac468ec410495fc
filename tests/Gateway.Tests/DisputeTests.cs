using System.Net;

namespace Marketplace.Tests.Gateway;

/// <summary>Disputes over HTTP: every key lists and reads them, page by page.</summary>
public sealed class DisputeTests
{
    [Fact]
    public async Task Disputes_AreListedForEveryKey_ByWorkerAndPage()
    {
        await using var gateway = await GatewayFixture.Start();
        using var stranger = gateway.ClientOf(gateway.OtherKey);
        var seen = new List<DisputeListItem>();
        string? cursor = null;
        do
        {
            var path = $"{Routes.Disputes}?{Routes.Limit}=2" + (cursor is null ? "" : $"&{Routes.Cursor}={cursor}");
            var page = await (await stranger.Get(path)).Read(ApiJson.Default.PageDisputeListItem);
            seen.AddRange(page.Items);
            cursor = page.Next;
        } while (cursor is not null);
        Assert.Equal([DisputeState.Open, DisputeState.Settled, DisputeState.Settled], seen.Select(dispute => dispute.State));
        Assert.Equal((null, FakeDisputeLists.At), (seen[0].DecidedAt, seen[1].DecidedAt));

        var ofOne = await (await stranger.Get($"{Routes.Disputes}?{Routes.WorkerFilter}={FakeDisputeLists.Voter}")).Read(
            ApiJson.Default.PageDisputeListItem
        );
        Assert.Equal(2, ofOne.Items.Count);
        await stranger.Get($"{Routes.Disputes}?{Routes.WorkerFilter}=xyz").Refused(HttpStatusCode.BadRequest, ErrorCode.MalformedRequest);
    }

    [Fact]
    public async Task Dispute_IsAFile_AndAJobWithoutOneHasNone()
    {
        await using var gateway = await GatewayFixture.Start();
        using var answer = await gateway.Client.Get(Routes.Dispute(FakeDisputeGrain.Disputed));
        Assert.Equal($"{FakeDisputeGrain.Disputed}", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        var other = new JobId(GatewayFixture.Alice.Value);
        await gateway.Client.Get(Routes.Dispute(other)).Refused(HttpStatusCode.NotFound, ErrorCode.DisputeNotFound);
        await gateway.Client.Get($"{Routes.Disputes}/xyz").Refused(HttpStatusCode.BadRequest, ErrorCode.MalformedRequest);
    }
}
