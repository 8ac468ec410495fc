using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>How reputations are counted, and their bounds, each with its reason.</summary>
internal static class ReputationPolicy
{
    /// <summary>What a newcomer's score is: below that of all who keep to what they agree, above what excludes.</summary>
    public const int NewcomerScore = 700;

    /// <summary>
    /// So many outcomes weigh as much as the newcomer's score: with fewer, nothing much is known. A level that a few first faults give is
    /// left with as few jobs.
    /// </summary>
    public const int NewcomerJobs = 10;

    /// <summary>Below this: <see cref="StandingLevel.Warning"/>. One first fault of a newcomer.</summary>
    public const int WarningScore = 650;

    /// <summary>Below this: <see cref="StandingLevel.Probation"/>. As often wrong as right.</summary>
    public const int ProbationScore = 500;

    /// <summary>Below this: <see cref="StandingLevel.Excluded"/>. More than two jobs in three went wrong.</summary>
    public const int ExclusionScore = 300;

    /// <summary>After so long an outcome of the past weighs half: who has improved is not held to it for ever.</summary>
    public static readonly TimeSpan HalfLife = TimeSpan.FromDays(30);

    /// <summary>
    /// The same for the second, shorter tally. The worse of the two counts, so that a good year does not pay for a bad day.
    /// </summary>
    public static readonly TimeSpan RecentHalfLife = TimeSpan.FromHours(6);

    /// <summary>
    /// A history keeps the score so often, and each change of the level: as many samples as are kept reach back as far as
    /// <see cref="HalfLife"/>.
    /// </summary>
    public static readonly TimeSpan SamplePeriod = HalfLife / MarketLimits.StandingSamplesMax;

    /// <summary>
    /// What a fault weighs at most, as a multiple of what the subject's jobs usually cost: no single dear one decides everything.
    /// </summary>
    public const int FaultTimesMax = 10;

    /// <summary>The same for what went well: a dear job that the worker's owner bought himself proves little.</summary>
    public const int KeptTimesMax = 2;

    /// <summary>What an outcome weighs at least, in thousandths: cheap jobs do not pay for dear faults, and still tell something.</summary>
    public const long WeightPartsMin = 250;

    /// <summary>Appeals that wait for the operator: each can name all faults that are kept.</summary>
    public const int OpenAppealsMax = 4;

    /// <summary>Appeals that are kept, decided ones included; the oldest decided one makes room.</summary>
    public const int AppealsMax = 16;

    /// <summary>The reason of a fault, cut here: a worker's words reach it.</summary>
    public const int ReasonCharsMax = 200;

    /// <summary>Markets whose batches are told apart; with one more, the one that was silent longest is forgotten.</summary>
    public const int MarketsMax = 64;
}
