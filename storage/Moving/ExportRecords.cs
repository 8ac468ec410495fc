using System.Buffers.Binary;
using System.Text;
using Marketplace.Crypto;

namespace Marketplace.Storage;

/// <summary>Reads the records of an export file one after the other, and checks each one's checksum.</summary>
internal sealed class ExportRecords
{
    private readonly Stream _file;
    private readonly string _name;
    private readonly Blake3Hasher _hasher = new();
    private byte[] _payload = new byte[1 << 16];
    private int _length;
    private int _at;

    /// <exception cref="ExportFileException">The file is not an export, or of another version.</exception>
    public ExportRecords(Stream file, string name)
    {
        (_file, _name) = (file, name);
        var header = new byte[ExportFormat.HeaderBytes];
        var read = file.ReadAtLeast(header, header.Length, throwOnEndOfStream: false);
        if (ExportFormat.CheckHeader(header.AsSpan(0, read)) is { } wrong)
        {
            throw Wrong(wrong);
        }
        _hasher.Update(header);
        Position = header.Length;
    }

    /// <summary>Where the next record begins.</summary>
    public long Position { get; private set; }

    public ExportRecordKind Kind { get; private set; }

    /// <summary>The hash of all before the record that was read last.</summary>
    public Bytes32 RootBefore { get; private set; }

    public bool AtEndOfFile => _file.ReadByte() < 0;

    /// <summary>What of the record was not read yet.</summary>
    public ReadOnlyMemory<byte> Rest => _payload.AsMemory(_at, _length - _at);

    public void Next()
    {
        Span<byte> head = stackalloc byte[ExportFormat.RecordHeadBytes];
        if (_file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) < head.Length)
        {
            throw Wrong("the file ends before its seal: it was cut, or the export was not finished.");
        }
        var length = BinaryPrimitives.ReadUInt32LittleEndian(head);
        if (length > MovePolicy.RecordBytesMax)
        {
            throw Wrong($"a record of {length} bytes cannot be there.");
        }
        _length = (int)length;
        if (_payload.Length < _length + ExportFormat.ChecksumBytes)
        {
            _payload = new byte[_length + ExportFormat.ChecksumBytes];
        }
        var body = _payload.AsSpan(0, _length + ExportFormat.ChecksumBytes);
        if (_file.ReadAtLeast(body, body.Length, throwOnEndOfStream: false) < body.Length)
        {
            throw Wrong("the file ends inside of a record: it was cut, or the export was not finished.");
        }
        if (BinaryPrimitives.ReadUInt32LittleEndian(body[_length..]) != ExportFormat.Checksum(head, body[.._length]))
        {
            throw Wrong("the record's checksum does not fit: the file was changed.");
        }
        Kind = (ExportRecordKind)head[^1];
        if (Kind == ExportRecordKind.End)
        {
            RootBefore = _hasher.Finish();
        }
        _hasher.Update(head);
        _hasher.Update(body);
        Position += head.Length + body.Length;
        _at = 0;
    }

    public string Name()
    {
        var length = BinaryPrimitives.ReadUInt16LittleEndian(Take(sizeof(ushort)));
        return Encoding.UTF8.GetString(Take(length));
    }

    public long Number() => BinaryPrimitives.ReadInt64LittleEndian(Take(sizeof(long)));

    public Bytes32 Hash() => new(Take(Bytes32.Size));

    public ExportFileException Wrong(string what) => new(_name, Position, what);

    private ReadOnlySpan<byte> Take(int bytes)
    {
        if (_length - _at < bytes)
        {
            throw Wrong("a record is shorter than what it says. This is a bug in what wrote it.");
        }
        _at += bytes;
        return _payload.AsSpan(_at - bytes, bytes);
    }
}
