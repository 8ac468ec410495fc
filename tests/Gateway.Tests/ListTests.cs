using System.Net;
using Marketplace.Gateway;
using Marketplace.GrainInterfaces;

namespace Marketplace.Tests.Gateway;

/// <summary>Pages of jobs, blobs and programs.</summary>
public sealed class ListTests
{
    [Fact]
    public async Task Pages_ShowEachJobOnceNewestFirst()
    {
        await using var gateway = await GatewayFixture.Start();
        var ids = new List<JobId>();
        for (var number = 0; number < 7; number++)
        {
            // Pairs share a moment, so that the order by id counts as well.
            if (number % 2 == 0)
            {
                gateway.Time.Advance(TimeSpan.FromSeconds(1));
            }
            ids.Add(await gateway.Submit($"{number}"));
        }

        var seen = new List<JobListItem>();
        for (string? cursor = ""; cursor is not null; )
        {
            using var response = await gateway.Client.Get($"{Routes.Jobs}?limit=2{(cursor.Length == 0 ? "" : $"&cursor={cursor}")}");
            var page = await response.Read(ApiJson.Default.PageJobListItem);
            seen.AddRange(page.Items);
            cursor = page.Next;
        }

        Assert.Equal(ids.Order(), seen.Select(item => item.Id).Order());
        Assert.Equal(seen.OrderByDescending(item => item.SubmittedAt).ThenBy(item => item.Id), seen);
    }

    [Fact]
    public async Task Filters_SelectByStateAndProgram()
    {
        await using var gateway = await GatewayFixture.Start();
        await gateway.Submit("open");
        var ended = await gateway.Submit("ended");
        gateway.Market.End(ended, JobStatus.TimedOut, code: ErrorCode.TimeExceeded);

        using var byState = await gateway.Client.Get($"{Routes.Jobs}?state=timed_out&program={gateway.Program}");
        using var byProgram = await gateway.Client.Get($"{Routes.Jobs}?program={new ProgramId(default)}");

        var item = Assert.Single((await byState.Read(ApiJson.Default.PageJobListItem)).Items);
        Assert.Equal((ended, "ended", JobState.TimedOut, ErrorCode.TimeExceeded), (item.Id, item.RequestId, item.State, item.Code));
        Assert.Empty((await byProgram.Read(ApiJson.Default.PageJobListItem)).Items);
    }

    [Fact]
    public async Task Prefix_FindsTheAccountsOwn_AndTellsNothingOfOthers()
    {
        await using var gateway = await GatewayFixture.Start();
        var job = await gateway.Submit();
        await gateway.Client.Send(HttpMethod.Post, Routes.Blobs, [1]);
        using var other = gateway.ClientOf(gateway.OtherKey);
        var blob = (await (await gateway.Client.Get(Routes.Blobs)).Read(ApiJson.Default.PageBlob)).Items[0].Id;
        var jobs = $"{Routes.Jobs}?prefix={job.ToString()[..8]}&limit=1";
        var blobs = $"{Routes.Blobs}?prefix={blob.ToString()[BlobId.Prefix.Length..][..8]}";
        var programs = $"{Routes.Programs}?prefix={gateway.Program.ToString()[ProgramId.Prefix.Length..]}";

        var page = await (await gateway.Client.Get(jobs)).Read(ApiJson.Default.PageJobListItem);
        Assert.Equal((job, null), (Assert.Single(page.Items).Id, page.Next));
        Assert.Equal(blob, Assert.Single((await (await gateway.Client.Get(blobs)).Read(ApiJson.Default.PageBlob)).Items).Id);
        Assert.Equal(
            gateway.Program,
            Assert.Single((await (await gateway.Client.Get(programs)).Read(ApiJson.Default.PageDeployedProgram)).Items).Id
        );
        Assert.Empty((await (await other.Get(jobs)).Read(ApiJson.Default.PageJobListItem)).Items);
        Assert.Empty((await (await other.Get(blobs)).Read(ApiJson.Default.PageBlob)).Items);
        Assert.Empty((await (await other.Get(programs)).Read(ApiJson.Default.PageDeployedProgram)).Items);
    }

    [Fact]
    public async Task ListsOfOthers_AreNotSeen()
    {
        await using var gateway = await GatewayFixture.Start();
        await gateway.Submit();
        await gateway.Client.Send(HttpMethod.Post, Routes.Blobs, [1]);
        using var other = gateway.ClientOf(gateway.OtherKey);

        Assert.Empty((await (await other.Get(Routes.Jobs)).Read(ApiJson.Default.PageJobListItem)).Items);
        Assert.Empty((await (await other.Get(Routes.Blobs)).Read(ApiJson.Default.PageBlob)).Items);
        Assert.Empty((await (await other.Get(Routes.Programs)).Read(ApiJson.Default.PageDeployedProgram)).Items);
        Assert.Single((await (await gateway.Client.Get(Routes.Jobs)).Read(ApiJson.Default.PageJobListItem)).Items);
        Assert.Single((await (await gateway.Client.Get(Routes.Blobs)).Read(ApiJson.Default.PageBlob)).Items);
        Assert.Single((await (await gateway.Client.Get(Routes.Programs)).Read(ApiJson.Default.PageDeployedProgram)).Items);
    }

    [Fact]
    public async Task List_WaitsForTheReadModel_ButNotForLong()
    {
        await using var gateway = await GatewayFixture.Start();
        await gateway.Submit();
        var caughtUp = new TaskCompletionSource();
        gateway.Market.CaughtUp = caughtUp.Task;

        var soon = gateway.Client.Get(Routes.Jobs);
        await gateway.Time.UntilArmed(GatewayPolicy.CatchUpMax);
        Assert.False(soon.IsCompleted);
        caughtUp.SetResult();
        (await soon).EnsureSuccessStatusCode();
        gateway.Market.CaughtUp = new TaskCompletionSource().Task;
        var late = gateway.Client.Get(Routes.Blobs);
        await gateway.Time.UntilArmed(GatewayPolicy.CatchUpMax);
        gateway.Time.Advance(GatewayPolicy.CatchUpMax);

        (await late).EnsureSuccessStatusCode();
        (
            await gateway.Client.Get($"{Routes.Jobs}?cursor={PageCursor.Write(new(DateTimeOffset.UnixEpoch, "a"))}")
        ).EnsureSuccessStatusCode();
    }

    [Theory]
    [InlineData("limit=0", "from 1 to 1000"), InlineData("limit=1001", "from 1 to 1000"), InlineData("limit=ten", "from 1 to 1000")]
    [InlineData("state=done", "one of pending"), InlineData("state=Pending", "one of pending")]
    [InlineData("program=x", "is not a program id")]
    [InlineData("prefix=0a1b2c3", "8 to 64"), InlineData("prefix=0A1B2C3D", "small letters"), InlineData("prefix=%25_______", "8 to 64")]
    [InlineData("prefix=0a1b2c3d&cursor=AQAAAAAAAAAAYQ", "'prefix' and 'cursor'")]
    [InlineData("sate=pending", "does not take"), InlineData("limit=1&limit=2", "more than once"), InlineData("key=mk0", "does not take")]
    public async Task BadParameter_IsRefusedWithWhatIsAllowed(string query, string message)
    {
        await using var gateway = await GatewayFixture.Start();

        var detail = await gateway.Client.Get($"{Routes.Jobs}?{query}").Refused(HttpStatusCode.BadRequest, ErrorCode.MalformedRequest);

        Assert.Contains(message, detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(""), InlineData("x"), InlineData("AQ"), InlineData("%00"), InlineData("../../key"), InlineData("AgAAAAAAAAAAYQ")]
    [InlineData("Af__________YQ")]
    [InlineData("AQAAAAAAAAAA_w"), InlineData("AQ AAAAAAAAAAYQ")]
    public async Task BadCursor_IsRefused(string cursor)
    {
        await using var gateway = await GatewayFixture.Start();

        foreach (var route in new[] { Routes.Jobs, Routes.Blobs, Routes.Programs })
        {
            var detail = await gateway
                .Client.Get($"{route}?cursor={Uri.EscapeDataString(cursor)}")
                .Refused(HttpStatusCode.BadRequest, ErrorCode.MalformedRequest);
            Assert.Contains("cursor", detail, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Cursor_SurvivesTheRoundTrip_AndDamageIsRefusedOrHarmless()
    {
        var cursor = new ListPlace(new DateTimeOffset(2026, 2, 3, 4, 5, 6, TimeSpan.FromHours(7)), "blob00.ff");
        var text = PageCursor.Write(cursor)!;

        Assert.Equal(cursor, PageCursor.Read(text));
        Assert.Null(PageCursor.Read(null));
        var random = new Random(1);
        for (var round = 0; round < 10_000; round++)
        {
            var damaged = text.ToCharArray();
            damaged[random.Next(damaged.Length)] = (char)random.Next(1, 0x180);
            try
            {
                PageCursor.Read(new string(damaged));
            }
            catch (MarketException refused)
            {
                Assert.Equal(ErrorCode.MalformedRequest, refused.Code);
            }
        }
    }
}
