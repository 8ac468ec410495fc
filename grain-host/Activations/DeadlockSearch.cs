using Marketplace.GrainHost.Hosting;
using Orleans.Runtime;

namespace Marketplace.GrainHost.Activations;

/// <summary>A call that was under way when the sweep looked.</summary>
/// <param name="Id">The call.</param>
/// <param name="ParentId">The call that it was made from; 0 where the caller is no grain or runs several calls at once.</param>
/// <param name="Blocker">The running call that it waits behind; 0 where it runs itself.</param>
/// <param name="Method">Its name.</param>
/// <param name="Grain">Its grain.</param>
internal readonly record struct PendingCall(long Id, long ParentId, long Blocker, string Method, GrainId Grain)
{
    /// <summary>Method and grain.</summary>
    public string Text => $"{Method} of {Grain}";
}

/// <summary>
/// Finds calls that wait for each other in a circle. A waiting call waits for the one that blocks its grain; a running call is
/// taken to wait for every call that it has made. That is a guess where a grain does not await what it calls, so a circle
/// counts only when two looks in a row have found it.
/// </summary>
internal sealed class DeadlockSearch
{
    private readonly Dictionary<long, DeadlockReport> _known = [];

    /// <summary>The calls of one look. It is kept: ten thousand long polls would make another large one at each look.</summary>
    private readonly Dictionary<long, PendingCall> _calls = [];
    private HashSet<long> _suspects = [];

    public DeadlockReport? Known(long call) => _known.GetValueOrDefault(call);

    /// <summary>Gives the circles that were not reported before.</summary>
    public List<DeadlockReport> Look(List<PendingCall> calls)
    {
        // Calls that made calls are a tree: only a call that waits behind another closes a circle.
        if (_known.Count == 0 && _suspects.Count == 0 && !calls.Exists(call => call.Blocker != 0))
        {
            return [];
        }
        var found = new List<DeadlockReport>();
        var suspects = new HashSet<long>();
        _calls.Clear();
        foreach (var call in calls)
        {
            _calls.Add(call.Id, call);
        }
        var children = calls.Where(call => call.ParentId != 0).ToLookup(call => call.ParentId);
        var visited = new HashSet<long>();
        foreach (var start in calls)
        {
            // Most calls under way just take their time: the long polls of ten thousand workers wait for no other call.
            if (start.Blocker == 0 && !children.Contains(start.Id))
            {
                continue;
            }
            if (FindCircle(start.Id, children, visited) is not { } circle)
            {
                continue;
            }
            suspects.UnionWith(circle);
            if (circle.Any(_known.ContainsKey) || !circle.All(_suspects.Contains))
            {
                continue;
            }
            var report = new DeadlockReport([.. circle.Select(id => _calls[id].Text)]);
            foreach (var id in circle)
            {
                _known[id] = report;
            }
            found.Add(report);
        }

        foreach (var ended in _known.Keys.Where(id => !_calls.ContainsKey(id)).ToList())
        {
            _known.Remove(ended);
        }
        _suspects = suspects;
        return found;
    }

    /// <summary>Depth first, without recursion: a chain of calls may be long.</summary>
    private List<long>? FindCircle(long start, ILookup<long, PendingCall> children, HashSet<long> visited)
    {
        var path = new List<long>();
        var onPath = new HashSet<long>();
        var stack = new Stack<(long Call, bool Leave)>([(start, false)]);
        while (stack.TryPop(out var step))
        {
            if (step.Leave)
            {
                path.RemoveAt(path.Count - 1);
                onPath.Remove(step.Call);
                continue;
            }

            if (onPath.Contains(step.Call))
            {
                return path[path.IndexOf(step.Call)..];
            }
            if (!_calls.TryGetValue(step.Call, out var call) || !visited.Add(step.Call))
            {
                continue;
            }
            path.Add(step.Call);
            onPath.Add(step.Call);
            stack.Push((step.Call, true));
            if (call.Blocker != 0)
            {
                stack.Push((call.Blocker, false));
                continue;
            }

            foreach (var child in children[call.Id])
            {
                stack.Push((child.Id, false));
            }
        }

        return null;
    }
}
