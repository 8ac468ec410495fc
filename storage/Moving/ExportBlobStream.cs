using Marketplace.Crypto;

namespace Marketplace.Storage;

/// <summary>The bytes of one blob of an export file, from its pieces; hashed as they are read.</summary>
internal sealed class ExportBlobStream(ExportRecords records, BlobId id, long size, CancellationToken cancellation) : Stream
{
    private readonly Blake3Hasher _hasher = new();
    private ReadOnlyMemory<byte> _piece;
    private long _given;

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => size;

    public override long Position
    {
        get => _given;
        set => throw new NotSupportedException("The pieces come one after the other.");
    }

    public override int Read(Span<byte> destination)
    {
        if (_given == size || destination.IsEmpty)
        {
            return 0;
        }
        if (_piece.IsEmpty)
        {
            NextPiece();
        }
        var count = Math.Min(destination.Length, _piece.Length);
        _piece.Span[..count].CopyTo(destination);
        _piece = _piece[count..];
        _given += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        cancellationToken.IsCancellationRequested ? ValueTask.FromCanceled<int>(cancellationToken) : new(Read(buffer.Span));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush() { }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException("The pieces come one after the other.");

    public override void SetLength(long value) => throw new NotSupportedException("An export is only read here.");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("An export is only read here.");

    /// <summary>Reads what the visitor left.</summary>
    /// <exception cref="ExportFileException">The bytes are not those of the id.</exception>
    public void Finish()
    {
        while (_given < size)
        {
            if (_piece.IsEmpty)
            {
                NextPiece();
            }
            _given += _piece.Length;
            _piece = default;
        }
        if (_hasher.Finish() != id.Value)
        {
            throw records.Wrong($"the bytes of {id} do not have its hash.");
        }
    }

    private void NextPiece()
    {
        // A blob may take minutes, and the reader of this stream does not look at this token.
        cancellation.ThrowIfCancellationRequested();
        records.Next();
        if (records.Kind != ExportRecordKind.BlobPiece || records.Rest.IsEmpty || records.Rest.Length > size - _given)
        {
            throw records.Wrong($"the pieces of {id} are not the {size} bytes that it has.");
        }
        _piece = records.Rest;
        _hasher.Update(_piece.Span);
    }
}
