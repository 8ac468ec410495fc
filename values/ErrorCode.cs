using System.Text.Json.Serialization;

namespace Marketplace;

/// <summary>
/// Why a request or a job was refused or failed: the closed list that HTTP problems, job views and the SDK share. The JSON form is
/// snake_case. Two situations never share a code.
/// </summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<ErrorCode>))]
public enum ErrorCode
{
    /// <summary>The body or a parameter is not of the expected form; the message says where.</summary>
    MalformedRequest = 0,

    /// <summary>A value is outside what is allowed; the message gives both.</summary>
    LimitExceeded = 1,

    /// <summary>The body is larger than allowed.</summary>
    BodyTooLarge = 2,

    /// <summary>A request header is not accepted: Host, Origin, Content-Encoding or Content-Type.</summary>
    HeaderRefused = 3,

    /// <summary>No key, an unknown one, a revoked one, or a wrong secret.</summary>
    Unauthenticated = 4,

    /// <summary>The key does not have the scope that the request needs.</summary>
    Forbidden = 5,

    /// <summary>More requests than allowed; try again after the time in Retry-After.</summary>
    RateLimited = 6,

    /// <summary>There is no such route or resource.</summary>
    NotFound = 7,

    /// <summary>No such job of this account.</summary>
    JobNotFound = 8,

    /// <summary>No such program.</summary>
    ProgramNotFound = 9,

    /// <summary>No such blob of this account.</summary>
    BlobNotFound = 10,

    /// <summary>No such account.</summary>
    AccountNotFound = 11,

    /// <summary>No such key of this account.</summary>
    KeyNotFound = 12,

    /// <summary>No such worker.</summary>
    WorkerNotFound = 13,

    /// <summary>The request id was used before with another spec.</summary>
    RequestIdReused = 14,

    /// <summary>The job has ended; it cannot be cancelled.</summary>
    JobEnded = 15,

    /// <summary>The job has no output: it has not ended, or did not complete.</summary>
    OutputNotAvailable = 16,

    /// <summary>The balance does not cover the price limit.</summary>
    InsufficientFunds = 17,

    /// <summary>The key's spend limit does not cover the price limit.</summary>
    SpendLimitReached = 18,

    /// <summary>The account has as many open jobs, or as many bytes in them, as allowed.</summary>
    TooManyOpenJobs = 19,

    /// <summary>The account has as many keys as allowed.</summary>
    TooManyKeys = 20,

    /// <summary>
    /// The module is malformed or invalid, or asks for an import that is not given; the message has reason and byte offset.
    /// </summary>
    InvalidModule = 21,

    /// <summary>The program has no such entry point.</summary>
    EntryPointNotFound = 22,

    /// <summary>The content does not hash to the id that it was sent under.</summary>
    BlobMismatch = 23,

    /// <summary>The stored bytes are damaged; 'market store check' tells more.</summary>
    BlobDamaged = 24,

    /// <summary>The requested range does not lie inside the blob.</summary>
    RangeNotSatisfiable = 25,

    /// <summary>The disk is filled to its floor: nothing new is stored.</summary>
    StorageFull = 26,

    /// <summary>The account's storage quota is used up.</summary>
    QuotaExceeded = 27,

    /// <summary>The program trapped.</summary>
    ProgramTrapped = 28,

    /// <summary>The program ended with a failure of its own: an exit code, or a broken calling convention.</summary>
    ProgramFailed = 29,

    /// <summary>The program used up its fuel.</summary>
    OutOfFuel = 30,

    /// <summary>The program asked for more memory than allowed.</summary>
    OutOfMemory = 31,

    /// <summary>The program ran longer than allowed.</summary>
    TimeExceeded = 32,

    /// <summary>The program gave more output than allowed.</summary>
    OutputTooLarge = 33,

    /// <summary>Every attempt failed on the workers' side.</summary>
    WorkerFailed = 34,

    /// <summary>The module or the input could not be fetched.</summary>
    InputUnavailable = 35,

    /// <summary>No worker took the job in time.</summary>
    NoWorker = 36,

    /// <summary>The client cancelled the job.</summary>
    CancelledByClient = 37,

    /// <summary>The root that was asked for is not kept: it never was that of the state, or the state has moved on from it.</summary>
    StateRootGone = 38,

    /// <summary>The service is starting, stopping or overloaded; the request had no effect, send it again.</summary>
    Unavailable = 39,

    /// <summary>The outcome is not known: send the request again with the same request id.</summary>
    OutcomeUnknown = 40,

    /// <summary>A fault of the service itself; the message has an id that its log has too.</summary>
    Internal = 41,

    /// <summary>The account's own jobs of the program have not ended, so it cannot be removed; the message says how many.</summary>
    ProgramInUse = 42,

    /// <summary>The price limit is below the least that any worker may ask for the job's fuel; the message has it.</summary>
    PriceTooLow = 43,

    /// <summary>The queue of all accounts is full: nothing was written, send it again later.</summary>
    QueueFull = 44,

    /// <summary>The state of the job's program could not be read, again and again.</summary>
    StateUnavailable = 45,

    /// <summary>No such lease of this worker: it was reported, is over, or belongs to another.</summary>
    LeaseNotFound = 46,

    /// <summary>The challenge is not this market's for this account, has expired, or was used; ask for another one.</summary>
    ChallengeRefused = 47,

    /// <summary>The signature is not that of the account's key over these words.</summary>
    SignatureRefused = 48,

    /// <summary>As many accounts were opened as allowed for now; try again later.</summary>
    TooManyAccounts = 49,

    /// <summary>The appeal names what was not counted, or is decided already; the message says which.</summary>
    AppealRefused = 50,

    /// <summary>No such stake of this account for the worker: it was never made, or was given back.</summary>
    StakeNotFound = 51,

    /// <summary>The job has no receipt: it has not ended, or ended before there were receipts.</summary>
    ReceiptNotFound = 52,

    /// <summary>The program has had state already, so none can be imported; or another import of it is under way.</summary>
    StateNotEmpty = 53,

    /// <summary>The job cannot be had with the assurance that it asks for; the message says why, and which can.</summary>
    AssuranceRefused = 54,

    /// <summary>The job has no dispute: no two workers that ran it gave different results.</summary>
    DisputeNotFound = 55,

    /// <summary>There is no such epoch of committees, its shares are collected still, or it is no longer kept.</summary>
    EpochNotFound = 56,

    /// <summary>No result of the job can be taken from an earlier one's receipt; the message says why.</summary>
    ReuseRefused = 57,

    /// <summary>No committee of the market has signed receipts with this root, or the market's ledger does not name it yet.</summary>
    BatchNotFound = 58,

    /// <summary>There is no such settlement, it is no longer kept, or the market settles nowhere.</summary>
    SettlementNotFound = 59,

    /// <summary>The job has ended and was dropped: the market keeps ended jobs for a time, which the message has.</summary>
    JobDropped = 60,
}
