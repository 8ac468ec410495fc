using System.Buffers;

namespace Marketplace.Storage;

/// <summary>
/// A range of a blob as a stream; gives out nothing that was not verified: what a read that fails has left in its buffer is no content.
/// Whole groups are read to where they are wanted; only for a part of one there is a buffer here.
/// </summary>
internal sealed class VerifiedBlobStream(BlobReader reader, long start, long length) : Stream
{
    private long _position;
    private byte[]? _buffer;
    private long _bufferedGroup = -1;
    private bool _disposed;

    public override bool CanRead => !_disposed;
    public override bool CanSeek => true;
    public override bool CanWrite => false;
    public override long Length { get; } = length;

    public override long Position
    {
        get => _position;
        set => Seek(value, SeekOrigin.Begin);
    }

    /// <summary>Loads the blob's last group, which proves how long the blob is.</summary>
    public void VerifyLength() => Load(Math.Max(0, reader.Length - 1) / BlobTree.GroupBytes);

    public override int Read(Span<byte> destination)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var given = 0;
        while (given < destination.Length && _position < Length)
        {
            var (group, within) = Math.DivRem(start + _position, BlobTree.GroupBytes);
            var wanted = destination.Slice(given, (int)Math.Min(destination.Length - given, Length - _position));
            var count = within == 0 && group != _bufferedGroup ? reader.ReadGroups(group, wanted) : 0;
            if (count == 0)
            {
                if (group != _bufferedGroup)
                {
                    Load(group);
                }
                count = Math.Min(BlobTree.GroupBytes - (int)within, wanted.Length);
                _buffer.AsSpan((int)within, count).CopyTo(wanted);
            }
            given += count;
            _position += count;
        }
        return given;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<int>(cancellationToken);
        }
        try
        {
            return new ValueTask<int>(Read(buffer.Span));
        }
        catch (IOException failure)
        {
            return ValueTask.FromException<int>(failure);
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override long Seek(long distance, SeekOrigin origin)
    {
        var target = origin switch
        {
            SeekOrigin.Begin => distance,
            SeekOrigin.Current => Position + distance,
            _ => Length + distance,
        };
        if (target < 0 || target > Length)
        {
            throw new ArgumentOutOfRangeException(nameof(distance), $"{target} is outside of the {Length} bytes of the range.");
        }
        _position = target;
        return target;
    }

    public override void Flush() { }

    public override void SetLength(long value) => throw new NotSupportedException("A blob never changes.");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("A blob never changes.");

    protected override void Dispose(bool disposing)
    {
        if (!_disposed)
        {
            _disposed = true;
            reader.Dispose();
            if (_buffer is not null)
            {
                ArrayPool<byte>.Shared.Return(_buffer);
            }
            _buffer = null;
        }
        base.Dispose(disposing);
    }

    private void Load(long group)
    {
        _buffer ??= ArrayPool<byte>.Shared.Rent(BlobTree.GroupBytes);
        _bufferedGroup = -1;
        reader.ReadGroup(group, _buffer);
        _bufferedGroup = group;
    }
}
