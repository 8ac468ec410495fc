using System.Buffers.Binary;

namespace Marketplace.Storage;

/// <summary>Where a record lies: the bytes of its payload stay valid as long as something refers to them.</summary>
internal readonly record struct Frame(long Sequence, int RecordBytes, ReadOnlyMemory<byte> Payload);

/// <summary>
/// Lays records into memory: what a write keeps in memory until it is folded is the very bytes that go to the segment, so a document is
/// copied once. Every member but <see cref="Seal"/> belongs to the store's gate.
/// </summary>
internal sealed class JournalFramer(long nextSequence)
{
    /// <summary>Below the size from which .NET puts an array on the large object heap, which only full collections clean.</summary>
    private const int ChunkBytes = 64 * 1024;

    private byte[] _chunk = [];
    private int _start;
    private int _end;
    private List<Memory<byte>> _ready = [];

    public long NextSequence { get; private set; } = nextSequence;

    public Frame Document(JournalRecordKind kind, DocumentKey key, long version, ReadOnlySpan<byte> content)
    {
        var nameBytes = JournalFormat.Text.GetByteCount(key.Kind);
        var idBytes = JournalFormat.Text.GetByteCount(key.Id);
        var head = HeadBytes;
        var record = Reserve(head + nameBytes + idBytes + content.Length, out var offset);
        WriteHeader(record, head, kind, nameBytes, idBytes, 0, version);
        var names = record[head..];
        JournalFormat.Text.GetBytes(key.Kind, names);
        JournalFormat.Text.GetBytes(key.Id, names[nameBytes..]);
        content.CopyTo(names[(nameBytes + idBytes)..]);
        return Finish(record, offset, content.Length);
    }

    public Frame Entries(string stream, long firstVersion, IReadOnlyList<ReadOnlyMemory<byte>> entries, int totalBytes)
    {
        var nameBytes = JournalFormat.Text.GetByteCount(stream);
        var payloadBytes = totalBytes + 4 * entries.Count;
        var head = HeadBytes;
        var record = Reserve(head + nameBytes + payloadBytes, out var offset);
        WriteHeader(record, head, JournalRecordKind.EntriesAppended, nameBytes, 0, entries.Count, firstVersion);
        JournalFormat.Text.GetBytes(stream, record[head..]);
        var rest = record[(head + nameBytes)..];
        for (var index = 0; index < entries.Count; index++)
        {
            var entry = entries[index].Span;
            BinaryPrimitives.WriteInt32LittleEndian(rest, entry.Length);
            entry.CopyTo(rest[4..]);
            rest = rest[(4 + entry.Length)..];
        }
        return Finish(record, offset, payloadBytes);
    }

    public void Closed()
    {
        var head = HeadBytes;
        var record = Reserve(head, out var offset);
        WriteHeader(record, head, JournalRecordKind.Closed, 0, 0, 0, 0);
        Finish(record, offset, 0);
    }

    /// <summary>
    /// Hands over what was framed since the last call, in order, to be sealed and written; the list is given back for the next batch.
    /// </summary>
    public List<Memory<byte>> Take(List<Memory<byte>> empty)
    {
        CloseRange();
        var taken = _ready;
        _ready = empty;
        return taken;
    }

    /// <summary>
    /// Stamps a batch that is about to be written: everything before it is durable, and each of its records says so. When a record was
    /// framed, the batch before its own was still on its way, so what was known then would leave that batch without a proof. Readers of the
    /// payload are not disturbed.
    /// </summary>
    /// <param name="batch">Taken from the framer, and not written before the batch before it was durable.</param>
    /// <param name="durable">The last sequence of the batch before.</param>
    /// <param name="now">What the clock shows, before anything of the batch is written: who was told of it was told later.</param>
    public static void Seal(List<Memory<byte>> batch, long durable, DateTimeOffset now)
    {
        foreach (var range in batch)
        {
            var rest = range.Span;
            while (rest.Length > 0)
            {
                var length = BinaryPrimitives.ReadInt32LittleEndian(rest);
                var record = rest[..length];
                BinaryPrimitives.WriteUInt32LittleEndian(record[16..], checked((uint)(JournalRecord.SequenceOf(record) - durable)));
                if (record[21] == JournalFormat.HasTime)
                {
                    BinaryPrimitives.WriteInt64LittleEndian(record[JournalFormat.RecordHeaderBytes..], JournalTime.Of(now));
                }
                BinaryPrimitives.WriteUInt32LittleEndian(record[4..], JournalRecord.ChecksumOf(record));
                rest = rest[JournalFormat.Padded(length)..];
            }
        }
    }

    private Span<byte> Reserve(int length, out int offset)
    {
        var padded = JournalFormat.Padded(length);
        if (_chunk.Length - _end < padded)
        {
            CloseRange();
            _chunk = GC.AllocateUninitializedArray<byte>(Math.Max(ChunkBytes, padded));
            _start = _end = 0;
        }
        offset = _end;
        _chunk.AsSpan(_end + length, padded - length).Clear();
        _end += padded;
        return _chunk.AsSpan(offset, length);
    }

    /// <summary>The first record of a batch has room for the batch's time.</summary>
    private int HeadBytes => JournalFormat.RecordHeaderBytes + (_ready.Count == 0 && _end == _start ? JournalFormat.TimeBytes : 0);

    private void WriteHeader(
        Span<byte> record,
        int headBytes,
        JournalRecordKind kind,
        int nameBytes,
        int idBytes,
        int entries,
        long version
    )
    {
        BinaryPrimitives.WriteInt32LittleEndian(record, record.Length);
        BinaryPrimitives.WriteInt64LittleEndian(record[8..], NextSequence);
        record[20] = (byte)kind;
        record[21] = headBytes > JournalFormat.RecordHeaderBytes ? JournalFormat.HasTime : (byte)0;
        BinaryPrimitives.WriteUInt16LittleEndian(record[22..], (ushort)nameBytes);
        BinaryPrimitives.WriteUInt16LittleEndian(record[24..], (ushort)idBytes);
        BinaryPrimitives.WriteUInt16LittleEndian(record[26..], (ushort)entries);
        BinaryPrimitives.WriteInt64LittleEndian(record[28..], version);
    }

    private Frame Finish(Span<byte> record, int offset, int payloadBytes)
    {
        var payload = new ReadOnlyMemory<byte>(_chunk, offset + record.Length - payloadBytes, payloadBytes);
        return new Frame(NextSequence++, JournalFormat.Padded(record.Length), payload);
    }

    private void CloseRange()
    {
        if (_end > _start)
        {
            _ready.Add(new Memory<byte>(_chunk, _start, _end - _start));
        }
        _start = _end;
    }
}
