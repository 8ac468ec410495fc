namespace Marketplace.Engine.Guests;

/// <summary>Program state as one run sees it: the state at the root it started from, with its own writes over it.</summary>
internal sealed class StateBuffer(IGuestState state)
{
    private readonly SortedDictionary<byte[], byte[]?> _writes = new(ByteOrder.Instance);
    private int _writeBytes;

    public int WriteCount => _writes.Count;

    /// <summary>The pending writes, one for each written key, ascending.</summary>
    public IReadOnlyList<StateWrite> Writes() =>
        [.. _writes.Select(write => new StateWrite(write.Key, write.Value is null ? null : (ReadOnlyMemory<byte>?)write.Value))];

    public bool TryGet(ReadOnlySpan<byte> key, out ReadOnlyMemory<byte> value)
    {
        var copy = key.ToArray();
        if (!_writes.TryGetValue(copy, out var written))
        {
            (var found, value) = GuestHostFault.Guard(() => (state.TryGet(copy, out var stored), stored));
            return found;
        }

        value = written;
        return written is not null;
    }

    /// <summary>Puts a value, or deletes the key where <paramref name="deletes"/> is set.</summary>
    /// <returns>False where the run would have written too much; then nothing changes.</returns>
    public bool TryWrite(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, bool deletes)
    {
        var copy = key.ToArray();
        var known = _writes.TryGetValue(copy, out var before);
        var bytes = (long)_writeBytes + value.Length + (known ? -(before?.Length ?? 0) : key.Length);
        if (bytes > GuestPolicy.StateWriteBytesMax || (!known && _writes.Count >= GuestPolicy.StateWritesMax))
        {
            return false;
        }
        _writes[copy] = deletes ? null : value.ToArray();
        _writeBytes = (int)bytes;
        return true;
    }

    /// <returns>The keys that have a value and begin with <paramref name="prefix"/>, ascending.</returns>
    public List<ReadOnlyMemory<byte>> List(ReadOnlySpan<byte> prefix)
    {
        List<ReadOnlyMemory<byte>> keys = [];
        var start = prefix.ToArray();
        foreach (var key in GuestHostFault.Guard(() => state.List(start)))
        {
            if (!_writes.ContainsKey(key.ToArray()))
            {
                keys.Add(key);
            }
        }

        foreach (var (key, value) in _writes)
        {
            if (value is not null && key.AsSpan().StartsWith(prefix))
            {
                keys.Add(key);
            }
        }

        keys.Sort(static (left, right) => left.Span.SequenceCompareTo(right.Span));
        return keys;
    }

    public StateRoot Root() => GuestHostFault.Guard(() => state.RootWith(Writes()));

    private sealed class ByteOrder : IComparer<byte[]>
    {
        public static readonly ByteOrder Instance = new();

        public int Compare(byte[]? left, byte[]? right) => left.AsSpan().SequenceCompareTo(right);
    }
}
