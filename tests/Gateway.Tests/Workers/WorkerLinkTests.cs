using System.Net;
using System.Net.WebSockets;
using System.Security.Cryptography;
using Marketplace.Api.Workers;
using Marketplace.Crypto;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;
using Marketplace.Worker;
using Marketplace.Worker.Protocol;
using LeaseCall = Marketplace.Api.Workers.LeaseCall;
using StateChange = Marketplace.Api.Workers.StateChange;
using WorkerPoll = Marketplace.Api.Workers.WorkerPoll;

namespace Marketplace.Tests.Gateway;

/// <summary>A worker's link over a real socket: what it carries, what ends it, and how it comes back.</summary>
public sealed class WorkerLinkTests
{
    private static readonly LeaseId Lease = new(1, 1);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Link_CarriesAllThatAWorkerAsks()
    {
        await using var gateway = await GatewayFixture.Start();
        using var worker = new LinkedWorker(gateway);
        gateway.Market.Workers.Leases[Lease] = worker.Id;
        var input = gateway.Market.Blobs.Add(new byte[100_000]);
        await using var link = await RunningLink.Start(worker);

        Assert.Equal(1, (await link.Market.Offer(worker.Offer, Cancellation)).Start);
        Assert.Equal(worker.Id, Assert.Single(gateway.Market.Workers.Offers).Key);
        var polling = link.Market.Poll(new WorkerPoll(worker.Id, 1, 1, 1), Cancellation);
        gateway.Market.Workers.Give(LeaseOf(1, 10));
        Assert.Equal(Lease, Assert.Single((await polling).Leases).Id);

        var call = worker.Call(Lease);
        Assert.Equal(100_000, await link.Market.FindBlob(call, input, Cancellation));
        Assert.Null(await link.Market.FindBlob(call, new BlobId(default), Cancellation));
        await using (var stream = await link.Market.OpenBlob(call, input, Cancellation))
        {
            Assert.Equal(100_000, stream!.Length);
        }
        Assert.Null(await link.Market.OpenBlob(call, new BlobId(default), Cancellation));
        Assert.Equal("key"u8.ToArray(), (await link.Market.ReadState(call, "key"u8.ToArray(), Cancellation))!.Value.ToArray());
        Assert.Null(await link.Market.ReadState(call, default, Cancellation));
        gateway.Market.Workers.Keys = ["a"u8.ToArray(), "b"u8.ToArray()];
        Assert.Equal(2, (await link.Market.ListState(call, default, Cancellation)).Count);
        Assert.Equal(
            worker.Id.Value,
            (await link.Market.StateRootWith(call, [new StateChange("a"u8.ToArray(), null)], Cancellation)).Value
        );

        var output = "an output"u8.ToArray();
        await link.Market.PutOutput(call, IdDerivation.Blob(output), output, Cancellation);
        Assert.Equal(["begins 9", "added"], gateway.Market.Workers.Outputs.Select(entry => entry.What));
        Assert.NotNull(await gateway.Market.Blobs.Find(IdDerivation.Blob(output), Cancellation));
        Assert.Empty(await link.Market.Report(new WorkerReport(worker.Id, [worker.ResultOf(1)]), Cancellation));
        Assert.Equal(Lease, Assert.Single(gateway.Market.Workers.Reports).Lease);
        gateway.Market.Workers.Refused = [new RefusedReport(Lease, "too late")];
        Assert.Equal(
            [new RefusedResult(Lease, "too late")],
            await link.Market.Report(new WorkerReport(worker.Id, [worker.ResultOf(1)]), Cancellation)
        );
        Assert.Equal(gateway.Identity.PublicKey, worker.Domain?.Market);
    }

    /// <summary>A batch that is larger than any frame comes in parts, both ways.</summary>
    [Fact]
    public async Task LargeBatches_TravelInParts()
    {
        await using var gateway = await GatewayFixture.Start();
        using var worker = new LinkedWorker(gateway);
        await using var link = await RunningLink.Start(worker);
        gateway.Market.Workers.Give([.. Enumerable.Range(1, 600).Select(number => LeaseOf(number, JobLimits.InlineBytesMax))]);

        var orders = await link.Market.Poll(new WorkerPoll(worker.Id, 1, 1, 600), Cancellation);
        var results = Enumerable.Range(1, 64).Select(number => worker.ResultOf(number) with { Log = new byte[JobLimits.LogBytesMax] });
        await link.Market.Report(new WorkerReport(worker.Id, [.. results]), Cancellation);

        Assert.Equal(Enumerable.Range(1, 600).Select(number => new LeaseId(1, number)), orders.Leases.Select(lease => lease.Id));
        Assert.All(orders.Leases, lease => Assert.Equal(JobLimits.InlineBytesMax, lease.Input.Length));
        Assert.Equal(64, gateway.Market.Workers.Reports.Count);
    }

    [Fact]
    public async Task Refusal_IsAnAnswerAndTheLinkStays()
    {
        await using var gateway = await GatewayFixture.Start();
        using var worker = new LinkedWorker(gateway);
        await using var link = await RunningLink.Start(worker);

        var refused = await Assert.ThrowsAsync<MarketLinkException>(async () =>
            await link.Market.FindBlob(worker.Call(Lease), new BlobId(default), Cancellation)
        );

        Assert.False(refused.IsPassing);
        gateway.Market.Workers.Fault = () => new InvalidOperationException("secret");
        var failed = await Assert.ThrowsAsync<MarketLinkException>(async () => await link.Market.Offer(worker.Offer, Cancellation));
        Assert.True(failed.IsPassing);
        Assert.DoesNotContain("secret", failed.Message);
        gateway.Market.Workers.Fault = null;
        await link.Market.Offer(worker.Offer, Cancellation);
    }

    [Fact]
    public async Task BlobUnderALeaseOfAnother_IsRefusedInTheMarketsWords()
    {
        await using var gateway = await GatewayFixture.Start();
        using var worker = new LinkedWorker(gateway);
        await using var link = await RunningLink.Start(worker);

        var refused = await Assert.ThrowsAsync<MarketLinkException>(async () =>
            await link.Market.OpenBlob(worker.Call(Lease), new BlobId(default), Cancellation)
        );

        Assert.False(refused.IsPassing);
        Assert.Equal("There is no such lease of this worker.", refused.Message);
    }

    [Fact]
    public async Task NewerConnectionOfAKey_TakesThePlaceOfTheOlder()
    {
        await using var gateway = await GatewayFixture.Start();
        using var worker = new LinkedWorker(gateway);
        await using var first = await worker.Session();
        await using var second = await worker.Session();

        Assert.Equal(LinkEnd.Replaced, (await first.Ended).Reason);
        Assert.NotNull((await second.Call(new LinkFrame { Offer = worker.Offer }, Cancellation)).Welcome);
    }

    /// <summary>What a run asks is asked again on the next connection; the caller sees nothing of it.</summary>
    [Fact]
    public async Task LostConnection_IsMadeAgain()
    {
        await using var gateway = await GatewayFixture.Start();
        using var worker = new LinkedWorker(gateway);
        gateway.Market.Workers.Leases[Lease] = worker.Id;
        await using var link = await RunningLink.Start(worker);
        await link.Market.Offer(worker.Offer, Cancellation);
        var polling = link.Market.Poll(new WorkerPoll(worker.Id, 1, 1, 1), Cancellation).AsTask();

        await using (var other = await worker.Session())
        {
            // Its place is taken, so its calls end, and it comes back and takes the place again.
            Assert.True((await Assert.ThrowsAsync<MarketLinkException>(() => polling)).IsPassing);
            Assert.Null(await link.Market.FindBlob(worker.Call(Lease), new BlobId(default), Cancellation));
            Assert.Equal(LinkEnd.Replaced, (await other.Ended).Reason);
        }
    }

    [Fact]
    public async Task MarketWithAnotherKeyThanTheKnownOne_IsRefused()
    {
        await using var gateway = await GatewayFixture.Start();
        using var worker = new LinkedWorker(gateway);
        worker.Keep(new MarketDomain(worker.Key.PublicKey));

        var ended = await Assert.ThrowsAsync<LinkEndedException>(() => worker.Link().Run(Cancellation));

        Assert.Equal(LinkEnd.OtherMarket, ended.Reason);
        Assert.Contains(gateway.Identity.PublicKey.ToString(), ended.Message);
    }

    [Fact]
    public async Task StoppingSilo_TellsItsWorkers()
    {
        var gateway = await GatewayFixture.Start();
        using var worker = new LinkedWorker(gateway);
        await using var session = await worker.Session();

        var stopping = gateway.DisposeAsync();

        Assert.Equal(LinkEnd.Stopping, (await session.Ended).Reason);
        await stopping;
    }

    [Fact]
    public async Task HandshakeThatTakesTooLong_IsEnded()
    {
        await using var gateway = await GatewayFixture.Start();
        using var worker = new LinkedWorker(gateway);
        using var socket = await worker.Connect();

        await gateway.Time.UntilArmed(LinkPolicy.HandshakeTimeMax);
        gateway.Time.Advance(LinkPolicy.HandshakeTimeMax);
        // The receive was cancelled, so the connection is cut.
        await Assert.ThrowsAnyAsync<WebSocketException>(() => socket.ReceiveAsync(new byte[100], Cancellation));
    }

    [Fact]
    public async Task MoreLinksOfAnAddressThanAllowed_AreRefused()
    {
        await using var gateway = await GatewayFixture.Start(options => options.AddressWorkerLinksMax = 2);
        using var worker = new LinkedWorker(gateway);
        using var first = await worker.Connect();
        using var second = await worker.Connect();

        var refused = await Assert.ThrowsAsync<WebSocketException>(worker.Connect);

        Assert.Contains($"{(int)HttpStatusCode.TooManyRequests}", refused.Message);
    }

    [Fact]
    public async Task LinkThatTheMarketIsNotReadyFor_TakesNoOffers()
    {
        await using var gateway = await GatewayFixture.Start();
        using var worker = new LinkedWorker(gateway);
        await using var session = await worker.Session();
        gateway.Current = gateway.Current with { State = Marketplace.Gateway.ServiceState.Unavailable };

        var answer = await session.Call(new LinkFrame { Offer = worker.Offer }, Cancellation);

        Assert.Equal(ErrorCode.Unavailable, answer.Refused?.Code);
        Assert.Empty(gateway.Market.Workers.Offers);
    }

    public static TheoryData<string, LinkEnd> Lies =>
        new()
        {
            { "an offer of another worker", LinkEnd.ForeignWorker },
            { "a run of another worker", LinkEnd.ForeignWorker },
            { "a report of another worker", LinkEnd.ForeignWorker },
            { "a report that is not signed", LinkEnd.BadSignature },
            { "a report signed for another market", LinkEnd.BadSignature },
            { "another execution than was signed", LinkEnd.BadSignature },
            { "an end without an execution", LinkEnd.Malformed },
            { "an execution without a profile", LinkEnd.Malformed },
            { "an execution of a run that was given back", LinkEnd.Malformed },
            { "a report without results", LinkEnd.Malformed },
            { "a report of too many results", LinkEnd.Malformed },
            { "a report of a result that is null", LinkEnd.Malformed },
            { "a report of an old number", LinkEnd.BadSequence },
            { "an offer with a label that is null", LinkEnd.Malformed },
            { "a call without a number", LinkEnd.Malformed },
            { "a frame of the market", LinkEnd.Malformed },
        };

    /// <summary>Each ends the connection with its reason, and nothing of it reaches the market.</summary>
    [Theory, MemberData(nameof(Lies))]
    public async Task FrameThatLies_EndsTheLink(string lie, LinkEnd reason)
    {
        await using var gateway = await GatewayFixture.Start();
        using var worker = new LinkedWorker(gateway);
        using var other = new LinkedWorker(gateway, 0x58);
        using var channel = await worker.Channel();
        var market = gateway.Domain;
        var report = new WorkerReport(worker.Id, [worker.ResultOf(1)]);
        var signed = WorkerSignatures.Sign(worker.Key, market, report, 1, 1);
        var many = report with
        {
            Results = [.. Enumerable.Range(1, LinkPolicy.ReportResultsMax + 1).Select(number => worker.ResultOf(number))],
        };
        var frame = lie switch
        {
            "an offer of another worker" => new LinkFrame { Offer = other.Offer },
            "a run of another worker" => new LinkFrame { Find = new FindBlobCall(other.Call(Lease), new BlobId(default)) },
            "a report of another worker" => new LinkFrame
            {
                Report = WorkerSignatures.Sign(other.Key, market, report with { Worker = other.Id }, 1, 1),
            },
            "a report that is not signed" => new LinkFrame { Report = signed with { Signature = new string('0', 128) } },
            "a report signed for another market" => new LinkFrame
            {
                Report = WorkerSignatures.Sign(worker.Key, new MarketDomain(worker.Id.Value), report, 1, 1),
            },
            "another execution than was signed" => new LinkFrame
            {
                Report = signed with { Report = report with { Results = [report.Results[0] with { Execution = market.Market }] } },
            },
            "an end without an execution" => new LinkFrame
            {
                Report = signed with { Report = report with { Results = [report.Results[0] with { Execution = null }] } },
            },
            "an execution without a profile" => new LinkFrame
            {
                Report = signed with { Report = report with { Results = [report.Results[0] with { Profile = null }] } },
            },
            "an execution of a run that was given back" => new LinkFrame
            {
                Report = signed with { Report = report with { Results = [report.Results[0] with { Outcome = RunOutcome.Returned }] } },
            },
            "a report without results" => new LinkFrame
            {
                Report = WorkerSignatures.Sign(worker.Key, market, report with { Results = [] }, 1, 1),
            },
            "a report of too many results" => new LinkFrame { Report = WorkerSignatures.Sign(worker.Key, market, many, 1, 1) },
            "a report of a result that is null" => new LinkFrame { Report = signed with { Report = report with { Results = [null!] } } },
            "a report of an old number" => new LinkFrame { Report = WorkerSignatures.Sign(worker.Key, market, report, 1, 0) },
            "an offer with a label that is null" => new LinkFrame { Offer = worker.Offer with { Labels = ["gpu", null!] } },
            "a call without a number" => new LinkFrame { Offer = worker.Offer },
            _ => new LinkFrame { Taken = new ReportTaken(1) },
        };

        await channel.Send(lie == "a call without a number" ? frame : frame with { Call = 1 }, Cancellation);
        var goodbye = (await channel.Receive(Cancellation)).Frame.Goodbye;

        Assert.Equal(reason, goodbye?.Reason);
        Assert.Empty(gateway.Market.Workers.Offers);
        Assert.Empty(gateway.Market.Workers.Reports);
    }

    [Fact]
    public async Task CallUnderTheNumberOfOneThatIsUnderWay_EndsTheLink()
    {
        await using var gateway = await GatewayFixture.Start();
        using var worker = new LinkedWorker(gateway);
        using var channel = await worker.Channel();

        await channel.Send(new LinkFrame { Call = 1, Poll = new WorkerPoll(worker.Id, 1, 1, 1) }, Cancellation);
        await channel.Send(new LinkFrame { Call = 1, Poll = new WorkerPoll(worker.Id, 1, 2, 1) }, Cancellation);

        Assert.Equal(LinkEnd.Malformed, (await channel.Receive(Cancellation)).Frame.Goodbye?.Reason);
    }

    [Fact]
    public async Task Heartbeat_IsAnswered()
    {
        await using var gateway = await GatewayFixture.Start();
        using var worker = new LinkedWorker(gateway);
        using var channel = await worker.Channel();

        await channel.Send(new LinkFrame { Heartbeat = new LinkHeartbeat(default) }, Cancellation);

        Assert.Equal(gateway.Time.GetUtcNow(), (await channel.Receive(Cancellation)).Frame.Heartbeat?.At);
    }

    [Fact]
    public async Task Heartbeat_TellsTheMarketHowFarLeasesAre_AndHearsWhichAreOver()
    {
        await using var gateway = await GatewayFixture.Start();
        using var worker = new LinkedWorker(gateway);
        var (own, over) = (new LeaseId(1, 1), new LeaseId(1, 2));
        gateway.Market.Workers.Leases[own] = worker.Id;
        await using var session = await worker.Session();

        var answer = await session.Heartbeat(
            [new LeaseBeat(own, LeaseStage.Running, 17), new LeaseBeat(over, LeaseStage.Waiting, 0)],
            Cancellation
        );

        Assert.Equal([over], answer);
        Assert.Equal(
            [(worker.Id, new LeaseProgress(own, 17, LeaseStage.Running)), (worker.Id, new LeaseProgress(over, 0, LeaseStage.Waiting))],
            gateway.Market.Workers.Progress
        );
    }

    [Fact]
    public async Task Heartbeat_IsAnswered_WhereTheMarketFails()
    {
        await using var gateway = await GatewayFixture.Start();
        using var worker = new LinkedWorker(gateway);
        gateway.Market.Workers.Fault = () => new InvalidOperationException("as if");
        await using var session = await worker.Session();

        Assert.Empty(await session.Heartbeat([new LeaseBeat(new LeaseId(1, 1), LeaseStage.Running, 17)], Cancellation));
    }

    [Theory]
    [InlineData(WorkerLimits.LeasesMax, false)]
    [InlineData(WorkerLimits.LeasesMax + 1, true)]
    public async Task HeartbeatOfMoreLeasesThanAWorkerMayHave_EndsTheLink(int count, bool ends)
    {
        await using var gateway = await GatewayFixture.Start();
        using var worker = new LinkedWorker(gateway);
        using var channel = await worker.Channel();
        var runs = Enumerable.Range(1, count).Select(number => new LeaseBeat(new LeaseId(1, number), LeaseStage.Running, 1)).ToArray();

        await channel.Send(new LinkFrame { Heartbeat = new LinkHeartbeat(default) { Runs = runs } }, Cancellation);
        var answer = (await channel.Receive(Cancellation)).Frame;

        Assert.Equal(ends ? LinkEnd.Malformed : null, answer.Goodbye?.Reason);
        Assert.Equal(ends ? null : count, answer.Heartbeat?.Over?.Count);
    }

    [Fact]
    public async Task OfferWithoutAnAccount_EndsTheLink_AndTheWorkerDoesNotComeBack()
    {
        await using var gateway = await GatewayFixture.Start();
        gateway.Market.Workers.Fault = () => new MarketException(ErrorCode.AccountNotFound, "Open it.");
        using var worker = new LinkedWorker(gateway);
        var link = worker.Link();
        var running = link.Run(Cancellation);

        await Assert.ThrowsAsync<MarketLinkException>(() => link.Offer(worker.Offer, Cancellation).AsTask());

        var ended = await Assert.ThrowsAsync<LinkEndedException>(() => running);
        Assert.Equal((LinkEnd.AccountNeeded, "Open it."), (ended.Reason, ended.Message));
    }

    [Fact]
    public async Task Goodbye_WithdrawsTheOffer()
    {
        await using var gateway = await GatewayFixture.Start();
        using var worker = new LinkedWorker(gateway);
        await using var session = await worker.Session();

        await session.Leave();

        Assert.Equal(worker.Id, await gateway.Market.Workers.Left.Task.WaitAsync(Cancellation));
    }

    /// <summary>The closing message of a WebSocket is not sealed: it may be any stranger's on the way.</summary>
    [Fact]
    public async Task ClosingMessage_WithdrawsNothing()
    {
        await using var gateway = await GatewayFixture.Start();
        using var worker = new LinkedWorker(gateway);
        var socket = await worker.Connect();
        using var ephemeral = LinkEphemeral.Make(RandomNumberGenerator.Create());
        await LinkHandshake.Connect(socket, worker.Key, gateway.Identity.PublicKey, ephemeral, Cancellation);
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "done: The worker is done.", Cancellation);

        // The gateway ends all links before it has stopped.
        await gateway.DisposeAsync();
        Assert.False(gateway.Market.Workers.Left.Task.IsCompleted);
    }

    private static Lease LeaseOf(int number, int inputBytes)
    {
        var id = new Bytes32([.. BitConverter.GetBytes(number), .. new byte[28]]);
        var spec = new JobSpec(
            Program: new ProgramId(default),
            EntryPoint: null,
            Arguments: [],
            Input: new byte[inputBytes],
            InputBlob: null,
            FuelMax: 1,
            MemoryPagesMax: 1,
            TimeMax: TimeSpan.FromSeconds(1),
            PriceMax: new TokenAmount(1),
            RetriesMax: 0,
            ExpiresAfter: TimeSpan.FromSeconds(1)
        );
        var ticket = new JobTicket(
            Job: new JobId(id),
            Account: new AccountId(default),
            Spec: spec,
            Module: new BlobId(default),
            UsesState: false,
            SubmittedAt: default,
            RequestId: "request"
        );
        return new Lease(new LeaseId(1, number), ticket, 1, null, DateTimeOffset.UnixEpoch);
    }
}
