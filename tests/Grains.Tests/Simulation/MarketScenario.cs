using System.Collections.Immutable;
using Marketplace.GrainHost.Simulation;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains.Tests.Simulation;

/// <summary>How a remote worker behaves.</summary>
internal enum WorkerHabit
{
    Honest = 0,

    /// <summary>Its runs take nearly all the time that they may.</summary>
    Slow = 1,

    /// <summary>Takes leases and does not bring results, with heartbeats or without.</summary>
    Stalling = 2,

    /// <summary>Goes without a word, comes back under the same key, and reports what it had before.</summary>
    Vanishing = 3,

    /// <summary>Sends old polls, old heartbeats and old reports again, in any order.</summary>
    Repeating = 4,

    /// <summary>Reports what it did not do, or may not do.</summary>
    Lying = 5,

    /// <summary>Drains, says goodbye and comes again.</summary>
    Leaving = 6,
}

/// <summary>What a run is made of. All of it follows from the seed, apart from what is left out to make a finding smaller.</summary>
internal sealed record MarketScenario
{
    public const int ShardsMax = 4;

    /// <summary>One worker of so many earns for the account of another one.</summary>
    private const int OwnersParts = 3;

    public required int Shards { get; init; }

    /// <summary>Parts of the cluster that are lost one by one: each has some of the grains.</summary>
    public required int Silos { get; init; }

    public required int Jobs { get; init; }

    public required ImmutableArray<WorkerHabit> Workers { get; init; }

    /// <summary>For each worker the number of the one whose account it earns for.</summary>
    public required ImmutableArray<int> Owners { get; init; }

    /// <summary>Silos that are lost, and cuts of the power.</summary>
    public required int Losses { get; init; }

    /// <summary>Kinds of faults that this run does not have: with all of them in each run, some would hide what others show.</summary>
    public required ImmutableSortedSet<string> Off { get; init; }

    public MarketShards NewShards() => new(Shards);

    public static MarketScenario Of(SeededChance chance, int? jobs, IEnumerable<string> off)
    {
        var shards = 1 + chance.Below(ShardsMax);
        var habits = Enum.GetValues<WorkerHabit>();
        // The first one is honest: else most runs would show only how jobs expire.
        ImmutableArray<WorkerHabit> workers =
        [
            WorkerHabit.Honest,
            .. Enumerable.Range(0, 2 + chance.Below(4)).Select(_ => habits[chance.Below(habits.Length)]),
        ];
        return new MarketScenario
        {
            Shards = shards,
            Silos = 1 + chance.Below(3),
            Jobs = Math.Min(12 + chance.Below(24), jobs ?? int.MaxValue),
            Workers = workers,
            Owners = [.. workers.Select((_, number) => number > 0 && chance.Below(OwnersParts) == 0 ? chance.Below(number) : number)],
            Losses = chance.Below(4),
            Off = [.. FaultKinds.All.Where(_ => chance.Below(3) == 0), .. off],
        };
    }
}

/// <summary>The faults of a run, by the names under which they are counted.</summary>
internal static class FaultKinds
{
    public static ImmutableArray<string> All { get; } =
    [
        "announcement lost",
        "announcement tripled",
        "answer late",
        "answer lost",
        "call doubled",
        "call late",
        "call lost",
        "neighbour's answer late",
        "neighbour's answer lost",
        "neighbour's call doubled",
        "neighbour's call late",
        "neighbour's call lost",
        "power cut",
        "silo lost",
        "write lost",
        "write unconfirmed",
    ];
}
