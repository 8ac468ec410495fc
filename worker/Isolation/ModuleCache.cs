using Marketplace.Engine.Guests;

namespace Marketplace.Worker.Isolation;

/// <summary>
/// Compiled modules by the id of their bytes, least recently used first out, within a budget of memory. A module grows while its functions
/// are called for the first time, so the sizes are measured again when a module is added and by <see cref="Trim()"/>. A module that is
/// evicted while it runs lives until its last run ends. Thread-safe; a module is compiled once even when many runs ask for it at the same
/// time.
/// </summary>
internal sealed class ModuleCache(long bytesMax)
{
    private sealed record Entry(BlobId Id, Lazy<GuestProgram> Program);

    private readonly Lock _lock = new();
    private readonly Dictionary<BlobId, LinkedListNode<Entry>> _entries = [];
    private readonly LinkedList<Entry> _byUse = new();
    private long _dropped;

    /// <summary>The memory of all modules that were dropped since the cache was made.</summary>
    public long BytesDropped => Interlocked.Read(ref _dropped);

    /// <exception cref="Marketplace.Engine.InvalidModuleException">The module does not validate; nothing is kept.</exception>
    public GuestProgram Get(BlobId id, Func<byte[]> fetch)
    {
        var entry = FindOrAdd(id, fetch);
        try
        {
            var known = entry.Program.IsValueCreated;
            var program = entry.Program.Value;
            if (!known)
            {
                Trim(keep: id);
            }
            return program;
        }
        catch
        {
            // A failed fetch may work the next time; Lazy would repeat its exception for ever.
            Remove(entry);
            throw;
        }
    }

    /// <summary>Drops what has grown over the budget since modules were added; the one that was used last stays.</summary>
    public void Trim()
    {
        lock (_lock)
        {
            if (_byUse.Last is { } last)
            {
                Trim(keep: last.Value.Id);
            }
        }
    }

    /// <summary>Drops every module that is compiled.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            foreach (var entry in _byUse.Where(entry => entry.Program.IsValueCreated).ToArray())
            {
                Drop(_entries[entry.Id]);
            }
        }
    }

    private Entry FindOrAdd(BlobId id, Func<byte[]> fetch)
    {
        lock (_lock)
        {
            if (_entries.TryGetValue(id, out var node))
            {
                _byUse.Remove(node);
                _byUse.AddLast(node);
                return node.Value;
            }
            var entry = new Entry(id, new(() => GuestProgram.Load(fetch())));
            _entries[id] = _byUse.AddLast(entry);
            return entry;
        }
    }

    private void Trim(BlobId keep)
    {
        lock (_lock)
        {
            var bytes = 0L;
            for (var node = _byUse.Last; node is not null; )
            {
                var (current, previous) = (node, node.Previous);
                node = previous;
                if (!current.Value.Program.IsValueCreated)
                {
                    continue;
                }
                bytes += current.Value.Program.Value.MemoryBytes;
                if (bytes > bytesMax && current.Value.Id != keep)
                {
                    Drop(current);
                }
            }
        }
    }

    private void Drop(LinkedListNode<Entry> compiled)
    {
        _byUse.Remove(compiled);
        _entries.Remove(compiled.Value.Id);
        Interlocked.Add(ref _dropped, compiled.Value.Program.Value.MemoryBytes);
    }

    private void Remove(Entry entry)
    {
        lock (_lock)
        {
            if (_entries.TryGetValue(entry.Id, out var node) && node.Value == entry)
            {
                _entries.Remove(entry.Id);
                _byUse.Remove(node);
            }
        }
    }
}
