using System.Buffers.Binary;

namespace Marketplace.Storage;

internal sealed record ArchivedDocument(DocumentKey Key, StoredDocument Document);

/// <summary>
/// Ended documents, appended once and never changed, in files of bounded size. A position is the file's number and the offset. What is
/// appended is durable after <see cref="Flush"/>; until then the journal has it. JOURNAL.md has the layout.
/// </summary>
internal sealed class Archive : IDisposable
{
    public const int RecordHeaderBytes = 24;

    private const int OffsetBits = 32;

    private readonly IJournalFiles _files;
    private readonly long _fileBytes;
    private readonly Lock _gate = new();
    private readonly Dictionary<long, IJournalFile> _open = [];
    private byte[] _buffer = new byte[1 << 18];
    private int _buffered;
    private IJournalFile? _active;
    private long _number;
    private long _position;
    private bool _flushed = true;

    /// <summary>A torn tail of an earlier life stays where it is: no index row points to it.</summary>
    public Archive(IJournalFiles files, long fileBytes)
    {
        (_files, _fileBytes) = (files, fileBytes);
        var last = files.List().Select(FileNumber).OfType<long>().DefaultIfEmpty().Max();
        _number = last;
        if (last == 0)
        {
            return;
        }
        _active = OpenFile(last);
        _position = _active!.Length;
    }

    /// <summary>Bytes that were appended since it was opened.</summary>
    public long Written { get; private set; }

    public static string FileName(long number) => $"{number:d10}.archive";

    public static long? FileNumber(string name) =>
        name.Length == 18 && name.EndsWith(".archive", StringComparison.Ordinal) && long.TryParse(name.AsSpan(0, 10), out var number)
            ? number
            : null;

    public static (long Number, long Offset) Split(long position) => (position >> OffsetBits, position & ((1L << OffsetBits) - 1));

    /// <summary>Belongs to the fold, like <see cref="Write"/> and <see cref="Flush"/>.</summary>
    public long Append(DocumentKey key, StoredDocument document)
    {
        var nameBytes = JournalFormat.Text.GetByteCount(key.Kind);
        var idBytes = JournalFormat.Text.GetByteCount(key.Id);
        var length = RecordHeaderBytes + nameBytes + idBytes + document.Content.Length;
        if (_active is null || _position + _buffered + length > _fileBytes)
        {
            StartFile();
        }
        if (_buffered + length > _buffer.Length)
        {
            Write();
        }
        if (length > _buffer.Length)
        {
            _buffer = new byte[length];
        }
        var record = _buffer.AsSpan(_buffered, length);
        BinaryPrimitives.WriteInt32LittleEndian(record, length);
        BinaryPrimitives.WriteInt64LittleEndian(record[8..], document.Version);
        BinaryPrimitives.WriteUInt16LittleEndian(record[16..], (ushort)nameBytes);
        BinaryPrimitives.WriteUInt16LittleEndian(record[18..], (ushort)idBytes);
        record[20..24].Clear();
        var rest = record[RecordHeaderBytes..];
        JournalFormat.Text.GetBytes(key.Kind, rest);
        JournalFormat.Text.GetBytes(key.Id, rest[nameBytes..]);
        document.Content.Span.CopyTo(rest[(nameBytes + idBytes)..]);
        BinaryPrimitives.WriteUInt32LittleEndian(record[4..], JournalRecord.ChecksumOf(record));
        var position = (_number << OffsetBits) | (_position + _buffered);
        _buffered += length;
        return position;
    }

    /// <summary>What is appended from here on goes into files that hold nothing else.</summary>
    /// <returns>The number of the first of them.</returns>
    public long StartAfresh()
    {
        if (_active is not null)
        {
            Flush();
        }
        _active = null;
        return _number + 1;
    }

    /// <summary>Hands what was appended to the file, so that it can be read.</summary>
    public void Write()
    {
        if (_buffered == 0)
        {
            return;
        }
        Written += _buffered;
        _active!.Write(_position, _buffer.AsSpan(0, _buffered));
        _position += _buffered;
        _buffered = 0;
        _flushed = false;
    }

    public void Flush()
    {
        Write();
        if (_flushed)
        {
            return;
        }
        _active!.Flush();
        _flushed = true;
    }

    /// <returns>How many bytes the record at the position says that it has; null where there is none.</returns>
    public long? TryReadLength(long position)
    {
        var (number, offset) = Split(position);
        Span<byte> length = stackalloc byte[sizeof(int)];
        return OpenFile(number)?.Read(offset, length) == length.Length ? BinaryPrimitives.ReadUInt32LittleEndian(length) : null;
    }

    /// <exception cref="StoreDamagedException">There is no whole record at the position.</exception>
    public ArchivedDocument Read(long position)
    {
        if (TryRead(position, out var document, out var what))
        {
            return document;
        }
        throw Damage(position, what);
    }

    public StoreDamagedException Damage(long position, string what)
    {
        var (number, offset) = Split(position);
        return new StoreDamagedException(Path.Combine(_files.Folder, FileName(number)), offset, what);
    }

    public bool TryRead(long position, out ArchivedDocument document, out string what)
    {
        document = null!;
        var (number, offset) = Split(position);
        if (OpenFile(number) is not { } file)
        {
            what = "the file is missing.";
            return false;
        }
        Span<byte> header = stackalloc byte[RecordHeaderBytes];
        if (file.Read(offset, header) < RecordHeaderBytes)
        {
            what = "the file ends before the record.";
            return false;
        }
        var length = BinaryPrimitives.ReadUInt32LittleEndian(header);
        if (length < RecordHeaderBytes || length > JournalFormat.RecordBytesMax || offset + length > file.Length)
        {
            what = $"a record of {length} bytes cannot be there.";
            return false;
        }
        var record = new byte[length];
        if (
            file.Read(offset, record) < length
            || BinaryPrimitives.ReadUInt32LittleEndian(record.AsSpan(4)) != JournalRecord.ChecksumOf(record)
        )
        {
            what = "the record's checksum does not fit.";
            return false;
        }
        document = Parse(record);
        what = "";
        return true;
    }

    public void Dispose()
    {
        foreach (var file in _open.Values)
        {
            file.Dispose();
        }
    }

    private static ArchivedDocument Parse(byte[] record)
    {
        var nameBytes = BinaryPrimitives.ReadUInt16LittleEndian(record.AsSpan(16));
        var idBytes = BinaryPrimitives.ReadUInt16LittleEndian(record.AsSpan(18));
        var kind = JournalFormat.Text.GetString(record, RecordHeaderBytes, nameBytes);
        var id = JournalFormat.Text.GetString(record, RecordHeaderBytes + nameBytes, idBytes);
        return new ArchivedDocument(
            new DocumentKey(kind, id),
            new StoredDocument(
                BinaryPrimitives.ReadInt64LittleEndian(record.AsSpan(8)),
                record.AsMemory(RecordHeaderBytes + nameBytes + idBytes)
            )
        );
    }

    private void StartFile()
    {
        if (_active is not null)
        {
            Flush();
        }
        _number++;
        var file = _files.Create(FileName(_number), 0);
        _files.FlushFolder();
        lock (_gate)
        {
            _open.Add(_number, file);
        }
        _active = file;
        _position = 0;
    }

    // Files stay open: at 1 GiB each, a terabyte of ended documents takes 1,024 handles (.NET raises the soft limit to the hard one).
    private IJournalFile? OpenFile(long number)
    {
        lock (_gate)
        {
            if (_open.TryGetValue(number, out var file))
            {
                return file;
            }
            try
            {
                file = _files.Open(FileName(number));
            }
            catch (FileNotFoundException)
            {
                return null;
            }
            _open.Add(number, file);
            return file;
        }
    }
}
