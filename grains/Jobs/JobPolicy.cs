namespace Marketplace.Grains;

/// <summary>Bounds of one job's grain, each with its reason.</summary>
internal static class JobPolicy
{
    /// <summary>
    /// Calls that wait for one job: more answer at once with the present state, so that a job is no store of waiting calls.
    /// </summary>
    public const int WaitersMax = 64;

    /// <summary>Why a job ended, for people: guests and workers choose the text, so it is cut.</summary>
    public const int ReasonCharsMax = 1000;

    /// <summary>A note in the history.</summary>
    public const int NoteCharsMax = 200;

    /// <summary>Steps of a history: a first run and ten retries with two steps each, and the two ends.</summary>
    public const int HistoryEventsMax = 64;

    /// <summary>Offers in a stored explanation: it is part of the terminal write.</summary>
    public const int ExplanationOffersMax = 8;

    /// <summary>
    /// A job is not created on a hold older than this. Far below <see cref="AccountPolicy.HoldOrphanAge"/>, after which the account gives
    /// the money of a job that does not exist back; the distance is what clocks of two machines may differ by.
    /// </summary>
    public static readonly TimeSpan HoldAgeMax = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Attempts to take a cancelled job out of the market, which may be moving: the one after a failure finds it where it is now. A market
    /// that does not hear of it runs the job for nothing, once.
    /// </summary>
    public const int WithdrawAttemptsMax = 3;

    /// <summary>
    /// What open jobs of one process may take in its memory, activations included: about what the store keeps of writes that are not
    /// folded.
    /// </summary>
    public const long ResidentBytesMax = 256L * 1024 * 1024;

    /// <summary>An activation with its job, apart from what <see cref="JobSizes"/> counts.</summary>
    public const int ActivationBytes = 2048;

    /// <summary>
    /// A pending job that is submitted again or explained this long after its submission offers itself to the market again, in case the
    /// market lost it.
    /// </summary>
    public static readonly TimeSpan EnqueueAgainAfter = TimeSpan.FromSeconds(30);

    public static string? Cut(string? text, int charsMax) =>
        text is null || text.Length <= charsMax ? text : string.Concat(text.AsSpan(0, charsMax - 1), "…");
}
