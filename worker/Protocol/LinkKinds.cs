using Marketplace.Api.Workers;

namespace Marketplace.Worker.Protocol;

/// <summary>What a frame is.</summary>
public static class LinkKinds
{
    /// <summary>Needs no credit: without these two, and the last word, neither side could go on.</summary>
    public static bool IsFree(LinkFrame frame)
    {
        ArgumentNullException.ThrowIfNull(frame);
        return frame is { Credit: not null } or { Heartbeat: not null } or { Goodbye: not null };
    }

    /// <summary>Whether the frame is exactly one thing.</summary>
    public static bool HasOne(LinkFrame frame)
    {
        ArgumentNullException.ThrowIfNull(frame);
        ReadOnlySpan<object?> contents =
        [
            frame.Offer,
            frame.Poll,
            frame.Report,
            frame.Find,
            frame.Read,
            frame.List,
            frame.RootWith,
            frame.Vote,
            frame.Heartbeat,
            frame.Ready,
            frame.Welcome,
            frame.Orders,
            frame.Taken,
            frame.Found,
            frame.Value,
            frame.Keys,
            frame.Root,
            frame.Voted,
            frame.Refused,
            frame.Credit,
            frame.Goodbye,
        ];
        var count = 0;
        foreach (var content in contents)
        {
            count += content is null ? 0 : 1;
        }
        return count == 1;
    }
}
