namespace Marketplace.Worker.Protocol;

/// <summary>What both ends of a worker's connection keep to, each with its reason. PROTOCOL.md has the numbers.</summary>
public static class LinkPolicy
{
    /// <summary>The version of the protocol.</summary>
    public const int Version = 3;

    /// <summary>Versions that a hello may name: there will not be as many at a time.</summary>
    public const int VersionsMax = 16;

    /// <summary>A message of the handshake: two keys, a nonce and a signature in hexadecimal digits are a kilobyte.</summary>
    public const int HandshakeBytesMax = 4 * 1024;

    /// <summary>
    /// The JSON of one frame. The largest are a result with the most state changes and log, 1.6 MiB in base64, and a list of all keys of a
    /// full state, 2.7 MiB.
    /// </summary>
    public const int FrameBytesMax = 4 * 1024 * 1024;

    /// <summary>Frames that need credit and are under way in one direction: as many calls as a worker has open at a time.</summary>
    public const int WindowFrames = 64;

    /// <summary>Their bytes: two of the largest, so that the second travels while the first is worked on.</summary>
    public const int WindowBytes = 2 * FrameBytesMax;

    /// <summary>Credit is granted again when so much of the window was used: two messages a window are enough.</summary>
    public const int GrantPart = 2;

    /// <summary>Leases of one frame, in bytes of JSON, before the next one begins: a lease has at most a quarter of it.</summary>
    public const int OrdersPartBytes = 1024 * 1024;

    /// <summary>Results of one report: enough to share its write, few enough to keep the first one from waiting.</summary>
    public const int ReportResultsMax = 64;

    /// <summary>Heartbeats that may come at once after a pause.</summary>
    public const int HeartbeatsBurst = 8;

    /// <summary>The first piece of memory for a message, which grows with what comes.</summary>
    public const int MessagePieceBytes = 16 * 1024;

    /// <summary>The reason in a closing message of the WebSocket (RFC 6455, 5.5).</summary>
    public const int CloseReasonBytesMax = 123;

    /// <summary>How often each side says that it is alive.</summary>
    public static readonly TimeSpan HeartbeatPeriod = WorkerLimits.HeartbeatPeriod;

    /// <summary>The least time between two heartbeats, in the long run.</summary>
    public static readonly TimeSpan HeartbeatPeriodMin = TimeSpan.FromSeconds(1);

    /// <summary>A side that was not heard for so long is gone: six heartbeats.</summary>
    public static readonly TimeSpan SilenceMax = TimeSpan.FromSeconds(30);

    /// <summary>The time for the handshake: four messages.</summary>
    public static readonly TimeSpan HandshakeTimeMax = TimeSpan.FromSeconds(10);

    /// <summary>The time in which the other side takes one message.</summary>
    public static readonly TimeSpan SendTimeMax = TimeSpan.FromSeconds(30);

    /// <summary>The time for a goodbye and the closing messages of the WebSocket.</summary>
    public static readonly TimeSpan CloseTimeMax = TimeSpan.FromSeconds(2);

    /// <summary>
    /// How far the date of a request over HTTP may be from the market's time: its way, and a clock's drift since the handshake.
    /// </summary>
    public static readonly TimeSpan RequestAgeMax = TimeSpan.FromMinutes(2);
}
