using Marketplace.GrainHost.Turns;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains.Tests.Twins;

/// <summary>
/// Sees which grains are active on which host, and which activations have lost a write. Counts double activations; a loser that writes
/// again, or does not go, is a violation.
/// </summary>
internal sealed class TwinWatch
{
    private readonly Dictionary<string, HashSet<string>> _active = new(StringComparer.Ordinal);
    private readonly HashSet<(string Host, string Grain)> _lost = [];

    /// <summary>Double activations by the grain's type: each began while another activation of the same grain was alive.</summary>
    public SortedDictionary<string, int> Doubles { get; } = new(StringComparer.Ordinal);

    /// <summary>Writes that were refused because another activation had written.</summary>
    public SortedDictionary<string, int> Conflicts { get; } = new(StringComparer.Ordinal);

    public List<string> Violations { get; } = [];

    public void Observe(string host, TurnStep step)
    {
        // A stateless worker may have many activations at any time.
        if (step.Grain.StartsWith("submission/", StringComparison.Ordinal))
        {
            return;
        }
        if (step.Kind == TurnStepKind.Activated && step.Outcome.Length == 0)
        {
            if (!_active.TryGetValue(step.Grain, out var hosts))
            {
                _active.Add(step.Grain, hosts = []);
            }
            if (hosts.Any(other => other != host))
            {
                Count(Doubles, step.Grain);
            }
            hosts.Add(host);
        }
        else if (step.Kind == TurnStepKind.Deactivated)
        {
            _lost.Remove((host, step.Grain));
            if (_active.TryGetValue(step.Grain, out var hosts) && hosts.Remove(host) && hosts.Count == 0)
            {
                _active.Remove(step.Grain);
            }
        }
    }

    public void Lost(string host, string grain)
    {
        Count(Conflicts, grain);
        if (_active.TryGetValue(grain, out var hosts) && hosts.Contains(host))
        {
            _lost.Add((host, grain));
        }
    }

    public void Written(string host, string grain)
    {
        if (_lost.Contains((host, grain)))
        {
            Violations.Add($"{grain} on {host} has lost a write and wrote again");
        }
    }

    public void End()
    {
        foreach (var (host, grain) in _lost)
        {
            Violations.Add($"{grain} on {host} has lost a write and stayed");
        }
    }

    private static void Count(SortedDictionary<string, int> counts, string grain)
    {
        var type = grain[..grain.IndexOf('/', StringComparison.Ordinal)];
        counts[type] = counts.GetValueOrDefault(type) + 1;
    }
}
