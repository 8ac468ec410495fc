using System.Net;
using System.Text;
using Marketplace.GrainInterfaces;

namespace Marketplace.Tests.Gateway;

/// <summary>Outputs and logs are text of programs that nobody trusts.</summary>
public sealed class ContentTests
{
    /// <summary>Markup, a terminal's escape sequences, text that reads backwards, a broken UTF-8 sequence, a header of its own.</summary>
    private static readonly byte[] Hostile =
    [
        .. "<script>alert(1)</script><img src=x onerror=alert(1)>"u8,
        .. "\u001b[2J\u001b]0;owned\u0007\u202etxt.exe\0\r\nSet-Cookie: a=b\r\n\r\n"u8,
        0xFF,
        0xFE,
        0xC0,
        0x80,
    ];

    [Theory]
    [InlineData("output"), InlineData("log")]
    public async Task HostileBytes_LeaveAsTheyAre_ButOnlyAsAnAttachment(string part)
    {
        await using var gateway = await GatewayFixture.Start();
        var id = await gateway.Submit();
        gateway.Market.End(id, JobStatus.Completed, new GrainInterfaces.JobOutput(Hostile, null, Hostile.Length), log: Hostile);

        using var response = await gateway.Client.Get($"{Routes.Job(id)}/{part}");

        Assert.Equal(Hostile, await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        Assert.Equal("application/octet-stream", response.Content.Headers.ContentType?.ToString());
        Assert.Equal($"attachment; filename={id}.{part}", response.Content.Headers.ContentDisposition?.ToString());
        Assert.Equal("nosniff", response.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.Contains("sandbox", response.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        Assert.False(response.Headers.Contains("Set-Cookie"));
    }

    [Fact]
    public async Task HostileReason_TravelsAsPlainAscii()
    {
        await using var gateway = await GatewayFixture.Start();
        using var submitted = await gateway.Client.Post(
            Routes.Jobs,
            gateway.Request(Encoding.UTF8.GetString(Hostile.AsSpan(0, 90))),
            ApiJson.Default.JobRequest
        );
        var id = (await submitted.Read(ApiJson.Default.Job)).Id;
        gateway.Market.End(id, JobStatus.Failed, code: ErrorCode.ProgramTrapped);

        foreach (var path in new[] { Routes.Job(id), Routes.Jobs, Routes.JobExplanation(id) })
        {
            using var response = await gateway.Client.Get(path);
            var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
            Assert.All(text, character => Assert.InRange(character, ' ', '~'));
            Assert.DoesNotContain("<script", text, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Fact]
    public async Task LargeOutput_ComesFromTheBlobStore_AlsoByRange()
    {
        await using var gateway = await GatewayFixture.Start();
        var id = await gateway.Submit();
        byte[] output = [.. Enumerable.Range(0, 300_000).Select(number => (byte)number)];
        gateway.Market.End(
            id,
            JobStatus.Completed,
            new GrainInterfaces.JobOutput(default, gateway.Market.Blobs.Add(output), output.Length)
        );
        var request = new HttpRequestMessage(HttpMethod.Get, Routes.JobOutput(id));
        request.Headers.Range = new(100, 65_735);

        using var record = await gateway.Client.Get(Routes.Job(id));
        Assert.Null((await record.Read(ApiJson.Default.Job)).Output!.Inline);
        using var whole = await gateway.Client.Get(Routes.JobOutput(id));
        using var part = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(output, await whole.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        Assert.Equal(HttpStatusCode.PartialContent, part.StatusCode);
        Assert.Equal(output[100..65_736], await part.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task OutputThatIsNotThere_IsRefused()
    {
        await using var gateway = await GatewayFixture.Start();
        var open = await gateway.Submit("open");
        var failed = await gateway.Submit("failed");
        gateway.Market.End(failed, JobStatus.Failed, code: ErrorCode.ProgramTrapped);
        var collected = await gateway.Submit("collected");
        gateway.Market.End(collected, JobStatus.Completed, new GrainInterfaces.JobOutput(default, new BlobId(default), 7));

        await gateway.Client.Get(Routes.JobOutput(open)).Refused(HttpStatusCode.Conflict, ErrorCode.OutputNotAvailable);
        await gateway.Client.Get(Routes.JobOutput(failed)).Refused(HttpStatusCode.Conflict, ErrorCode.OutputNotAvailable);
        await gateway.Client.Get(Routes.JobOutput(collected)).Refused(HttpStatusCode.NotFound, ErrorCode.BlobNotFound);
    }

    [Fact]
    public async Task EmptyOutput_IsAnOutput()
    {
        await using var gateway = await GatewayFixture.Start();
        var id = await gateway.Submit();
        gateway.Market.End(id, JobStatus.Completed);

        using var response = await gateway.Client.Get(Routes.JobOutput(id));
        var request = new HttpRequestMessage(HttpMethod.Get, Routes.JobOutput(id));
        request.Headers.Range = new(0, null);

        Assert.Equal((HttpStatusCode.OK, (long?)0), (response.StatusCode, response.Content.Headers.ContentLength));
        await gateway
            .Client.SendAsync(request, TestContext.Current.CancellationToken)
            .Refused(HttpStatusCode.RequestedRangeNotSatisfiable, ErrorCode.RangeNotSatisfiable);
    }
}
