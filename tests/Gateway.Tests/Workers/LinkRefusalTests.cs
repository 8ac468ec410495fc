using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Net.WebSockets;
using Marketplace.Api.Workers;
using Marketplace.Gateway;
using Marketplace.Worker.Protocol;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Marketplace.Tests.Gateway;

/// <summary>What a link leaves behind that the gateway has ended: no memory, and a count for the operator.</summary>
public sealed class LinkRefusalTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<LinkEnd> Ends => [LinkEnd.ForeignWorker, LinkEnd.Malformed, LinkEnd.Done];

    /// <summary>Its frame was taken in and never done with; thousands of such links must not use up what all links share.</summary>
    [Theory, MemberData(nameof(Ends))]
    public async Task FrameThatEndsItsLink_HoldsNoMemoryAfterIt(LinkEnd end)
    {
        var gateway = await GatewayFixture.Start();
        var memory = gateway.Services.GetRequiredService<WorkerMemory>();
        using var worker = new LinkedWorker(gateway);
        await EndLink(worker, end);

        // The gateway ends all links before it has stopped.
        await gateway.DisposeAsync();

        Assert.Equal(0, memory.Held);
    }

    /// <summary>Else a thousand keys that cost nothing could keep the workers' reports out.</summary>
    [Fact]
    public async Task Strangers_HaveHalfOfTheMemory_AndKnownWorkersTheRest()
    {
        await using var gateway = await GatewayFixture.Start();
        var memory = gateway.Services.GetRequiredService<WorkerMemory>();
        var strangers = Fill(memory);
        var most = new GatewayOptions().WorkerMemoryBytesMax;
        Assert.Equal(most / 2, memory.Held);

        using var worker = memory.ForOne();
        Assert.False(worker.TryTake(1));
        worker.Know();
        Assert.True(worker.TryTake(GatewayPolicy.LinkMemoryBytesMax));
        strangers[0].Know();
        strangers[1].Dispose();
        using var late = memory.ForOne();
        Assert.True(late.TryTake(GatewayPolicy.LinkMemoryBytesMax));
        Assert.True(strangers[2].TryTake(0));
        strangers.ForEach(share => share.Dispose());
        worker.Return(GatewayPolicy.LinkMemoryBytesMax);
        late.Return(GatewayPolicy.LinkMemoryBytesMax);
        Assert.Equal(0, memory.Held);
        using var after = memory.ForOne();
        Assert.True(after.TryTake(GatewayPolicy.LinkMemoryBytesMax));
    }

    [Fact]
    public async Task LinkOfAWorkerWhoseOfferIsTaken_IsKnown()
    {
        await using var gateway = await GatewayFixture.Start();
        var memory = gateway.Services.GetRequiredService<WorkerMemory>();
        using var worker = new LinkedWorker(gateway);
        await using var session = await worker.Session();
        Assert.NotNull((await session.Call(new LinkFrame { Offer = worker.Offer }, Cancellation)).Welcome);
        var strangers = Fill(memory);
        var find = new FindBlobCall(worker.Call(new LeaseId(1, 1)), new BlobId(default));

        Assert.NotNull((await session.Call(new LinkFrame { Find = find }, Cancellation)).Refused);
        using var stranger = new LinkedWorker(gateway, seed: 0x58);
        Assert.Equal(LinkEnd.Overloaded, (await Assert.ThrowsAsync<LinkEndedException>(stranger.Session)).Reason);
        strangers.ForEach(share => share.Dispose());
        await session.Leave();
    }

    /// <summary>All that links of strangers may have is taken.</summary>
    private static List<WorkerMemory.Share> Fill(WorkerMemory memory)
    {
        var strangers = new List<WorkerMemory.Share>();
        for (var bytes = GatewayPolicy.LinkMemoryBytesMax; bytes > 0; bytes /= 2)
        {
            for (var share = memory.ForOne(); share.TryTake(bytes); share = memory.ForOne())
            {
                strangers.Add(share);
            }
        }
        return strangers;
    }

    [Fact]
    public async Task RefusedLinksAndCalls_AreMetrics()
    {
        var gateway = await GatewayFixture.Start();
        var seen = new ConcurrentQueue<string>();
        using var listener = Listen(gateway.Services.GetRequiredService<IMeterFactory>(), seen);
        using var worker = new LinkedWorker(gateway);
        await using (var session = await worker.Session())
        {
            var find = new FindBlobCall(worker.Call(new LeaseId(1, 1)), new BlobId(default));
            Assert.NotNull((await session.Call(new LinkFrame { Find = find }, Cancellation)).Refused);
            await session.Leave();
        }
        await EndLink(worker, LinkEnd.ForeignWorker);

        await gateway.DisposeAsync();

        Assert.Equal(
            [
                $"{MarketMetrics.CallsRefused.Name} code=lease_not_found 1",
                $"{MarketMetrics.LinksEnded.Name} reason=done 1",
                $"{MarketMetrics.LinksEnded.Name} reason=foreign_worker 1",
            ],
            seen
        );
    }

    /// <summary>Else a stranger could make an operator's counts say what it likes.</summary>
    [Fact]
    public async Task WorkerThatClosesWithAReason_IsCountedAsSilent()
    {
        var gateway = await GatewayFixture.Start();
        var seen = new ConcurrentQueue<string>();
        using var listener = Listen(gateway.Services.GetRequiredService<IMeterFactory>(), seen);
        using var worker = new LinkedWorker(gateway);
        using var socket = await worker.Connect();
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "overloaded: says a stranger", Cancellation);

        await gateway.DisposeAsync();

        Assert.Equal([$"{MarketMetrics.LinksEnded.Name} reason=silent 1"], seen);
    }

    [Fact]
    public void Refusals_AreOneLineAMinute_AndTheRestAtTheEnd()
    {
        var (log, time) = (new LogLines<LinkCounts>(), new ManualTime());
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        using (var counts = new LinkCounts(services.GetRequiredService<IMeterFactory>(), time, log))
        {
            counts.Count(LinkEnd.Done);
            Assert.Empty(log.Written);
            counts.Count(LinkEnd.BadSeal);
            counts.Count(LinkEnd.BadSeal);
            counts.Count(ErrorCode.LeaseNotFound);
            Assert.EndsWith("ended: bad_seal 1, done 1; calls of workers were refused: none.", Assert.Single(log.Written));
            time.Advance(GatewayPolicy.LinkCountsPeriod);
            counts.Count(LinkEnd.Malformed);
            Assert.EndsWith("ended: bad_seal 1, malformed 1; calls of workers were refused: lease_not_found 1.", log.Written[^1]);
            counts.Count(LinkEnd.TooLarge);
        }

        Assert.Equal(3, log.Written.Count);
        Assert.EndsWith("ended: too_large 1; calls of workers were refused: none.", log.Written[^1]);
    }

    /// <summary>What instruments of one factory count: other tests count as well.</summary>
    private static MeterListener Listen(IMeterFactory scope, ConcurrentQueue<string> seen)
    {
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listening) =>
            {
                if (instrument.Meter.Scope == scope && instrument.Meter.Name == MarketMetrics.MeterName)
                {
                    listening.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>(
            (instrument, value, tags, _) => seen.Enqueue($"{instrument.Name} {tags[0].Key}={tags[0].Value} {value}")
        );
        listener.Start();
        return listener;
    }

    private static async Task EndLink(LinkedWorker worker, LinkEnd end)
    {
        using var channel = await worker.Channel();
        var frame = end switch
        {
            LinkEnd.ForeignWorker => new LinkFrame { Call = 1, Offer = worker.Offer with { Worker = new WorkerId(default) } },
            LinkEnd.Malformed => new LinkFrame { Call = 1, Taken = new ReportTaken(1) },
            _ => new LinkFrame { Goodbye = new LinkGoodbye(LinkEnd.Done, "") },
        };
        await channel.Send(frame, Cancellation);
        Assert.Equal(end, (await channel.Receive(Cancellation)).Frame.Goodbye?.Reason);
    }
}
