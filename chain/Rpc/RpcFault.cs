namespace Marketplace.Chain;

/// <summary>Why an answer was not taken. Closed list; two situations never share a member.</summary>
public enum RpcFault
{
    /// <summary>No connection came about, or it broke before the answer was complete.</summary>
    Unreachable,

    /// <summary>The answer was not complete within the time limit.</summary>
    TimedOut,

    /// <summary>HTTP 429, or the same as a JSON-RPC error.</summary>
    RateLimited,

    /// <summary>Another HTTP status than 200.</summary>
    HttpStatus,

    /// <summary>The answer sends the client elsewhere, or comes from elsewhere.</summary>
    Redirected,

    /// <summary>The body is encoded, although the request did not allow it.</summary>
    Encoded,

    /// <summary>The body is not JSON, says that it is not, or names a member twice.</summary>
    NotJson,

    /// <summary>The body has more bytes than is read. Logs of fewer blocks may fit.</summary>
    TooLarge,

    /// <summary>Values are nested deeper than in any answer.</summary>
    TooDeep,

    /// <summary>The body has more values or logs than are read. Logs of fewer blocks may fit.</summary>
    TooManyValues,

    /// <summary>The JSON is no answer of JSON-RPC 2.0.</summary>
    NoAnswer,

    /// <summary>An answer is to a call that was not in the request.</summary>
    ForeignId,

    /// <summary>Two answers are to one call.</summary>
    DoubledId,

    /// <summary>A call of the request has no answer.</summary>
    MissingId,

    /// <summary>An error has no code or no message, or its data is of another form.</summary>
    MalformedError,

    /// <summary>A value has not the one form that the API gives it, or is missing.</summary>
    MalformedValue,

    /// <summary>The node follows another chain.</summary>
    WrongChain,

    /// <summary>The node has no head, as while it starts.</summary>
    NoHead,

    /// <summary>The block is another than the one asked for.</summary>
    WrongBlock,

    /// <summary>The header's hash is not the hash of its fields.</summary>
    WrongHeaderHash,

    /// <summary>The header's hash cannot be computed: it has fields that this version does not know.</summary>
    UnknownHeaderFields,

    /// <summary>Consecutive headers do not name each other: the node invents them, or the chain was reorganised meanwhile.</summary>
    BrokenHeaders,

    /// <summary>The receipt is another transaction's, or contradicts itself.</summary>
    WrongReceipt,

    /// <summary>A log does not match the filter, stands out of order, or was removed.</summary>
    WrongLog,

    /// <summary>The fee history is of other blocks, or contradicts itself.</summary>
    WrongFees,

    /// <summary>The node took the transaction under another hash.</summary>
    WrongTransaction,

    /// <summary>The node answered with a JSON-RPC error.</summary>
    NodeError,

    /// <summary>The contract reverted.</summary>
    Reverted,

    /// <summary>The node says something else than enough others.</summary>
    Disagrees,

    /// <summary>The node has not yet what enough others have.</summary>
    Behind,

    /// <summary>The node claims blocks far beyond those of the others.</summary>
    Ahead,

    /// <summary>Too few nodes say the same.</summary>
    NoAgreement,

    /// <summary>No endpoint was asked: all failed a short while ago and are left alone for now.</summary>
    PutAside,
}
