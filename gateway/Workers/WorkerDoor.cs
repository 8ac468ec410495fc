using System.Net;
using System.Net.WebSockets;
using System.Security.Cryptography;
using Marketplace.Api.Workers;
using Marketplace.Crypto;
using Marketplace.Receipts;
using Marketplace.Worker.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Marketplace.Gateway;

/// <summary>Lets workers in: a place, the handshake, and then the link until it ends.</summary>
internal sealed partial class WorkerDoor(
    WorkerLinks links,
    LinkCounts counts,
    WorkerMemory memory,
    WorkerCalls calls,
    MarketIdentity market,
    MarketDomain domain,
    WorkerAdmissions admissions,
    TimeProvider time,
    IHostApplicationLifetime lifetime,
    ILogger<WorkerDoor> log
)
{
    public async Task Open(HttpContext http)
    {
        if (!http.WebSockets.IsWebSocketRequest)
        {
            http.Response.Headers.Upgrade = "websocket";
            await ProblemFactory.Write(
                http,
                ErrorCode.MalformedRequest,
                GatewayMessages.WebSocketExpected,
                StatusCodes.Status426UpgradeRequired
            );
            return;
        }
        using var place = links.TryEnter(http.Connection.RemoteIpAddress);
        if (place is null)
        {
            counts.Count(LinkEnd.TooManyConnections);
            await ProblemFactory.Write(http, ErrorCode.RateLimited, GatewayMessages.TooManyWorkerLinks);
            return;
        }
        // Heartbeats tell who is alive; frames of the WebSocket itself are not sealed and prove nothing.
        using var socket = await http.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext { KeepAliveInterval = TimeSpan.Zero });
        await Serve(socket, http.Connection.RemoteIpAddress, http.RequestAborted);
    }

    private async Task Serve(WebSocket socket, IPAddress? address, CancellationToken aborted)
    {
        LinkEndedException ended;
        WorkerId? worker = null;
        try
        {
            var (keys, proved) = await Greet(socket, aborted);
            worker = proved;
            ended = await Run(proved, socket, keys, address, aborted);
        }
        catch (LinkEndedException refused)
        {
            ended = refused;
            await LinkClosing.Close(socket, refused.Reason, refused.Message, time);
        }
        // A worker that goes without a goodbye is one that is not heard any more, whatever reason it gives.
        counts.Count(ended.IsClosing ? LinkEnd.Silent : ended.Reason);
        LogEnded(worker, LinkEndedException.NameOf(ended.Reason), ended.Message);
    }

    private async Task<(LinkKeys Keys, WorkerId Worker)> Greet(WebSocket socket, CancellationToken aborted)
    {
        using var late = new CancellationTokenSource(LinkPolicy.HandshakeTimeMax, time);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(late.Token, aborted, lifetime.ApplicationStopping);
        using var random = RandomNumberGenerator.Create();
        using var ephemeral = LinkEphemeral.Make(random);
        try
        {
            return await LinkHandshake.Accept(socket, market, ephemeral, over.Token);
        }
        catch (OperationCanceledException)
        {
            throw lifetime.ApplicationStopping.IsCancellationRequested
                ? new LinkEndedException(LinkEnd.Stopping, GatewayMessages.LinkStops)
                : new LinkEndedException(LinkEnd.Silent, $"The handshake was not done within {LinkPolicy.HandshakeTimeMax}.");
        }
    }

    private async Task<LinkEndedException> Run(
        WorkerId worker,
        WebSocket socket,
        LinkKeys keys,
        IPAddress? address,
        CancellationToken aborted
    )
    {
        // Frames that ended the link were never done with: what they hold is given back with the share.
        using var share = memory.ForOne();
        using var channel = LinkChannel.OfMarket(socket, keys, share, time);
        if (await Turned(worker, channel, address, aborted) is { } turned)
        {
            // Under the seal: a worker believes it.
            await channel.Close(turned.Reason, turned.Message);
            return turned;
        }
        using var link = new WorkerLink(worker, channel, share, calls, domain, time);
        links.Join(link)?.End(LinkEnd.Replaced, GatewayMessages.LinkReplaced);
        await using var stopping = lifetime.ApplicationStopping.Register(() => link.End(LinkEnd.Stopping, GatewayMessages.LinkStops));
        try
        {
            return await link.Run();
        }
        finally
        {
            // A newer connection of the worker goes on.
            if (links.Leave(link) && link.HasLeft)
            {
                await calls.Leave(worker);
            }
        }
    }

    /// <returns>Why a worker is turned away that has proved its key; null: it is let in.</returns>
    private async Task<LinkEndedException?> Turned(WorkerId worker, LinkChannel channel, IPAddress? address, CancellationToken aborted)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(aborted, lifetime.ApplicationStopping);
        try
        {
            var entry = await admissions.Find(worker, over.Token);
            if (entry.IsOpen)
            {
                return null;
            }
            if (entry.Refusal is { } refusal)
            {
                return new LinkEndedException(LinkEnd.NotAdmitted, refusal);
            }
            var ready = WorkerLink.ReadyOf(domain, time);
            var offer = await WorkerPetition.Hear(worker, channel, ready, () => calls.IsForgotten(worker), time, over.Token);
            return new LinkEndedException(LinkEnd.NotAdmitted, await admissions.Ask(offer, address, over.Token));
        }
        catch (LinkEndedException ended)
        {
            return ended;
        }
        catch (OperationCanceledException)
        {
            return lifetime.ApplicationStopping.IsCancellationRequested
                ? new LinkEndedException(LinkEnd.Stopping, GatewayMessages.LinkStops)
                : new LinkEndedException(LinkEnd.Silent, "The connection is lost before the worker was let in.");
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "The link of worker {Worker} ended: {Reason}. {Message}")]
    private partial void LogEnded(WorkerId? worker, string reason, string message);
}
