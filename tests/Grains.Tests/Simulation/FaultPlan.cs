using Marketplace.GrainHost.Simulation;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains.Tests.Simulation;

/// <summary>Decides and counts the faults of a run.</summary>
internal sealed class FaultPlan
{
    /// <summary>How often each fault happened.</summary>
    public SortedDictionary<string, int> Counts { get; } = new(StringComparer.Ordinal);

    /// <summary>False once the run only waits for everything to come to rest.</summary>
    public bool IsOn { get; set; } = true;

    public bool Happens(SeededChance chance, string fault, int perMillion)
    {
        var happens = IsOn && chance.Happens(perMillion);
        if (happens)
        {
            Count(fault);
        }
        return happens;
    }

    public void Count(string fault) => Counts[fault] = Counts.GetValueOrDefault(fault) + 1;
}
