using System.Net;
using System.Text.Json;
using Marketplace.Gateway;
using Marketplace.GrainInterfaces;

namespace Marketplace.Tests.Gateway;

/// <summary>Watching the market: each viewer sees what it may and asked for, and goes on where its connection broke.</summary>
public sealed class NewsTests
{
    private const string Watch = $"{Routes.Events}?stream=";
    private static readonly WorkerId Worker = new(new Bytes32([.. Enumerable.Repeat((byte)7, 32)]));
    private static readonly JobId Job = new(new Bytes32([.. Enumerable.Repeat((byte)8, 32)]));

    [Fact]
    public async Task Strangers_SeeThatAJobWaits_ButNotWhose()
    {
        await using var gateway = await GatewayFixture.Start();
        using var mallory = gateway.ClientOf(gateway.OtherKey);
        using var own = await Watching.Open(gateway.Client, $"{Watch}jobs");
        using var other = await Watching.Open(mallory, $"{Watch}jobs");

        Tell(gateway, Queued("rent the moon"));

        var mine = await own.Next();
        Assert.Equal((GatewayFixture.Alice, Job, "rent the moon"), (mine.Account!.Value, mine.Job!.Value, mine.RequestId));
        var seen = await other.Next();
        Assert.Equal(
            new MarketEvent(EventStream.Jobs, MarketEventKind.Queued)
            {
                At = gateway.Time.GetUtcNow(),
                Class = "wasm/1 · up to 16 MiB",
                Price = new TokenAmount(3),
                FuelMax = 1000,
                MemoryPagesMax = 16,
            },
            seen
        );
        foreach (var secret in new[] { GatewayFixture.Alice.ToString(), Job.ToString(), "moon" })
        {
            Assert.DoesNotContain(secret, other.Last, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Fact]
    public async Task Strangers_SeeHowAJobEnded_ButNeitherItsOutputNorWhyItFailed()
    {
        await using var gateway = await GatewayFixture.Start();
        using var mallory = gateway.ClientOf(gateway.OtherKey);
        using var own = await Watching.Open(gateway.Client, $"{Watch}results");
        using var other = await Watching.Open(mallory, $"{Watch}results");
        var job = await gateway.Submit("mine");
        gateway.Market.End(job, JobStatus.Failed, new GrainInterfaces.JobOutput("secret"u8.ToArray(), null, 6), ErrorCode.OutOfFuel);

        var mine = await own.Next();
        Assert.Equal((job, "mine", JobState.Failed, ErrorCode.OutOfFuel), (mine.Job!.Value, mine.RequestId, mine.State, mine.Code));
        var seen = await other.Next();
        Assert.Equal((null, null, null, null), (seen.Account, seen.Job, seen.RequestId, seen.Code));
        Assert.Equal((MarketEventKind.Ended, JobState.Failed, 42L), (seen.Kind, seen.State, seen.FuelUsed));
        Assert.DoesNotContain("secret", own.Last + other.Last, StringComparison.Ordinal);
    }

    /// <summary>Each filter lets the last of the events through, and none of the others.</summary>
    [Theory]
    [InlineData("jobs&kind=leased")]
    [InlineData("jobs&worker=0707070707070707070707070707070707070707070707070707070707070707")]
    [InlineData("jobs,results&class=gpu")]
    [InlineData("jobs&job=0808080808080808080808080808080808080808080808080808080808080808&kind=leased")]
    [InlineData("jobs&account=a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1&kind=leased")]
    public async Task Filters_LetThroughWhatFitsThemAll(string filter)
    {
        await using var gateway = await GatewayFixture.Start();
        using var stream = await Watching.Open(gateway.Client, Watch + filter);

        Tell(gateway, Queued("one"), Queued("two") with { Account = GatewayFixture.Mallory });
        Tell(gateway, Queued("three") with { Kind = NewsKind.Leased, Worker = Worker, Class = "wasm/1 · gpu" });

        Assert.Equal("three", (await stream.Next()).RequestId);
    }

    [Fact]
    public async Task FilterOfAForeignJobOrAccount_FindsNothingOut()
    {
        await using var gateway = await GatewayFixture.Start();
        using var mallory = gateway.ClientOf(gateway.OtherKey);
        using var byJob = await Watching.Open(mallory, $"{Watch}jobs&job={Job}");
        using var byAccount = await Watching.Open(mallory, $"{Watch}jobs,capabilities&account={GatewayFixture.Alice}");

        Tell(gateway, Queued("hers"));
        Tell(gateway, Queued("mallory's own") with { Account = GatewayFixture.Mallory });
        TellOffer(gateway, GatewayFixture.Alice);

        Assert.Equal("mallory's own", (await byJob.Next()).RequestId);
        // What pays the account is known to all.
        Assert.Equal((EventStream.Capabilities, null), (await byAccount.Next() is var seen ? seen.Stream : default, seen.Job));
    }

    [Fact]
    public async Task OfferOfAWorker_IsSeenAsItsPageShowsIt()
    {
        await using var gateway = await GatewayFixture.Start();
        using var stream = await Watching.Open(gateway.Client, $"{Watch}capabilities&account={new AccountId(Worker.Value)}");
        TellOffer(gateway, new AccountId(Worker.Value));

        var seen = await stream.Next();
        Assert.Equal(
            (MarketEventKind.Offered, Worker, 2, 1, 700),
            (seen.Kind, seen.Worker!.Value, seen.Offer!.Slots, seen.Offer.SlotsUsed, seen.Offer.Score)
        );
        Assert.Equal(["region=eu"], seen.Offer.Labels!);
        Assert.DoesNotContain(GatewayFixture.Mallory.ToString(), stream.Last, StringComparison.Ordinal);
    }

    [Fact]
    public async Task BrokenConnection_GoesOnWhereItWas()
    {
        await using var gateway = await GatewayFixture.Start();
        string? last;
        using (var first = await Watching.Open(gateway.Client, $"{Watch}jobs"))
        {
            Tell(gateway, Queued("one"));
            Assert.Equal("one", (await first.Next()).RequestId);
            last = first.LastId;
        }
        Tell(gateway, Queued("two"));
        using var second = await Watching.Open(gateway.Client, $"{Watch}jobs", last);
        Tell(gateway, Queued("three"));

        Assert.Equal("two", (await second.Next()).RequestId);
        Assert.Equal("three", (await second.Next()).RequestId);
        Assert.Equal(0, second.Missed);
    }

    [Fact]
    public async Task WhatIsNoLongerKept_IsToldAsMissed()
    {
        await using var gateway = await GatewayFixture.Start();
        using var early = await Watching.Open(gateway.Client, $"{Watch}jobs");
        var start = early.LastId;
        Tell(gateway, [.. Enumerable.Range(0, GatewayPolicy.NewsKeptMax).Select(_ => Queued("kept") with { Account = null })]);
        using var whole = await Watching.Open(gateway.Client, $"{Watch}jobs&kind=leased", start);
        Tell(gateway, Queued("last") with { Kind = NewsKind.Leased });
        using var late = await Watching.Open(gateway.Client, $"{Watch}jobs&kind=leased", start);
        using var foreign = await Watching.Open(gateway.Client, $"{Watch}jobs&kind=leased", "0123456789abcdef-1");

        Tell(gateway, Queued("next") with { Kind = NewsKind.Leased });
        Assert.Equal("last", (await whole.Next()).RequestId);
        Assert.Equal("last", (await late.Next()).RequestId);
        Assert.Equal("next", (await whole.Next()).RequestId);
        Assert.Equal("next", (await late.Next()).RequestId);
        Assert.Equal("next", (await foreign.Next()).RequestId);
        Tell(gateway, Queued("end") with { Kind = NewsKind.Leased });
        Assert.Equal("end", (await whole.Next()).RequestId);
        Assert.Equal("end", (await late.Next()).RequestId);
        Assert.Equal("end", (await foreign.Next()).RequestId);
        Assert.Equal((0, 1, 1), (whole.Missed, late.Missed, foreign.Missed));
    }

    [Fact]
    public async Task Market_IsListenedToForAWhileAfterTheLastReader()
    {
        await using var gateway = await GatewayFixture.Start();
        var stream = await Watching.Open(gateway.Client, $"{Watch}jobs,health");
        Assert.Equal([MarketStreams.Health, MarketStreams.Jobs], gateway.Market.News.Keys.Order());
        stream.Dispose();
        await gateway.Time.UntilArmed(GatewayPolicy.NewsKeptFor);
        Assert.NotEmpty(gateway.Market.News);

        gateway.Time.Advance(GatewayPolicy.NewsKeptFor);

        await gateway.Market.UntilUnheard;
        using var again = await Watching.Open(gateway.Client, $"{Watch}jobs", stream.LastId);
        Tell(gateway, Queued("one"));
        Assert.Equal("one", (await again.Next()).RequestId);
        Tell(gateway, Queued("two"));
        Assert.Equal("two", (await again.Next()).RequestId);
        Assert.Equal(1, again.Missed);
    }

    [Fact]
    public async Task WhatTheMarketLeftOut_IsTold()
    {
        await using var gateway = await GatewayFixture.Start();
        using var stream = await Watching.Open(gateway.Client, $"{Watch}jobs");

        gateway.Market.News[MarketStreams.Jobs](new MarketNews([Queued("one")], Missed: 5));
        gateway.Market.BreakEvents();
        Tell(gateway, Queued("two"));

        Assert.Equal("one", (await stream.Next()).RequestId);
        Assert.Equal("two", (await stream.Next()).RequestId);
        Tell(gateway, Queued("three"));
        Assert.Equal("three", (await stream.Next()).RequestId);
        Assert.Equal(6, stream.Missed);
    }

    [Theory]
    [InlineData("?stream=ledger", "'ledger'")]
    [InlineData("?stream=", "''")]
    [InlineData("?stream=jobs&kind=born", "'born'")]
    [InlineData("?stream=jobs&worker=7", "'7'")]
    [InlineData("?kind=leased", "Add it, for example stream=jobs")]
    public async Task WrongFilters_AreRefused(string query, string says)
    {
        await using var gateway = await GatewayFixture.Start();
        var detail = await gateway.Client.Get(Routes.Events + query).Refused(HttpStatusCode.BadRequest, ErrorCode.MalformedRequest);
        Assert.Contains(says, detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task PartOfAClass_IsBounded()
    {
        await using var gateway = await GatewayFixture.Start();
        using var stream = await Watching.Open(gateway.Client, $"{Watch}jobs&class={new string('a', GatewayPolicy.FilterCharactersMax)}");
        await gateway
            .Client.Get($"{Watch}jobs&class={new string('a', GatewayPolicy.FilterCharactersMax + 1)}")
            .Refused(HttpStatusCode.BadRequest, ErrorCode.MalformedRequest);
    }

    private static void TellOffer(GatewayFixture gateway, AccountId payTo)
    {
        var offer = new GrainInterfaces.WorkerOffer(
            Worker: Worker,
            PayTo: payTo,
            PricePerMillionFuel: new TokenAmount(5),
            Slots: 2,
            MemoryPagesMax: 160
        )
        {
            Labels = ["region=eu"],
            RefusedAccounts = [GatewayFixture.Mallory],
        };
        var view = new OfferView(offer, SlotsUsed: 1, new Standing(700, GrainInterfaces.StandingLevel.Good, InMaintenance: false));
        gateway.Market.News[MarketStreams.Capabilities](
            new MarketNews([new NewsItem(Kind: NewsKind.Offered, At: gateway.Time.GetUtcNow(), Worker: Worker, Offer: view)])
        );
    }

    private static NewsItem Queued(string requestId) =>
        new(
            Kind: NewsKind.Queued,
            At: new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero),
            Class: "wasm/1 · up to 16 MiB",
            Account: GatewayFixture.Alice,
            Job: Job,
            RequestId: requestId,
            Price: new TokenAmount(3),
            FuelMax: 1000,
            MemoryPagesMax: 16
        );

    private static void Tell(GatewayFixture gateway, params NewsItem[] items) =>
        gateway.Market.News[MarketStreams.Jobs](new MarketNews([.. items]));

    /// <summary>A stream of the market's events.</summary>
    private sealed class Watching(EventLines lines) : IDisposable
    {
        /// <summary>The id that was told last.</summary>
        public string LastId { get; private set; } = "";

        /// <summary>The last event's data.</summary>
        public string Last { get; private set; } = "";

        public long Missed { get; private set; }

        public static async Task<Watching> Open(HttpClient client, string path, string? lastId = null)
        {
            var stream = new Watching(await EventLines.Open(client, path, lastId));
            await stream.Id();
            return stream;
        }

        /// <summary>
        /// The next event. What was missed is told behind the events that were at hand with it, so before one that is told once they were
        /// read.
        /// </summary>
        public async Task<MarketEvent> Next()
        {
            while (true)
            {
                var line = await lines.Next() ?? throw new InvalidOperationException("The stream has ended.");
                if (line.StartsWith("id: ", StringComparison.Ordinal))
                {
                    LastId = line["id: ".Length..];
                    continue;
                }
                var data = (await lines.Next())!["data: ".Length..];
                if (line == "event: lagged")
                {
                    Missed += JsonSerializer.Deserialize(data, Answers.Of<EventsLagged>())!.Missed;
                    continue;
                }
                Last = data;
                var seen = JsonSerializer.Deserialize(data, Answers.Of<MarketEvent>())!;
                Assert.Equal($"event: {EventFilter.NameOf(seen.Stream)}", line);
                return seen;
            }
        }

        public void Dispose() => lines.Dispose();

        private async Task Id()
        {
            var line = await lines.Next();
            Assert.StartsWith("id: ", line, StringComparison.Ordinal);
            LastId = line!["id: ".Length..];
        }
    }
}
