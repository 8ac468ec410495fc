namespace Marketplace.Grains;

/// <summary>Bounds of submissions, each with its reason.</summary>
internal static class SubmissionPolicy
{
    /// <summary>Programs that one activation remembers; when it has so many it starts anew.</summary>
    public const int ProgramsCachedMax = 1024;

    /// <summary>
    /// How long it remembers a program. A program never changes but may be removed; jobs of a removed one may come in for this long.
    /// </summary>
    public static readonly TimeSpan ProgramCachedFor = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long it remembers the epoch: for so long after one is over, its committee's results still answer strangers' jobs. The market's
    /// own rounds notice an epoch no sooner.
    /// </summary>
    public static readonly TimeSpan EpochCachedFor = TimeSpan.FromSeconds(5);

    /// <summary>The shortest run: a program needs time to say that it has too little.</summary>
    public static readonly TimeSpan TimeMin = TimeSpan.FromMilliseconds(1);

    /// <summary>Attempts to hand a batch to the market before it is left to the jobs' own way into the queue.</summary>
    public const int EnqueueAttemptsMax = 3;
}
