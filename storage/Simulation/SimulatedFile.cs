namespace Marketplace.Storage;

/// <summary>The bytes of one simulated file, twice: as a process sees them, and as they are on the disk.</summary>
internal sealed class SimulatedFile
{
    /// <summary>What a disk writes as a whole or not at all.</summary>
    private const int SectorBytes = 512;

    private readonly List<Change> _unflushed = [];
    private byte[] _seen = [];
    private byte[] _durable = [];
    private long _durableLength;

    public long Length { get; private set; }

    public int Read(long offset, Span<byte> destination)
    {
        var count = (int)Math.Clamp(Length - offset, 0, destination.Length);
        var there = (int)Math.Clamp(_seen.Length - offset, 0, count);
        _seen.AsSpan((int)Math.Min(offset, _seen.Length), there).CopyTo(destination);
        destination[there..count].Clear();
        return count;
    }

    public void Write(long offset, ReadOnlySpan<byte> bytes)
    {
        var change = new Change(offset, bytes.ToArray(), null);
        _unflushed.Add(change);
        Apply(change, ref _seen);
        Length = Math.Max(Length, offset + bytes.Length);
    }

    public void SetLength(long length)
    {
        var change = new Change(0, [], length);
        _unflushed.Add(change);
        Apply(change, ref _seen);
        Length = length;
    }

    public void Flush()
    {
        foreach (var change in _unflushed)
        {
            Harden(change);
        }
        _unflushed.Clear();
    }

    /// <summary>A flush that failed: what waited is forgotten by the system, and each piece may or may not have reached the disk.</summary>
    public void FailFlush(Random random)
    {
        foreach (var change in _unflushed)
        {
            HardenInPart(change, random);
        }
        _unflushed.Clear();
    }

    public void CutPower(Random random)
    {
        FailFlush(random);
        _seen = _durable.ToArray();
        Length = _durableLength;
    }

    /// <summary>Flips one bit on the disk.</summary>
    public void Flip(long bit)
    {
        _durable[bit / 8] ^= (byte)(1 << (int)(bit % 8));
        _seen = _durable.ToArray();
    }

    private void HardenInPart(Change change, Random random)
    {
        var fate = random.Next(3);
        if (fate == 0)
        {
            return;
        }
        if (fate == 1 || change.Length is not null)
        {
            Harden(change);
            return;
        }
        // Each sector on its own: a disk may write them in any order.
        for (var at = 0; at < change.Bytes.Length; )
        {
            var end = (int)Math.Min(change.Bytes.Length, (change.Offset + at) / SectorBytes * SectorBytes + SectorBytes - change.Offset);
            if (random.Next(2) == 0)
            {
                Harden(new Change(change.Offset + at, change.Bytes[at..end], null));
            }
            at = end;
        }
    }

    private void Harden(Change change)
    {
        Apply(change, ref _durable);
        _durableLength = change.Length ?? Math.Max(_durableLength, change.Offset + change.Bytes.Length);
    }

    private static void Apply(Change change, ref byte[] bytes)
    {
        if (change.Length is { } length)
        {
            if (length < bytes.Length)
            {
                Array.Resize(ref bytes, (int)length);
            }
            return;
        }
        var end = change.Offset + change.Bytes.Length;
        if (end > bytes.Length)
        {
            Array.Resize(ref bytes, (int)Math.Max(end, Math.Min(2L * bytes.Length, end + (1 << 16))));
        }
        change.Bytes.CopyTo(bytes, change.Offset);
    }

    private sealed record Change(long Offset, byte[] Bytes, long? Length);
}
