using System.Net;
using System.Text.Json;
using Marketplace.Gateway;
using Marketplace.GrainInterfaces;

namespace Marketplace.Tests.Gateway;

/// <summary>Server-sent events: each stream has the jobs of its account, and no reader holds up the market.</summary>
public sealed class EventTests
{
    [Fact]
    public async Task EndedJob_IsToldToItsAccountOnly()
    {
        await using var gateway = await GatewayFixture.Start();
        using var mallory = gateway.ClientOf(gateway.OtherKey);
        using var stream = await EventLines.Open(gateway.Client);
        using var other = await EventLines.Open(mallory);
        var mine = await gateway.Submit("mine");
        using var submitted = await mallory.Post(Routes.Jobs, gateway.Request("theirs"), ApiJson.Default.JobRequest);
        var theirs = (await submitted.Read(ApiJson.Default.Job)).Id;

        gateway.Market.End(mine, JobStatus.Completed, new GrainInterfaces.JobOutput("a\nb"u8.ToArray(), null, 3));
        gateway.Market.End(theirs, JobStatus.Failed, code: ErrorCode.OutOfFuel);

        Assert.Equal("event: job", await stream.Next());
        var ended = Parse(await stream.Next());
        Assert.Equal((mine, "mine", JobState.Completed, 42L), (ended.Id, ended.RequestId, ended.State, ended.FuelUsed));
        Assert.Equal("a\nb"u8, ended.Output!.Inline!.Value.Span);
        Assert.Equal("event: job", await other.Next());
        Assert.Equal((theirs, ErrorCode.OutOfFuel), (Parse(await other.Next()) is var failed ? failed.Id : default, failed.Code));
    }

    [Fact]
    public async Task Silence_IsFilledWithComments_AndARevokedKeyEndsTheStream()
    {
        await using var gateway = await GatewayFixture.Start();
        using var stream = await EventLines.Open(gateway.Client);
        var beat = TimeSpan.FromSeconds(15);

        await gateway.Time.UntilArmed(beat);
        gateway.Time.Advance(beat);
        Assert.Equal(": still here", await stream.Next());

        await gateway.Time.UntilArmed(beat);
        (await gateway.Client.Send(HttpMethod.Delete, Routes.Key(gateway.Key[..ApiKey.IdTextSize]))).EnsureSuccessStatusCode();
        gateway.Time.Advance(beat);
        Assert.Equal(": still here", await stream.Next());
        Assert.Null(await stream.Next());
    }

    [Fact]
    public async Task SlowReader_IsToldHowManyItMissed()
    {
        await using var gateway = await GatewayFixture.Start(options => options.EventStreamBytesMax = GatewayPolicy.EventStreamBytesMin);
        using var stream = await EventLines.Open(gateway.Client);
        const int jobs = 2000;
        var ids = new List<JobId>();
        for (var number = 0; number < jobs; number++)
        {
            ids.Add(await gateway.Submit($"{number}"));
        }

        foreach (var id in ids)
        {
            gateway.Market.End(
                id,
                JobStatus.Completed,
                new GrainInterfaces.JobOutput(new byte[MarketLimits.InlineBytesMax], null, MarketLimits.InlineBytesMax)
            );
        }

        var (told, missed) = (0, 0L);
        while (told + missed < jobs)
        {
            var name = await stream.Next();
            var data = await stream.Next();
            if (name == "event: job")
            {
                told++;
            }
            else
            {
                Assert.Equal("event: lagged", name);
                missed += JsonDocument.Parse(data!["data: ".Length..]).RootElement.GetProperty("missed").GetInt64();
            }
        }
        Assert.Equal(jobs, told + missed);
        Assert.True(told >= 1);
    }

    [Fact]
    public async Task BrokenWayToTheMarket_IsToldToReadersWhoWait()
    {
        await using var gateway = await GatewayFixture.Start();
        using var stream = await EventLines.Open(gateway.Client);

        gateway.Market.BreakEvents();

        Assert.Equal("event: lagged", await stream.Next());
        Assert.Equal("data: {\"missed\":1}", await stream.Next());
    }

    [Fact]
    public async Task Market_IsListenedToOnlyWhileSomebodyReads()
    {
        await using var gateway = await GatewayFixture.Start();
        Assert.False(gateway.Market.IsListenedTo);

        var stream = await EventLines.Open(gateway.Client);
        Assert.True(gateway.Market.IsListenedTo);
        stream.Dispose();

        await gateway.Market.UntilUnheard;
        Assert.False(gateway.Market.IsListenedTo);
    }

    [Fact]
    public async Task Ticket_OpensOneStream_WithinHalfAMinute()
    {
        await using var gateway = await GatewayFixture.Start();
        using var browser = gateway.ClientOf(null);
        var used = await Ticket(gateway);
        var late = await Ticket(gateway);

        using (var stream = await EventLines.Open(browser, $"{Routes.Events}?ticket={used.Ticket}"))
        {
            var job = await gateway.Submit();
            gateway.Market.End(job, JobStatus.Completed);
            Assert.Equal("event: job", await stream.Next());
        }
        gateway.Time.Advance(TimeSpan.FromSeconds(30));

        Assert.Equal(64, used.Ticket.Length);
        foreach (var ticket in new[] { used.Ticket, late.Ticket, "", "x" })
        {
            await browser.Get($"{Routes.Events}?ticket={ticket}").Refused(HttpStatusCode.Unauthorized, ErrorCode.Unauthenticated);
        }
        await browser
            .Get($"{Routes.Account}?ticket={(await Ticket(gateway)).Ticket}")
            .Refused(HttpStatusCode.Unauthorized, ErrorCode.Unauthenticated);
    }

    [Fact]
    public async Task UnusedTickets_AreBounded_AndExpire()
    {
        await using var gateway = await GatewayFixture.Start();
        for (var number = 0; number < 100; number++)
        {
            await Ticket(gateway);
        }

        await gateway.Client.Send(HttpMethod.Post, Routes.EventTickets).Refused(HttpStatusCode.TooManyRequests, ErrorCode.RateLimited);
        gateway.Time.Advance(TimeSpan.FromSeconds(30));
        await Ticket(gateway);
    }

    [Fact]
    public async Task StreamsPerAccount_AreBounded()
    {
        await using var gateway = await GatewayFixture.Start(options => options.AccountEventStreamsMax = 2);
        using var first = await EventLines.Open(gateway.Client);
        using var second = await EventLines.Open(gateway.Client);
        using var mallory = gateway.ClientOf(gateway.OtherKey);

        var detail = await gateway.Client.Get(Routes.Events).Refused(HttpStatusCode.TooManyRequests, ErrorCode.RateLimited);
        Assert.Contains("The account has 2 event streams open", detail, StringComparison.Ordinal);
        using var other = await EventLines.Open(mallory);
    }

    [Fact]
    public async Task Stopping_EndsTheStreams()
    {
        var gateway = await GatewayFixture.Start();
        using var stream = await EventLines.Open(gateway.Client);

        var stopping = gateway.DisposeAsync();

        Assert.Null(await stream.Next());
        await stopping;
    }

    private static JobEnded Parse(string? line)
    {
        Assert.StartsWith("data: ", line, StringComparison.Ordinal);
        return JsonSerializer.Deserialize(line!["data: ".Length..], Answers.Of<JobEnded>())!;
    }

    private static async Task<EventTicket> Ticket(GatewayFixture gateway)
    {
        using var response = await gateway.Client.Send(HttpMethod.Post, Routes.EventTickets);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        return await response.Read(ApiJson.Default.EventTicket);
    }
}
