namespace Marketplace.Storage;

/// <summary>A root that can still be read.</summary>
/// <param name="Height">Commits before and with it.</param>
/// <param name="Root">What is read.</param>
/// <param name="At">When it became the newest.</param>
public readonly record struct KeptRoot(long Height, StateRoot Root, DateTimeOffset At);

/// <summary>The roots of a program that can still be read, oldest first. The same root may have been the newest several times.</summary>
public sealed class StateRoots
{
    private readonly Queue<KeptRoot> _kept = new();
    private readonly Dictionary<StateRoot, long> _heights = [];

    public int Count => _kept.Count;

    /// <summary>From this height on roots can be read; null: none can.</summary>
    public long? OldestHeight => _kept.TryPeek(out var oldest) ? oldest.Height : null;

    public IReadOnlyCollection<KeptRoot> All => _kept;

    /// <summary>Heights grow.</summary>
    public void Add(KeptRoot root)
    {
        _kept.Enqueue(root);
        _heights[root.Root] = root.Height;
    }

    /// <summary>The greatest height at which this was the root.</summary>
    public bool TryFind(StateRoot root, out long height) => _heights.TryGetValue(root, out height);

    /// <summary>Forgets the oldest ones while there are enough newer ones. The newest stays.</summary>
    /// <param name="countMin">The newest ones, which stay whatever their age.</param>
    /// <param name="countMax">More than these are not kept.</param>
    /// <param name="before">Older ones may go.</param>
    /// <param name="floor">Those below this height go.</param>
    public void Prune(int countMin, int countMax, DateTimeOffset before, long floor)
    {
        while (
            _kept.Count > 1
            && _kept.Peek() is var oldest
            && (oldest.Height < floor || _kept.Count > countMax || (_kept.Count > countMin && oldest.At < before))
        )
        {
            _kept.Dequeue();
            if (_heights.GetValueOrDefault(oldest.Root) == oldest.Height)
            {
                _heights.Remove(oldest.Root);
            }
        }
    }
}
