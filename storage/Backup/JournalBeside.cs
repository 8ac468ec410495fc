namespace Marketplace.Storage;

/// <summary>What a segment held when it was read: its bytes up to the last whole record.</summary>
internal sealed record SegmentCopy(
    long Number,
    uint Format,
    long FirstSequence,
    long LastSequence,
    DateTimeOffset? LastWrittenAt,
    ReadOnlyMemory<byte> Bytes
);

/// <summary>
/// Reads the journal of a store that may be writing it: the files of this machine show each write at once, and a record that is not whole
/// yet is not read. What was acknowledged before a segment is read is in the copy.
/// </summary>
internal sealed class JournalBeside(string folder)
{
    /// <summary>Of a segment that the fold renames at this moment.</summary>
    private const int OpensMax = 4;

    /// <summary>Numbers of the segments, folded ones that are kept included, in order.</summary>
    public IReadOnlyList<long> Numbers() => Numbers(name => JournalFormat.SegmentNumber(name) ?? JournalFormat.FoldedNumber(name));

    /// <summary>Numbers of the segments that a start would read, in order.</summary>
    public IReadOnlyList<long> UnfoldedNumbers() => Numbers(JournalFormat.SegmentNumber);

    /// <returns>Null: the store has deleted it.</returns>
    /// <exception cref="StoreDamagedException">It is no segment.</exception>
    public SegmentCopy? Read(long number)
    {
        if (ReadBytes(number) is not { } bytes)
        {
            return null;
        }
        var file = Path.Combine(folder, JournalFormat.SegmentName(number));
        return Parse(file, number, bytes);
    }

    /// <summary>The sequence of the segment's first record; null: the store has deleted it.</summary>
    public long? FirstSequence(long number)
    {
        using var file = Open(number);
        if (file is null)
        {
            return null;
        }
        var header = new byte[JournalFormat.SegmentHeaderBytes];
        file.ReadAtLeast(header, header.Length, throwOnEndOfStream: false);
        return JournalFormat.ReadSegmentHeader(file.Name, header, number);
    }

    /// <exception cref="StoreDamagedException">It is no segment.</exception>
    public static SegmentCopy Parse(string file, long number, ReadOnlyMemory<byte> bytes)
    {
        var first = JournalFormat.ReadSegmentHeader(file, bytes.Span, number);
        var (offset, last, writtenAt) = (JournalFormat.SegmentHeaderBytes, first - 1, (DateTimeOffset?)null);
        foreach (var record in Records(bytes, first))
        {
            (offset, last, writtenAt) = (offset + JournalFormat.Padded(record.Length), record.Sequence, record.WrittenAt ?? writtenAt);
        }
        return new SegmentCopy(number, JournalFormat.FormatOf(bytes.Span), first, last, writtenAt, bytes[..Math.Min(offset, bytes.Length)]);
    }

    /// <summary>The whole records of a segment, in order.</summary>
    public static IEnumerable<JournalRecord> Records(ReadOnlyMemory<byte> segment, long firstSequence)
    {
        var next = firstSequence;
        for (
            var offset = JournalFormat.SegmentHeaderBytes;
            offset < segment.Length && JournalRecord.TryRead(segment[offset..], out var record) && record.Sequence == next;
            offset += JournalFormat.Padded(record.Length)
        )
        {
            next++;
            yield return record;
        }
    }

    private List<long> Numbers(Func<string, long?> number) =>
        [.. Directory.EnumerateFiles(folder).Select(path => number(Path.GetFileName(path))).OfType<long>().Distinct().Order()];

    private byte[]? ReadBytes(long number)
    {
        using var file = Open(number);
        if (file is null)
        {
            return null;
        }
        var bytes = new byte[file.Length];
        var count = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return bytes[..count];
    }

    private FileStream? Open(long number)
    {
        for (var open = 0; open < OpensMax; open++)
        {
            foreach (var name in (string[])[JournalFormat.SegmentName(number), JournalFormat.FoldedName(number)])
            {
                try
                {
                    return new FileStream(
                        Path.Combine(folder, name),
                        FileMode.Open,
                        FileAccess.Read,
                        FileShare.ReadWrite | FileShare.Delete,
                        bufferSize: 0
                    );
                }
                catch (FileNotFoundException)
                {
                    // It has the other name, or gets it now.
                }
            }
        }
        return null;
    }
}
