namespace Marketplace.Storage;

/// <summary>What the segments held.</summary>
internal sealed record RecoveredJournal(IReadOnlyList<ClosedSegment> Segments, long LastNumber, long LastSequence, bool ClosedCleanly);

/// <summary>
/// Reads every segment in order. Only the last one may end in a torn record, because nothing is written to a segment before the one
/// before it is durable; and only records that no later record calls durable may be missing. Anything else is damage: it refuses.
/// </summary>
internal sealed class JournalRecovery(IJournalFiles files, Action<JournalRecord> apply)
{
    private bool _readsOnly;
    private long _sequence;
    private bool _closed;

    /// <param name="foldedSequence">Records up to here may be gone, because the tables hold them.</param>
    public RecoveredJournal Run(long foldedSequence)
    {
        var numbers = files.List().Select(JournalFormat.SegmentNumber).OfType<long>().Order().ToArray();
        if (numbers.Length == 0 && foldedSequence > 0)
        {
            throw new StoreDamagedException(
                files.Folder,
                0,
                $"the journal has no segments, but the tables follow its record {foldedSequence}."
            );
        }
        var segments = new List<ClosedSegment>();
        for (var index = 0; index < numbers.Length; index++)
        {
            if (index > 0 && numbers[index] != numbers[index - 1] + 1)
            {
                throw Damage(numbers[index - 1] + 1, 0, "the segment is missing, later ones are there.");
            }
            ReadSegment(numbers[index], index == 0, index == numbers.Length - 1, foldedSequence);
            segments.Add(new ClosedSegment(numbers[index], _sequence));
        }
        if (_sequence < foldedSequence)
        {
            throw new StoreDamagedException(
                files.Folder,
                0,
                $"the journal ends with record {_sequence}, but the tables hold record {foldedSequence}: acknowledged writes are missing."
            );
        }
        return new RecoveredJournal(segments, numbers.Length == 0 ? 0 : numbers[^1], _sequence, _closed);
    }

    /// <summary>Reads all segments without changing any, and goes on behind a damage.</summary>
    public List<StoreDamagedException> Check(long foldedSequence)
    {
        _readsOnly = true;
        var damages = new List<StoreDamagedException>();
        var numbers = files.List().Select(JournalFormat.SegmentNumber).OfType<long>().Order().ToArray();
        for (var index = 0; index < numbers.Length; index++)
        {
            try
            {
                if (index > 0 && numbers[index] != numbers[index - 1] + 1)
                {
                    damages.Add(Damage(numbers[index - 1] + 1, 0, "the segment is missing, later ones are there."));
                }
                var isFirst = index == 0 || (damages.Count > 0 && damages[^1].File.EndsWith(JournalFormat.SegmentName(numbers[index] - 1)));
                ReadSegment(
                    numbers[index],
                    isFirst,
                    index == numbers.Length - 1,
                    isFirst && index > 0 ? long.MaxValue - 1 : foldedSequence
                );
            }
            catch (StoreDamagedException damage)
            {
                damages.Add(damage);
            }
        }
        if (damages.Count == 0 && _sequence < foldedSequence)
        {
            damages.Add(
                new StoreDamagedException(
                    files.Folder,
                    0,
                    $"the journal ends with record {_sequence}, but the tables hold record {foldedSequence}."
                )
            );
        }
        return damages;
    }

    private void ReadSegment(long number, bool first, bool last, long foldedSequence)
    {
        using var file = files.Open(JournalFormat.SegmentName(number));
        var bytes = new byte[file.Length];
        if (file.Read(0, bytes) != bytes.Length)
        {
            throw Damage(number, 0, "the file ends before its length.");
        }
        var firstSequence = JournalFormat.ReadSegmentHeader(PathOf(number), bytes, number);
        if (first ? firstSequence > foldedSequence + 1 : firstSequence != _sequence + 1)
        {
            throw Damage(
                number,
                24,
                $"it starts with record {firstSequence}, but records after {(first ? foldedSequence : _sequence)} are missing."
            );
        }
        _sequence = firstSequence - 1;
        var end = ReadRecords(bytes);
        // A whole record further on that calls this place durable proves that what is broken here was acknowledged.
        if (FindProof(bytes, end) is { } proof)
        {
            throw Damage(number, end, $"record {_sequence + 1} is broken, though it was durable: record {proof.Sequence} says so.");
        }
        if (_readsOnly || !last || (_closed && end == bytes.Length))
        {
            return;
        }
        // What was read may be in the system's memory only, after a failed fsync even without waiting to be written. It counts as durable
        // from now on, so it is written again; the bytes are the same, so a power cut in the middle of it does no harm.
        file.SetLength(end);
        file.Write(0, bytes.AsSpan(0, end));
        file.Flush();
    }

    /// <returns>Where the first record that is not whole would start.</returns>
    private int ReadRecords(ReadOnlyMemory<byte> bytes)
    {
        var offset = JournalFormat.SegmentHeaderBytes;
        while (offset < bytes.Length && JournalRecord.TryRead(bytes[offset..], out var record) && record.Sequence == _sequence + 1)
        {
            _sequence = record.Sequence;
            _closed = record.Kind == JournalRecordKind.Closed;
            if (!_closed)
            {
                apply(record);
            }
            offset += JournalFormat.Padded(record.Length);
        }
        return Math.Min(offset, bytes.Length);
    }

    private JournalRecord? FindProof(ReadOnlyMemory<byte> bytes, int from)
    {
        for (var offset = from; offset < bytes.Length; offset += JournalFormat.Alignment)
        {
            if (JournalRecord.TryRead(bytes[offset..], out var record) && record.Sequence > _sequence && record.DurableBefore > _sequence)
            {
                return record;
            }
        }
        return null;
    }

    private StoreDamagedException Damage(long number, long offset, string what) => new(PathOf(number), offset, what);

    private string PathOf(long number) => Path.Combine(files.Folder, JournalFormat.SegmentName(number));
}
