using System.Text.Json.Serialization;

namespace Marketplace.Api.Workers;

/// <summary>
/// Why a worker's connection ended: the closed list that goodbyes and the closing message of the WebSocket share. Two situations never
/// share a reason.
/// </summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<LinkEnd>))]
public enum LinkEnd
{
    /// <summary>The worker drains and is done.</summary>
    Done = 0,

    /// <summary>The market's process stops; connect again.</summary>
    Stopping = 1,

    /// <summary>Another connection of the same key took its place.</summary>
    Replaced = 2,

    /// <summary>A message is not of the expected form.</summary>
    Malformed = 3,

    /// <summary>No common version of the protocol.</summary>
    VersionRefused = 4,

    /// <summary>The worker expects another market's key.</summary>
    OtherMarket = 5,

    /// <summary>The worker's signature does not prove its key.</summary>
    ProofRefused = 6,

    /// <summary>A frame was not sealed with the connection's key.</summary>
    BadSeal = 7,

    /// <summary>A frame was repeated, left out or came in another order.</summary>
    BadSequence = 8,

    /// <summary>A message is larger than allowed.</summary>
    TooLarge = 9,

    /// <summary>More was sent than the other side had granted.</summary>
    OverCredit = 10,

    /// <summary>Frames that need no credit came too often.</summary>
    TooOften = 11,

    /// <summary>A record names another worker than the connection's.</summary>
    ForeignWorker = 12,

    /// <summary>A report's signature does not fit its results.</summary>
    BadSignature = 13,

    /// <summary>Nothing was heard for too long.</summary>
    Silent = 14,

    /// <summary>What was sent was not read for too long.</summary>
    Slow = 15,

    /// <summary>As many connections as allowed, of this address or in all.</summary>
    TooManyConnections = 16,

    /// <summary>The market has no memory for the message now; connect again.</summary>
    Overloaded = 17,

    /// <summary>The worker's own account, or the one that earns, has not been opened.</summary>
    AccountNeeded = 18,

    /// <summary>The operator lets in only workers that are known, and this one is not.</summary>
    NotAdmitted = 19,
}
