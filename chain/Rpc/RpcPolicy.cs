namespace Marketplace.Chain;

/// <summary>Bounds of what is asked of nodes and taken from them, each with its reason.</summary>
public static class RpcPolicy
{
    /// <summary>An answer that is one number or hash, or an error with a text that is shown.</summary>
    public const int WordAnswerBytesMax = MessageReadMax + 1024;

    /// <summary>
    /// A header comes with the hashes of its transactions: 70 bytes each. A block of 60 million gas has at most 2,900; chains with larger
    /// blocks have ten times as many.
    /// </summary>
    public const int HeaderAnswerBytesMax = 3 * 1024 * 1024;

    /// <summary>
    /// A whole answer, also to a batch: <see cref="LogsMax"/> without data, each 900 bytes of JSON. So every receipt of Ethereum fits, as
    /// long as a stranger may have made it. One request takes twice as much memory while the answer grows.
    /// </summary>
    public const int AnswerBytesMax = 20 * 1024 * 1024;

    /// <summary>Data of a call, and what it returns: contracts that we call say a few kilobytes.</summary>
    public const int CallBytesMax = 512 * 1024;

    /// <summary>
    /// Code of a contract: ten times what <see href="https://eips.ethereum.org/EIPS/eip-170">EIP-170</see> allows, for later forks.
    /// </summary>
    public const int CodeBytesMax = 240 * 1024;

    /// <summary>Fees of <see cref="FeeBlocksMax"/> blocks with all percentiles: 11 numbers of at most 70 bytes each.</summary>
    public const int FeesAnswerBytesMax = 128 * 1024;

    /// <summary>Data of one log: 8 gas for a byte, of the 2^24 that <see cref="LogsMax"/> names.</summary>
    public const int LogBytesMax = 2 * 1024 * 1024;

    /// <summary>Extra data of a header: 32 bytes on Ethereum, signatures of all validators on chains with proof of authority.</summary>
    public const int ExtraDataBytesMax = 16 * 1024;

    /// <summary>JSON in JSON: an answer to a batch, its log, the log's topics are six levels.</summary>
    public const int DepthMax = 12;

    /// <summary>Names and values of an answer: 40 for each of <see cref="LogsMax"/> logs. Each takes 12 bytes when it is read.</summary>
    public const int ValuesMax = 900_000;

    /// <summary>
    /// Logs of one answer: a transaction has at most 2^24 gas (<see href="https://eips.ethereum.org/EIPS/eip-7825">EIP-7825</see>), and the
    /// smallest log with a topic takes 750. For logs of a range providers allow about half as many.
    /// </summary>
    public const int LogsMax = 22_500;

    /// <summary>Blocks of one question for logs: what large providers allow.</summary>
    public const int LogBlocksMax = 10_000;

    /// <summary>Addresses of a filter, and words for a topic.</summary>
    public const int FilterChoicesMax = 100;

    /// <summary>LOG0 to LOG4 of the EVM (yellow paper, appendix H).</summary>
    public const int TopicsMax = 4;

    /// <summary>
    /// Headers of one batch: providers allow 100 calls, and full blocks of Ethereum take half of <see cref="AnswerBytesMax"/> then.
    /// </summary>
    public const int HeadersMax = 60;

    /// <summary>Blocks of a fee history: what geth allows with percentiles is more.</summary>
    public const int FeeBlocksMax = 100;

    public const int FeePercentilesMax = 10;

    /// <summary>A node's words in a message or a log.</summary>
    public const int MessageCharsMax = 300;

    /// <summary>A longer text of a node is not shown at all.</summary>
    public const int MessageReadMax = 4096;

    /// <summary>Endpoints of a client: each is asked every question of a quorum.</summary>
    public const int EndpointsMax = 16;

    /// <summary>Attempts of a request, and rounds of a quorum. The last begins at most a minute after the first.</summary>
    public const int AttemptsMax = 4;

    /// <summary>Connections to one endpoint; further requests wait, within their time limit.</summary>
    public const int ConnectionsMax = 16;

    /// <summary>Response headers, in KiB: nodes and their proxies send less than two.</summary>
    public const int HeaderKilobytesMax = 16;

    /// <summary>How far an endpoint's head may be from the quorum's: three slots of Ethereum pass while a node imports a block.</summary>
    public const int HeadBlocksMax = 3;

    /// <summary>A connection that comes about later would time out before its answer.</summary>
    public static readonly TimeSpan ConnectTimeMax = TimeSpan.FromSeconds(5);

    /// <summary>After this a connection is made anew, so that changes of the name's addresses are seen.</summary>
    public static readonly TimeSpan ConnectionLifetime = TimeSpan.FromMinutes(5);

    /// <summary>The longest pause before an attempt; where no endpoint may be asked earlier, the request fails at once.</summary>
    public static readonly TimeSpan PauseMax = TimeSpan.FromSeconds(5);

    /// <summary>How long others may still answer after enough agreed, so that liars are seen without waiting for the slow.</summary>
    public static readonly TimeSpan StragglerTimeMax = TimeSpan.FromSeconds(1);

    /// <summary>Between two looks at the chain's number; also after every fault.</summary>
    public static readonly TimeSpan ChainCheckAge = TimeSpan.FromMinutes(10);

    /// <summary>An endpoint that failed is left alone for so long, each further time for twice as long.</summary>
    public static readonly TimeSpan FailureAside = TimeSpan.FromMilliseconds(500);

    /// <summary>The same for one that is rate-limited and does not say how long, or disagrees: a block's time.</summary>
    public static readonly TimeSpan LimitAside = TimeSpan.FromSeconds(12);

    /// <summary>The same for one that gave an answer that no honest node gives: an operator should look.</summary>
    public static readonly TimeSpan LieAside = TimeSpan.FromMinutes(5);

    /// <summary>The longest, whatever a node asks for: one that says "a year" is tried again today.</summary>
    public static readonly TimeSpan AsideMax = TimeSpan.FromMinutes(30);
}
