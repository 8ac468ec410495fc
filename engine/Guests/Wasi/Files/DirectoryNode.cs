namespace Marketplace.Engine.Guests.Wasi.Files;

/// <summary>One name in a directory.</summary>
/// <param name="Cookie">Where a listing finds it: ascending, never used twice, so names that come and go move no other.</param>
internal readonly record struct DirectoryEntry(ulong Cookie, string Name, Node Node);

/// <summary>A directory. Names are listed in the order in which they were made: every run sees the same.</summary>
internal sealed class DirectoryNode(ulong number, bool isReadOnly, ulong now) : Node(number, isReadOnly, now)
{
    /// <summary>The cookies 0 and 1 belong to <c>.</c> and <c>..</c>, which no directory keeps.</summary>
    public const ulong FirstCookie = 2;

    private readonly Dictionary<string, DirectoryEntry> _byName = new(StringComparer.Ordinal);
    private readonly List<DirectoryEntry> _inOrder = [];
    private ulong _nextCookie = FirstCookie;

    public override NodeKind Kind => NodeKind.Directory;

    /// <summary>Where it is; null for the root and where it was removed.</summary>
    public DirectoryNode? Parent { get; private set; }

    /// <summary>It is part of the machine: it can be neither moved nor removed.</summary>
    public bool IsFixed { get; init; }

    public bool IsRemoved => Parent is null && !IsFixed;

    public int Count => _inOrder.Count;

    public IReadOnlyList<DirectoryEntry> Entries => _inOrder;

    public Node? Find(string name) => _byName.TryGetValue(name, out var entry) ? entry.Node : null;

    public void Add(string name, Node node)
    {
        var entry = new DirectoryEntry(_nextCookie++, name, node);
        _byName.Add(name, entry);
        _inOrder.Add(entry);
        node.Links++;
        if (node is DirectoryNode directory)
        {
            directory.Parent = this;
        }
    }

    public void Remove(string name)
    {
        _byName.Remove(name, out var entry);
        _inOrder.RemoveAt(IndexFrom(entry.Cookie));
        entry.Node.Links--;
        if (entry.Node is DirectoryNode directory)
        {
            directory.Parent = null;
        }
    }

    /// <returns>The index of the first entry at or behind the cookie.</returns>
    public int IndexFrom(ulong cookie)
    {
        var (low, high) = (0, _inOrder.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_inOrder[middle].Cookie < cookie)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    /// <summary>Whether this is the other directory or lies in it.</summary>
    public bool IsWithin(DirectoryNode other)
    {
        for (var at = this; at is not null; at = at.Parent)
        {
            if (at == other)
            {
                return true;
            }
        }

        return false;
    }

    public int Depth()
    {
        var depth = 0;
        for (var at = Parent; at is not null; at = at.Parent)
        {
            depth++;
        }
        return depth;
    }
}
