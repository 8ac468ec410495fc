using Marketplace.GrainInterfaces;
using Marketplace.Receipts;

namespace Marketplace.Grains.Tests.Liars;

/// <summary>How a worker comes to what it reports.</summary>
internal enum WorkerNature
{
    /// <summary>It runs the job.</summary>
    Honest = 0,

    /// <summary>One conspiracy: its members know which jobs have seats of theirs, and tell one wrong result of a job.</summary>
    Colluding = 1,

    /// <summary>It runs nothing. It copies what others have told, if it can see that; else it makes something up.</summary>
    Lazy = 2,

    /// <summary>It runs some jobs, and of others it tells a wrong result of its own.</summary>
    Random = 3,
}

/// <summary>What a run is made of; all else follows from the seed.</summary>
internal sealed record LiarsScenario
{
    public required ulong Seed { get; init; }

    /// <summary>What is bought for each job.</summary>
    public required Assurance Assurance { get; init; }

    public required int Jobs { get; init; }

    public int Workers { get; init; } = 100;

    public int Colluding { get; init; } = 10;

    public int Lazy { get; init; } = 10;

    public int Random { get; init; } = 10;

    /// <summary>Of all liars together; null: each has its own.</summary>
    public int? Owners { get; init; }

    /// <summary>
    /// A liar that the market excludes comes again under a new name and with a new stake, so that the share of liars stays as it is. If
    /// not, all are gone after some jobs, and the rest of the run shows little.
    /// </summary>
    public bool Return { get; init; } = true;

    /// <summary>
    /// Where the conspiracy has so many members of a committee that there is none without them, and too few to lie, they keep away from it,
    /// so that its jobs wait for another one.
    /// </summary>
    public bool Stall { get; init; }

    /// <summary>Runs that an honest worker takes at a time.</summary>
    public int Slots { get; init; } = 8;

    /// <summary>The same of a liar. Who runs nothing has all the slots that it wants.</summary>
    public int LiarSlots { get; init; } = 8;

    /// <summary>What liars ask for a million fuel; the others ask <see cref="LiarsWorker.Price"/>.</summary>
    public int LiarPrice { get; init; } = LiarsWorker.Price;

    /// <summary>Jobs that are under way at a time; of a committee: that are ordered in one epoch.</summary>
    public int Together { get; init; } = 100;

    public int Liars => Colluding + Lazy + Random;

    public int LiarsPermille => Liars * 1000 / Workers;

    public WorkerNature NatureOf(int number) =>
        number < Colluding ? WorkerNature.Colluding
        : number < Colluding + Lazy ? WorkerNature.Lazy
        : number < Liars ? WorkerNature.Random
        : WorkerNature.Honest;
}

/// <summary>What a run came to.</summary>
internal sealed record LiarsResult
{
    public required LiarsScenario Scenario { get; init; }

    /// <summary>The probability that the formula gives for the share of liars.</summary>
    public required ExactShare Bound { get; init; }

    /// <summary>What the buyer was told before it ordered.</summary>
    public required string Quoted { get; init; }

    public required LiarsCounts Counts { get; init; }

    public required IReadOnlyList<LiarsMoney> Money { get; init; }

    public required TimeSpan Simulated { get; init; }

    public required long Steps { get; init; }

    public required IReadOnlyList<string> Violations { get; init; }
}

/// <summary>What was counted.</summary>
internal sealed record LiarsCounts
{
    /// <summary>Jobs whose accepted result is the right one.</summary>
    public int Right { get; set; }

    /// <summary>Jobs whose accepted result is another one: the oracle knows, the market does not.</summary>
    public int Wrong { get; set; }

    /// <summary>Those of the first tenth of the jobs, in which fewest liars are known.</summary>
    public int WrongEarly { get; set; }

    /// <summary>Jobs that ended without a result, by what their clients were told.</summary>
    public SortedDictionary<string, int> Failed { get; } = new(StringComparer.Ordinal);

    /// <summary>Times that jobs were ordered together.</summary>
    public int Rounds { get; set; }

    /// <summary>Of committees: workers of all lists from which members were drawn, and the liars among them.</summary>
    public int Listed { get; set; }

    /// <inheritdoc cref="Listed"/>
    public int ListedLiars { get; set; }

    /// <summary>Of committees: epochs in which jobs ended with a result, and those with a wrong one.</summary>
    public int Epochs { get; set; }

    /// <inheritdoc cref="Epochs"/>
    public int CapturedEpochs { get; set; }

    /// <summary>
    /// Seats in which a lazy worker saw a result before it had to commit to its own. None of a committee's: they tell together, once.
    /// </summary>
    public int Copied { get; set; }

    /// <summary>Those of them that were paid.</summary>
    public int CopiedPaid { get; set; }

    /// <summary>Lazy jurors that had heard what the seats told, before the jury was drawn.</summary>
    public int CopiedByJurors { get; set; }

    public SortedDictionary<string, int> Disputes { get; } = new(StringComparer.Ordinal);

    public int Slashings { get; set; }

    /// <summary>Slashed workers that never lied.</summary>
    public int HonestSlashed { get; set; }

    /// <summary>Faults of workers that never failed, as where liars have outvoted them.</summary>
    public int HonestFaults { get; set; }

    /// <summary>Liars that came again.</summary>
    public int Returns { get; set; }

    /// <summary>Files of disputes with a bit that was changed; all are refused.</summary>
    public int ChangedFiles { get; set; }

    public int Receipts { get; set; }
}

/// <summary>What workers of one nature got for runs and as jurors, and what was taken of their stakes.</summary>
internal sealed record LiarsMoney(WorkerNature Nature, UInt128 Earned, UInt128 Lost);
