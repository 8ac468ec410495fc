using Marketplace.Receipts;
using Marketplace.Worker.Protocol;

namespace Marketplace.Gateway;

/// <summary>Bounds of the gateway that no operator needs to move, each with its reason.</summary>
internal static class GatewayPolicy
{
    /// <summary>One job: an inline input of 16 KiB whose every byte is escaped as \u0000, and its arguments, fit.</summary>
    public const int JobBodyBytesMax = 256 * 1024;

    /// <summary>A batch: 1,000 jobs with inline inputs of 16 KiB in base64 are 22 MiB.</summary>
    public const int BatchBodyBytesMax = 32 * 1024 * 1024;

    /// <summary>
    /// A batch of the largest size and its answer must fit into the memory for bodies and answers, of which answers have a part.
    /// </summary>
    public const int MemoryBytesMin = BatchBodyBytesMax + BatchAnswerBytes;

    /// <summary>
    /// What is charged at a time for a body whose length was not told: little enough that many small ones fit at once, and a batch of the
    /// largest size asks 512 times.
    /// </summary>
    public const int BodyPieceBytes = 64 * 1024;

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

    /// <summary>A cursor: a version, a time and an id.</summary>
    public const int CursorCharactersMax = 1024;

    /// <summary>How long a worker that is not let in may take to say what it offers: it does so first of all.</summary>
    public static readonly TimeSpan PetitionTimeMax = LinkPolicy.HandshakeTimeMax;

    /// <summary>Frames that are heard of a worker that is not let in: heartbeats, and a poll of one that worked here before.</summary>
    public const int PetitionFramesMax = 16;

    /// <summary>
    /// How often a silo asks which workers are refused: so long one stays connected that is refused at another silo of the cluster.
    /// </summary>
    public static readonly TimeSpan AdmissionLook = TimeSpan.FromSeconds(10);

    /// <summary>What one worker's link may hold of the memory for messages: its window both ways.</summary>
    public const int LinkMemoryBytesMax = 2 * LinkPolicy.WindowBytes;

    /// <summary>A moment (RFC 3339): 2026-07-31T12:00:00.0000000+00:00 and a little more.</summary>
    public const int MomentCharactersMax = 35;

    /// <summary>Verified keys kept in memory.</summary>
    public const int KeysCachedMax = 10_000;

    /// <summary>Unused tickets of one account: an account that asks for more is not using them.</summary>
    public const int AccountTicketsMax = 100;

    /// <summary>Unused tickets in all.</summary>
    public const int TicketsMax = 10_000;

    /// <summary>Bytes of a long answer or an event stream gathered before they are sent, while more are at hand.</summary>
    public const int GatherBytes = 32 * 1024;

    /// <summary>
    /// Jobs of one answer that are made at a time: enough to hide the latency of their grains, few enough that a reader who stops reading
    /// holds little.
    /// </summary>
    public const int JobsPerGroup = 8;

    /// <summary>
    /// A group of jobs, each at most 85 KiB (an output of 16 KiB, the names of 64 files, 64 steps with their notes), and the connection's
    /// own buffer.
    /// </summary>
    public const int JobsAnswerBytes = 768 * 1024;

    /// <summary>Programs of one answer that are made at a time: a program may have 256 entry points, whose names are 64 KiB.</summary>
    public const int ProgramsPerGroup = 4;

    /// <summary>A group of programs with all their names, and the connection's own buffer.</summary>
    public const int ProgramsAnswerBytes = 4 * 1024 * 1024;

    /// <summary>A chunk, a largest value with its proof, or a page of keys: as bytes, and as base64 or digits and text.</summary>
    public const int StateAnswerBytes = 4 * 1024 * 1024;

    /// <summary>A page of disputes, each with the ids of up to a hundred workers, twice.</summary>
    public const int DisputesAnswerBytes = 16 * 1024 * 1024;

    /// <summary>The largest file of a dispute, as its grain gives it and as it is sent.</summary>
    public const int DisputeAnswerBytes = 2 * DisputeFile.BytesMax;

    /// <summary>A page of records, of a mebibyte and the record in which that ends, as lines and in one piece.</summary>
    public const int LedgerAnswerBytes = 4 * 1024 * 1024;

    /// <summary>A chunk of the largest size in base64.</summary>
    public const int StateChunkBodyBytesMax = 3 * 1024 * 1024;

    /// <summary>One row of a list and the item that is made of it: ids, a request id or a name, some numbers.</summary>
    public const int RowBytes = 2 * 1024;

    /// <summary>The results of 1,000 jobs, each refused with half a KiB of words.</summary>
    public const int BatchAnswerBytes = 1024 * 1024;

    /// <summary>Answers may have one half of the memory: readers who do not read must not keep others from submitting.</summary>
    public const int AnswersPart = 2;

    /// <summary>One account may have one half of the memory for its bodies and answers: eight batches of the largest size.</summary>
    public const int AccountMemoryPart = 2;

    /// <summary>The answers of one account may have one eighth of the memory: eighty readers of many jobs who do not read.</summary>
    public const int AccountAnswersPart = 8;

    /// <summary>
    /// What each event stream may buffer however much the others do: the largest event with its output and files fits.
    /// </summary>
    public const int EventStreamBytesMin = 64 * 1024;

    /// <summary>What an event in a buffer takes beside its output and its names.</summary>
    public const int EventBytes = 256;

    /// <summary>What an event of the market's news takes in a buffer: its names and its record are shared with others.</summary>
    public const int NewsEventBytes = 512;

    /// <summary>
    /// Events of the market's news that are kept for readers whose connections broke: some megabytes, and half a minute of a market that is
    /// busy with hundreds of jobs a second.
    /// </summary>
    public const int NewsKeptMax = 16_384;

    /// <summary>
    /// How long the market is listened to after the last reader of a stream has left, so that one whose connection broke misses nothing:
    /// clients come again within seconds.
    /// </summary>
    public static readonly TimeSpan NewsKeptFor = TimeSpan.FromSeconds(30);

    /// <summary>The longest text that a filter of events is compared with: the names of classes are shorter.</summary>
    public const int FilterCharactersMax = 256;

    /// <summary>What a file's entry in an event takes beside its name.</summary>
    public const int EventFileBytes = 64;

    /// <summary>
    /// What the system holds of a connection that has not been sent yet: two pieces, so that it never waits for us. Its own measure is
    /// megabytes for a reader on a fast network, which no budget of ours counts. This does not bound what is under way to the reader, so it
    /// does not slow a fast reader.
    /// </summary>
    public const int UnsentBytesMax = 128 * 1024;

    /// <summary>
    /// What is read from a connection at a time: requests with their headers fit, and uploads take a quarter of the system's calls that
    /// they take with 4 KiB. A connection that is slow with its headers holds one.
    /// </summary>
    public const int ConnectionBufferBytes = 16 * 1024;

    /// <summary>Buffers without use that are kept for the next bytes: 8 MiB, which eight uploads have under way.</summary>
    public const int FreeBuffersMax = 512;

    /// <summary>What is copied at a time from the blob store to a connection: four groups of the verified tree.</summary>
    public const int CopyBytes = 64 * 1024;

    /// <summary>Request headers together: an API client sends well under one KiB.</summary>
    public const int HeaderBytesMax = 16 * 1024;

    public const int HeadersMax = 64;

    /// <summary>The request line: the longest route with a cursor.</summary>
    public const int RequestLineBytesMax = 4 * 1024;

    /// <summary>
    /// The pause before a job is asked again that could not hold a wait: a thousand such waits of an account are a thousand short calls a
    /// second.
    /// </summary>
    public static readonly TimeSpan WaitAgainAfter = TimeSpan.FromSeconds(1);

    /// <summary>How long a key stays accepted that was revoked through another gateway.</summary>
    public static readonly TimeSpan KeyCached = TimeSpan.FromSeconds(5);

    /// <summary>How long a list waits for the read model: longer than a fold that has little to do, too short to be felt.</summary>
    public static readonly TimeSpan CatchUpMax = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// How long a long answer may be read: 25 MB at 85 KB a second. A reader who is slower asks for fewer jobs at a time.
    /// </summary>
    public static readonly TimeSpan LongAnswerTimeMax = TimeSpan.FromMinutes(5);

    /// <summary>
    /// How long a group of a long answer keeps others from their turn: many times what a market that is well needs for one.
    /// </summary>
    public static readonly TimeSpan AnswerTurnMax = TimeSpan.FromMilliseconds(250);

    /// <summary>Time between asking for a ticket of an event stream and using it.</summary>
    public static readonly TimeSpan TicketLife = TimeSpan.FromSeconds(30);

    /// <summary>Time between asking for a link that signs in and using it: a person reads it in a terminal and opens a browser.</summary>
    public static readonly TimeSpan SignInTicketLife = TimeSpan.FromMinutes(10);

    /// <summary>
    /// The least time between two lines of the log that count refused links of workers: an attack is worth a line, not a log.
    /// </summary>
    public static readonly TimeSpan LinkCountsPeriod = TimeSpan.FromMinutes(1);

    /// <summary>How long a slow sender or reader is left alone before its rate is looked at.</summary>
    public static readonly TimeSpan RateGrace = TimeSpan.FromSeconds(5);
}
