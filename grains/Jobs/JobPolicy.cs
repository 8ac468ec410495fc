namespace Marketplace.Grains;

/// <summary>Bounds of one job's grain, each with its reason.</summary>
internal static class JobPolicy
{
    /// <summary>
    /// Calls that wait for one job. Further calls are answered at once with the present state, so that waiting calls cannot pile up.
    /// </summary>
    public const int WaitersMax = 64;

    /// <summary>
    /// What setting up a run counts as, in fuel for each byte of its module: fetching, decoding and compiling a module that a worker does
    /// not know takes a tenth of a microsecond of a core for each byte, and a core uses about a thousand fuel in a microsecond.
    /// </summary>
    public const int SetUpFuelPerModuleByte = 100;

    /// <summary>Why a job ended, for people: guests and workers choose the text, so it is cut.</summary>
    public const int ReasonCharsMax = 1000;

    /// <summary>A note in the history.</summary>
    public const int NoteCharsMax = 200;

    /// <summary>Steps of a history: a first run and ten retries with two steps each, and the two ends.</summary>
    public const int HistoryEventsMax = 64;

    /// <summary>Offers in a stored explanation: it is part of the terminal write.</summary>
    public const int ExplanationOffersMax = 8;

    /// <summary>
    /// A job is not created on a hold older than this. Far below <see cref="AccountPolicy.HoldOrphanAge"/>, after which the account
    /// releases the hold of a job that does not exist. The clocks of two machines may differ by the distance between the two.
    /// </summary>
    public static readonly TimeSpan HoldAgeMax = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Attempts to take a cancelled job out of the market. The market may be moving; the attempt after a failure finds its new place. A
    /// market that does not hear of the cancellation runs the job once for nothing.
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
    /// If a pending job is submitted again or explained this long after its submission, it offers itself to the market again, in case the
    /// market has lost it.
    /// </summary>
    public static readonly TimeSpan EnqueueAgainAfter = TimeSpan.FromSeconds(30);

    public static string? Cut(string? text, int charsMax) =>
        text is null || text.Length <= charsMax ? text : string.Concat(text.AsSpan(0, charsMax - 1), "…");
}
