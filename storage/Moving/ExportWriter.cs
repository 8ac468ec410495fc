using System.Buffers.Binary;
using System.Text;
using Marketplace.Crypto;

namespace Marketplace.Storage;

/// <summary>Writes an export file from its first byte to its seal; memory is one record.</summary>
internal sealed class ExportWriter
{
    private readonly Stream _file;
    private readonly Blake3Hasher _hasher = new();
    private readonly ContentsTally _tally = new();
    private byte[] _record = new byte[1 << 16];
    private int _length;
    private long _secrets;

    public ExportWriter(Stream file)
    {
        _file = file;
        Put(ExportFormat.Header());
    }

    public long BytesWritten { get; private set; }

    public ContentsSummary Summary => _tally.Summary;

    public void About(DateTimeOffset at, string source)
    {
        Begin(ExportRecordKind.About);
        Number(at.UtcTicks);
        Bytes(Encoding.UTF8.GetBytes(source));
        End();
    }

    public void Secret(string name, ReadOnlySpan<byte> content)
    {
        _secrets++;
        Begin(ExportRecordKind.Secret);
        Name(name);
        Bytes(content);
        End();
    }

    public void Document(DocumentKey key, ReadOnlySpan<byte> content)
    {
        _tally.Document(key, content);
        Begin(ExportRecordKind.Document);
        Name(key.Kind);
        Name(key.Id);
        Bytes(content);
        End();
    }

    public void Entry(string stream, long version, ReadOnlySpan<byte> content)
    {
        _tally.Entry(stream, version, content);
        Begin(ExportRecordKind.Entry);
        Name(stream);
        Number(version);
        Bytes(content);
        End();
    }

    public async ValueTask Blob(BlobId id, long size, Stream content, Action<long>? onBytes, CancellationToken cancellation)
    {
        _tally.Blob(id, size);
        Begin(ExportRecordKind.Blob);
        Bytes(id.Value.ToArray());
        Number(size);
        End();
        var piece = new byte[MovePolicy.BlobPieceBytes];
        for (var left = size; left > 0; )
        {
            var count = await content
                .ReadAtLeastAsync(piece.AsMemory(0, (int)Math.Min(piece.Length, left)), 1, throwOnEndOfStream: true, cancellation)
                .ConfigureAwait(false);
            Begin(ExportRecordKind.BlobPiece);
            Bytes(piece.AsSpan(0, count));
            End();
            left -= count;
            onBytes?.Invoke(count);
        }
    }

    /// <summary>Seals the file; nothing may follow.</summary>
    public ContentsSummary Finish()
    {
        var summary = _tally.Summary;
        var root = _hasher.Finish();
        Begin(ExportRecordKind.End);
        foreach (var number in (long[])[summary.Documents, summary.Streams, summary.Entries, summary.Blobs, summary.BlobBytes, _secrets])
        {
            Number(number);
        }
        Bytes(summary.Digest.ToArray());
        Bytes(root.ToArray());
        End();
        return summary;
    }

    private void Begin(ExportRecordKind kind)
    {
        _record[ExportFormat.RecordHeadBytes - 1] = (byte)kind;
        _length = ExportFormat.RecordHeadBytes;
    }

    private void Name(string name)
    {
        var bytes = Encoding.UTF8.GetBytes(name);
        Room(sizeof(ushort));
        BinaryPrimitives.WriteUInt16LittleEndian(_record.AsSpan(_length), checked((ushort)bytes.Length));
        _length += sizeof(ushort);
        Bytes(bytes);
    }

    private void Number(long value)
    {
        Room(sizeof(long));
        BinaryPrimitives.WriteInt64LittleEndian(_record.AsSpan(_length), value);
        _length += sizeof(long);
    }

    private void Bytes(ReadOnlySpan<byte> bytes)
    {
        Room(bytes.Length);
        bytes.CopyTo(_record.AsSpan(_length));
        _length += bytes.Length;
    }

    private void Room(int bytes)
    {
        if (_length + bytes + ExportFormat.ChecksumBytes > _record.Length)
        {
            Array.Resize(ref _record, Math.Max(2 * _record.Length, _length + bytes + ExportFormat.ChecksumBytes));
        }
    }

    private void End()
    {
        Room(0);
        BinaryPrimitives.WriteInt32LittleEndian(_record, _length - ExportFormat.RecordHeadBytes);
        var checksum = ExportFormat.Checksum(
            _record.AsSpan(0, ExportFormat.RecordHeadBytes),
            _record.AsSpan(ExportFormat.RecordHeadBytes, _length - ExportFormat.RecordHeadBytes)
        );
        BinaryPrimitives.WriteUInt32LittleEndian(_record.AsSpan(_length), checksum);
        Put(_record.AsSpan(0, _length + ExportFormat.ChecksumBytes));
    }

    private void Put(ReadOnlySpan<byte> bytes)
    {
        _hasher.Update(bytes);
        _file.Write(bytes);
        BytesWritten += bytes.Length;
    }
}
