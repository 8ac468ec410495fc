using Marketplace.GrainHost.Simulation;

namespace Marketplace.Grains.Tests.Simulation;

/// <summary>Decides and counts the faults of a run.</summary>
internal sealed class FaultPlan
{
    /// <summary>How often each fault happened.</summary>
    public SortedDictionary<string, int> Counts { get; } = new(StringComparer.Ordinal);

    /// <summary>False once the run only waits for everything to come to rest.</summary>
    public bool IsOn { get; set; } = true;

    /// <summary>Kinds that do not happen in this run.</summary>
    public IReadOnlySet<string> Off { get; set; } = new HashSet<string>();

    public bool Happens(SeededChance chance, string fault, int perMillion)
    {
        var happens = chance.Happens(perMillion) && IsOn && !Off.Contains(fault);
        if (happens)
        {
            Count(fault);
        }
        return happens;
    }

    public void Count(string fault) => Counts[fault] = Counts.GetValueOrDefault(fault) + 1;
}
