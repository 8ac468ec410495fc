using Marketplace.Api;

namespace Marketplace.Gateway;

/// <summary>Bounds of the gateway that no operator needs to move, each with its reason.</summary>
internal static class GatewayPolicy
{
    /// <summary>One job: an inline input of 16 KiB whose every byte is escaped as \u0000, and its arguments, fit.</summary>
    public const int JobBodyBytesMax = 256 * 1024;

    /// <summary>A batch: 1,000 jobs with inline inputs of 16 KiB in base64 are 22 MiB.</summary>
    public const int BatchBodyBytesMax = 32 * 1024 * 1024;

    /// <summary>1,000 ids of 67 characters.</summary>
    public const int IdsBodyBytesMax = 128 * 1024;

    /// <summary>A program's or a key's description: ids, a name and some words.</summary>
    public const int SmallBodyBytesMax = 16 * 1024;

    /// <summary>The records of the API nest four deep; deeper JSON is an attack on the reader's stack.</summary>
    public const int JsonDepthMax = 8;

    /// <summary>The longest wait that one request may ask for: proxies on the way often end idle requests after a minute.</summary>
    public const int WaitSecondsMax = 60;

    /// <summary>Items of a page when the request does not say.</summary>
    public const int PageItemsDefault = 100;

    /// <summary>Items of a page.</summary>
    public const int PageItemsMax = Routes.PageItemsMax;

    /// <summary>Grain calls that one request of many ids has under way: enough to hide their latency, too few to fill a mailbox.</summary>
    public const int CallsPerRequestMax = 64;

    /// <inheritdoc cref="CallsPerRequestMax"/>
    public static ParallelOptions ManyCalls(CancellationToken cancellation) =>
        new() { MaxDegreeOfParallelism = CallsPerRequestMax, CancellationToken = cancellation };

    /// <summary>A cursor: a version, a time and an id.</summary>
    public const int CursorCharactersMax = 1024;

    /// <summary>Verified keys kept in memory.</summary>
    public const int KeysCachedMax = 10_000;

    /// <summary>Unused tickets of one account: an account that asks for more is not using them.</summary>
    public const int AccountTicketsMax = 100;

    /// <summary>Unused tickets in all.</summary>
    public const int TicketsMax = 10_000;

    /// <summary>What is copied at a time from the blob store to a connection: four groups of the verified tree.</summary>
    public const int CopyBytes = 64 * 1024;

    /// <summary>Request headers together: an API client sends well under one KiB.</summary>
    public const int HeaderBytesMax = 16 * 1024;

    public const int HeadersMax = 64;

    /// <summary>The request line: the longest route with a cursor.</summary>
    public const int RequestLineBytesMax = 4 * 1024;

    /// <summary>How long a key stays accepted that was revoked through another gateway.</summary>
    public static readonly TimeSpan KeyCached = TimeSpan.FromSeconds(5);

    /// <summary>How long a list waits for the read model: longer than a fold that has little to do, too short to be felt.</summary>
    public static readonly TimeSpan CatchUpMax = TimeSpan.FromMilliseconds(250);

    /// <summary>Time between asking for a ticket and using it.</summary>
    public static readonly TimeSpan TicketLife = TimeSpan.FromSeconds(30);

    /// <summary>How long a slow sender or reader is left alone before its rate is looked at.</summary>
    public static readonly TimeSpan RateGrace = TimeSpan.FromSeconds(5);
}
