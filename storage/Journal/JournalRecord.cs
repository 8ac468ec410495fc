using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Marketplace.Storage;

/// <summary>What a record of the journal says; the numbers are on disk.</summary>
public enum JournalRecordKind : byte
{
    DocumentWritten = 1,
    DocumentDeleted = 2,
    EntriesAppended = 3,
    Closed = 4,
}

/// <summary>The layout of a record: JOURNAL.md says it in words.</summary>
internal static class JournalFormat
{
    public const int RecordHeaderBytes = 36;
    public const int Alignment = 8;
    public const int SegmentHeaderBytes = 64;
    public const uint Version = 2;

    /// <summary>The format before batches had a time: what differs is that no record has one.</summary>
    public const uint VersionWithoutTimes = 1;

    /// <summary>Behind the header of a batch's first record: when the batch was written.</summary>
    public const int TimeBytes = 8;

    /// <summary>The mark of a record that has a time.</summary>
    public const byte HasTime = 1;

    /// <summary>Header, a time, two names, the payload, and four bytes of length for each entry.</summary>
    public const int RecordBytesMax =
        RecordHeaderBytes
        + TimeBytes
        + 2 * StoragePolicy.NameBytesMax
        + StoragePolicy.DocumentBytesMax
        + 4 * StoragePolicy.AppendEntriesMax;

    /// <summary>Strict: a lone surrogate would be stored as another name, and two documents would become one.</summary>
    public static readonly UTF8Encoding Text = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static ReadOnlySpan<byte> Magic => "MKTJOURN"u8;

    public static int Padded(int length) => (length + Alignment - 1) & ~(Alignment - 1);

    public static string SegmentName(long number) => $"{number:d16}.journal";

    /// <summary>A segment that is folded and stays for backups.</summary>
    public static string FoldedName(long number) => $"{number:d16}.folded";

    /// <returns>Null where the name is not one of a segment.</returns>
    public static long? SegmentNumber(string name) => Number(name, ".journal");

    /// <returns>Null where the name is not one of a folded segment.</returns>
    public static long? FoldedNumber(string name) => Number(name, ".folded");

    private static long? Number(string name, string ending) =>
        name.Length == 16 + ending.Length
        && name.EndsWith(ending, StringComparison.Ordinal)
        && long.TryParse(name.AsSpan(0, 16), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;

    public static void WriteSegmentHeader(Span<byte> header, long number, long firstSequence)
    {
        header.Clear();
        Magic.CopyTo(header);
        BinaryPrimitives.WriteUInt32LittleEndian(header[8..], Version);
        BinaryPrimitives.WriteInt64LittleEndian(header[16..], number);
        BinaryPrimitives.WriteInt64LittleEndian(header[24..], firstSequence);
        BinaryPrimitives.WriteUInt32LittleEndian(header[60..], Crc32C.Of(header[..60]));
    }

    public static uint FormatOf(ReadOnlySpan<byte> header) => BinaryPrimitives.ReadUInt32LittleEndian(header[8..]);

    /// <returns>The sequence of the segment's first record.</returns>
    /// <exception cref="StoreDamagedException">It is not the header of this segment.</exception>
    /// <exception cref="StoreNewerException">Its format is one that this program does not know yet.</exception>
    public static long ReadSegmentHeader(string file, ReadOnlySpan<byte> header, long number)
    {
        if (header.Length < SegmentHeaderBytes || !header.StartsWith(Magic))
        {
            throw new StoreDamagedException(file, 0, "it does not start like a journal segment.");
        }
        if (BinaryPrimitives.ReadUInt32LittleEndian(header[60..]) != Crc32C.Of(header[..60]))
        {
            throw new StoreDamagedException(file, 0, "the checksum of its header does not fit.");
        }
        if (FormatOf(header) > Version)
        {
            throw new StoreNewerException(file, FormatOf(header), Version);
        }
        if (FormatOf(header) < VersionWithoutTimes)
        {
            throw new StoreDamagedException(file, 8, $"its format version is {FormatOf(header)}, the first one was {VersionWithoutTimes}.");
        }
        return BinaryPrimitives.ReadInt64LittleEndian(header[16..]) is var inside && inside != number
            ? throw new StoreDamagedException(file, 16, $"its header names segment {inside}.")
            : BinaryPrimitives.ReadInt64LittleEndian(header[24..]);
    }
}

/// <summary>A record as it lies in a segment; its parts point into the bytes that it was read from.</summary>
internal readonly struct JournalRecord(ReadOnlyMemory<byte> bytes)
{
    private ReadOnlySpan<byte> Header => bytes.Span[..JournalFormat.RecordHeaderBytes];

    public int Length => bytes.Length;
    public long Sequence => SequenceOf(Header);

    /// <summary>Everything up to this sequence was durable before the record was written.</summary>
    public long DurableBefore => Sequence - BinaryPrimitives.ReadUInt32LittleEndian(Header[16..]);

    public JournalRecordKind Kind => (JournalRecordKind)Header[20];
    public int EntryCount => BinaryPrimitives.ReadUInt16LittleEndian(Header[26..]);
    public long Version => BinaryPrimitives.ReadInt64LittleEndian(Header[28..]);

    /// <summary>When the batch that begins with this record was written; null in the others, and in old segments.</summary>
    public DateTimeOffset? WrittenAt =>
        Header[21] == JournalFormat.HasTime
            ? JournalTime.Read(BinaryPrimitives.ReadInt64LittleEndian(bytes.Span[JournalFormat.RecordHeaderBytes..]))
            : null;

    /// <summary>The document's kind or the stream.</summary>
    public string Name => JournalFormat.Text.GetString(bytes.Span.Slice(HeadLength, NameLength));

    /// <summary>The document's id.</summary>
    public string Id => JournalFormat.Text.GetString(bytes.Span.Slice(HeadLength + NameLength, IdLength));

    public ReadOnlyMemory<byte> Payload => bytes[(HeadLength + NameLength + IdLength)..];

    private int HeadLength => JournalFormat.RecordHeaderBytes + (Header[21] == JournalFormat.HasTime ? JournalFormat.TimeBytes : 0);

    private int NameLength => BinaryPrimitives.ReadUInt16LittleEndian(Header[22..]);
    private int IdLength => BinaryPrimitives.ReadUInt16LittleEndian(Header[24..]);

    /// <summary>Finds the record that starts with the given bytes.</summary>
    /// <returns>False where they hold no whole record.</returns>
    public static bool TryRead(ReadOnlyMemory<byte> bytes, out JournalRecord record)
    {
        record = default;
        if (bytes.Length < JournalFormat.RecordHeaderBytes)
        {
            return false;
        }
        var span = bytes.Span;
        var length = BinaryPrimitives.ReadUInt32LittleEndian(span);
        if (length < JournalFormat.RecordHeaderBytes || length > Math.Min(bytes.Length, JournalFormat.RecordBytesMax))
        {
            return false;
        }
        if (BinaryPrimitives.ReadUInt32LittleEndian(span[4..]) != ChecksumOf(span[..(int)length]))
        {
            return false;
        }
        var head = JournalFormat.RecordHeaderBytes + (span[21] * JournalFormat.TimeBytes);
        if (span[21] > JournalFormat.HasTime || length < head)
        {
            return false;
        }
        // The checksum does not cover what fills up to the next multiple of eight; it must be zeros, so that no bit goes unwatched.
        if (span[(int)length..Math.Min(span.Length, JournalFormat.Padded((int)length))].ContainsAnyExcept((byte)0))
        {
            return false;
        }
        record = new JournalRecord(bytes[..(int)length]);
        return true;
    }

    public static long SequenceOf(ReadOnlySpan<byte> record) => BinaryPrimitives.ReadInt64LittleEndian(record[8..]);

    /// <summary>The checksum covers the length and everything after itself.</summary>
    public static uint ChecksumOf(ReadOnlySpan<byte> record) => Crc32C.Continue(Crc32C.Of(record[..4]), record[8..]);

    /// <summary>The entries of an append, in order.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> Entries()
    {
        var rest = Payload;
        for (var index = 0; index < EntryCount; index++)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(rest.Span);
            yield return rest.Slice(4, length);
            rest = rest[(4 + length)..];
        }
    }
}
