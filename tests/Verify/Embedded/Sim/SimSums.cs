using System.Collections.Immutable;
using Marketplace.Grains.Tests.Simulation;

namespace Marketplace.Verify.Sim;

/// <summary>What all runs together came to.</summary>
internal sealed class SimSums
{
    private readonly SortedDictionary<string, long> _faults = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, long> _ends = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, long> _workers = new(StringComparer.Ordinal);
    private readonly HashSet<ulong> _traces = [];
    private ulong _firstTrace;
    private TimeSpan _simulated;
    private long _leases;
    private long _leasesOfOtherShards;
    private long _earlierStarts;
    private long _doubles;

    public int Seeds { get; private set; }

    public long Steps { get; private set; }

    /// <summary>Seeds whose runs have violations.</summary>
    public List<ulong> Found { get; } = [];

    public void Add(ulong seed, SimulationResult result)
    {
        Seeds++;
        Steps += result.Steps;
        _simulated += result.Simulated;
        _leases += result.Leases;
        _leasesOfOtherShards += result.LeasesOfOtherShards;
        _earlierStarts += result.EarlierStarts;
        _doubles += result.Doubles;
        _firstTrace = _traces.Count == 0 ? result.TraceHash : _firstTrace;
        _traces.Add(result.TraceHash);
        Add(_faults, result.Faults);
        Add(_ends, result.Ends);
        foreach (var habit in result.Scenario.Workers)
        {
            _workers[$"{habit}"] = _workers.GetValueOrDefault($"{habit}") + 1;
        }
        if (result.Violations.Count > 0 && !Found.Contains(seed))
        {
            Found.Add(seed);
        }
    }

    /// <summary>What never happened shows nothing: that is a failed check.</summary>
    public IEnumerable<string> Missing() =>
        [
            .. FaultKinds.All.Where(fault => !_faults.ContainsKey(fault)).Select(fault => $"the fault '{fault}' never happened"),
            .. Enum.GetNames<WorkerHabit>().Where(habit => !_workers.ContainsKey(habit)).Select(habit => $"no worker was {habit}"),
            .. new[] { "Completed", "Failed", "Cancelled", "Expired" }
                .Where(end => !_ends.ContainsKey(end))
                .Select(end => $"no job ended as {end}"),
            .. _leasesOfOtherShards > 0 ? [] : new[] { "no worker had a seat of another shard" },
        ];

    public object ToLine(SimCheck.SimOptions options, TimeSpan elapsed, int violations) =>
        new
        {
            Verify = "sim",
            options.Seed,
            Seeds,
            Traces = _traces.Count,
            FirstTrace = $"{_firstTrace:x16}",
            Steps,
            SimulatedHours = Math.Round(_simulated.TotalHours, 1),
            Leases = _leases,
            LeasesOfOtherShards = _leasesOfOtherShards,
            ReportsOfEarlierStarts = _earlierStarts,
            JobsLeasedTwiceAtATime = _doubles,
            Ends = _ends,
            Workers = _workers,
            Faults = _faults,
            SeedsWithViolations = Found.ToImmutableArray(),
            Violations = violations,
            SeedsPerSecond = Math.Round(Seeds / elapsed.TotalSeconds, 1),
            Seconds = Math.Round(elapsed.TotalSeconds, 1),
        };

    private static void Add(SortedDictionary<string, long> sums, IReadOnlyDictionary<string, int> counts)
    {
        foreach (var (name, count) in counts)
        {
            sums[name] = sums.GetValueOrDefault(name) + count;
        }
    }
}
