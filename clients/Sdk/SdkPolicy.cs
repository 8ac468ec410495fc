namespace Marketplace;

/// <summary>Bounds of the client, each with its reason.</summary>
public static class SdkPolicy
{
    /// <summary>
    /// A JSON answer: 1,000 jobs with inline outputs of 16 KiB in base64 are 23 MB, and half as much again for their histories.
    /// </summary>
    public const long AnswerBytesMax = 64L * 1024 * 1024;

    /// <summary>A problem document: its text is one paragraph.</summary>
    public const long ProblemBytesMax = 64 * 1024;

    /// <summary>Response headers, in KiB: ours have less than one.</summary>
    public const int HeaderKilobytesMax = 32;

    /// <summary>An output or a log that is taken into memory as one array: the largest output that the market allows.</summary>
    public const long OutputBytesMax = JobLimits.OutputBytesMax;

    /// <summary>A page of a ledger: the service ends one when it has a mebibyte, with the record that it is in.</summary>
    public const long LedgerAnswerBytesMax = 2L * 1024 * 1024;

    /// <summary>A module that comes as a stream that cannot be read twice is taken into memory. The service allows less.</summary>
    public const long ModuleBytesMax = ProgramLimits.ModuleBytesMax;

    /// <summary>Bytes between two events: an event holds at most one inline output in base64.</summary>
    public const long EventBytesMax = 1024 * 1024;

    /// <summary>
    /// One piece of an upload or download: large enough for the hash to work at full width, small enough to be a pooled array.
    /// </summary>
    public const int PieceBytes = 128 * 1024;

    /// <summary>From this size on the service is asked before the body is sent, so that a refusal costs no upload.</summary>
    public const long AskFirstBytes = 1024 * 1024;

    /// <summary>Attempts after the first. With the delays below the last one starts about half a minute after the first.</summary>
    public const int RetriesMax = 20;

    /// <summary>Jobs of one <see cref="JobsClient.RunMany"/> that are open at a time, unless it says otherwise: one batch.</summary>
    public const int OpenJobs = Routes.BatchItemsMax;

    /// <summary>Jobs whose states are asked for at a time while many run: with inline outputs of 16 KiB, 2 MB.</summary>
    public const int AskedJobsMax = 100;

    /// <summary>How long one request waits for the oldest of many jobs, before the others are asked for too.</summary>
    public static readonly TimeSpan OldestJobWait = TimeSpan.FromSeconds(1);

    /// <summary>
    /// What a job may cost whose price limit is left out: a hundred times what all of the usual fuel costs with a silo's own worker at its
    /// usual price. A price that is a mistake or a trap is beyond it.
    /// </summary>
    public static readonly TokenAmount UnstatedPriceMax = new(10_000);

    /// <summary>A Retry-After beyond this is the caller's business: the error is given at once and names the time.</summary>
    public static readonly TimeSpan RetryAfterMax = TimeSpan.FromMinutes(1);

    /// <summary>An event stream on which not even a heartbeat came for so long is taken for dead.</summary>
    public static readonly TimeSpan EventSilenceMax = TimeSpan.FromSeconds(60);

    /// <summary>Open connections are renewed after this, so that a changed address of the service is noticed.</summary>
    public static readonly TimeSpan ConnectionLifetime = TimeSpan.FromMinutes(5);
}
