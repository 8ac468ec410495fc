using System.Net.WebSockets;
using Marketplace.Api.Workers;

namespace Marketplace.Worker.Protocol;

/// <summary>The end of a connection as the WebSocket's closing message says it: a reason of the list, a colon, a sentence.</summary>
public static class LinkClosing
{
    /// <summary>Says why and closes. What does not arrive in time is dropped with the connection.</summary>
    public static async Task Close(WebSocket socket, LinkEnd reason, string message, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(socket);
        ArgumentNullException.ThrowIfNull(time);
        using var deadline = new CancellationTokenSource(LinkPolicy.CloseTimeMax, time);
        try
        {
            if (socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
            {
                var status =
                    reason is LinkEnd.Done ? WebSocketCloseStatus.NormalClosure
                    : reason is LinkEnd.Stopping ? WebSocketCloseStatus.EndpointUnavailable
                    : WebSocketCloseStatus.PolicyViolation;
                await socket.CloseOutputAsync(status, Cut($"{LinkEndedException.NameOf(reason)}: {message}"), deadline.Token);
                await DrainToClose(socket, deadline.Token);
            }
        }
        catch (Exception lost) when (lost is WebSocketException or IOException or OperationCanceledException or InvalidOperationException)
        {
            // The other side is gone, or does not read: there is nobody to tell.
        }
        socket.Abort();
    }

    /// <summary>What the other side's closing message says.</summary>
    internal static LinkEndedException Of(WebSocket socket)
    {
        var text = socket.CloseStatusDescription ?? "";
        var colon = text.IndexOf(": ", StringComparison.Ordinal);
        var reason = colon > 0 ? LinkEndedException.Find(text[..colon]) : null;
        return new LinkEndedException(reason ?? LinkEnd.Stopping, colon > 0 ? text[(colon + 2)..] : "The other side closed the connection.")
        {
            IsClosing = true,
        };
    }

    /// <summary>A closing message that is answered at once is read; a socket that is cut before it may never deliver it.</summary>
    private static async Task DrainToClose(WebSocket socket, CancellationToken cancellation)
    {
        var scratch = new byte[1024];
        while (socket.State == WebSocketState.CloseSent)
        {
            await socket.ReceiveAsync(scratch.AsMemory(), cancellation);
        }
    }

    /// <summary>The texts are ASCII, apart from what a guest or a stranger may have put into a message.</summary>
    private static string Cut(string text)
    {
        var ascii = new string([.. text.Select(letter => char.IsAscii(letter) && !char.IsControl(letter) ? letter : '?')]);
        return ascii.Length <= LinkPolicy.CloseReasonBytesMax ? ascii : ascii[..LinkPolicy.CloseReasonBytesMax];
    }
}
