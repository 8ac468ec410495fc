using System.Text.Json;
using Marketplace.Api.Workers;

namespace Marketplace.Worker.Protocol;

/// <summary>A connection has ended, or has to: the other side broke a rule, left, or cannot be heard.</summary>
public sealed class LinkEndedException(LinkEnd reason, string message, Exception? cause = null) : Exception(message, cause)
{
    public LinkEnd Reason { get; } = reason;

    /// <summary>
    /// The other side said so under this connection's seal. A WebSocket's closing message alone may come from each point on the way.
    /// </summary>
    public bool IsSealed { get; init; }

    /// <summary>It is what a closing message says: the word of the other side, or of a stranger, and not this side's judgement.</summary>
    public bool IsClosing { get; init; }

    /// <summary>The reason as messages have it.</summary>
    public static string NameOf(LinkEnd reason) => JsonNamingPolicy.SnakeCaseLower.ConvertName(reason.ToString());

    /// <summary>The reason that a message has; null where it is none of the list.</summary>
    public static LinkEnd? Find(string? name)
    {
        foreach (var reason in Enum.GetValues<LinkEnd>())
        {
            if (NameOf(reason) == name)
            {
                return reason;
            }
        }
        return null;
    }
}
