namespace Marketplace.Engine.Guests.Wasi.Files;

/// <summary>
/// A file's bytes: those that came with the job, or blocks that are made where they are first written. What was never written reads as
/// zero. Ranges are checked, and lengths are accounted for, by <see cref="FileTree"/>.
/// </summary>
internal sealed class FileNode : Node
{
    private const int BlockSize = 4096;

    private readonly ReadOnlyMemory<byte> _given;
    private readonly List<byte[]?> _blocks = [];
    private long _length;

    public FileNode(ulong number, ulong now)
        : base(number, isReadOnly: false, now) { }

    public FileNode(ulong number, ReadOnlyMemory<byte> given, ulong now)
        : base(number, isReadOnly: true, now)
    {
        _given = given;
        _length = given.Length;
    }

    public override NodeKind Kind => NodeKind.File;

    public override long Length => _length;

    /// <summary>Fills the destination from the offset on; both lie in the file.</summary>
    public void Read(long offset, Span<byte> destination)
    {
        if (IsReadOnly)
        {
            _given.Span.Slice((int)offset, destination.Length).CopyTo(destination);
            return;
        }

        while (destination.Length > 0)
        {
            var (index, start) = ((int)(offset / BlockSize), (int)(offset % BlockSize));
            var part = destination[..Math.Min(BlockSize - start, destination.Length)];
            if (_blocks[index] is { } block)
            {
                block.AsSpan(start, part.Length).CopyTo(part);
            }
            else
            {
                part.Clear();
            }
            offset += part.Length;
            destination = destination[part.Length..];
        }
    }

    /// <summary>Puts the bytes over what is there; the file is long enough.</summary>
    public void Write(long offset, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            var (index, start) = ((int)(offset / BlockSize), (int)(offset % BlockSize));
            var part = bytes[..Math.Min(BlockSize - start, bytes.Length)];
            part.CopyTo((_blocks[index] ??= new byte[BlockSize]).AsSpan(start));
            offset += part.Length;
            bytes = bytes[part.Length..];
        }
    }

    public void SetLength(long length)
    {
        var blocks = (int)((length + BlockSize - 1) / BlockSize);
        if (blocks < _blocks.Count)
        {
            _blocks.RemoveRange(blocks, _blocks.Count - blocks);
        }
        while (_blocks.Count < blocks)
        {
            _blocks.Add(null);
        }

        // Behind the end everything is zero, so that a file which grows again does not show what it lost.
        if (length < _length && length % BlockSize is var used and > 0)
        {
            _blocks[^1]?.AsSpan((int)used).Clear();
        }
        _length = length;
    }

    public ReadOnlyMemory<byte> ToMemory()
    {
        if (IsReadOnly)
        {
            return _given;
        }
        var bytes = new byte[_length];
        Read(0, bytes);
        return bytes;
    }
}
