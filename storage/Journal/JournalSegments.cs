namespace Marketplace.Storage;

/// <summary>A segment that takes no more records.</summary>
internal readonly record struct ClosedSegment(long Number, long LastSequence);

/// <summary>
/// The segment files: the newest takes what the committing thread writes, the older ones wait until the fold has moved what is in them.
/// Writing belongs to the committing thread, deleting to the fold.
/// </summary>
internal sealed class JournalSegments(IJournalFiles files, long segmentBytes) : IDisposable
{
    private const string NewName = "new.journal-part";

    /// <summary>
    /// Zeros written ahead of small batches in one go: so that one batch in some hundred pays for it, and pays no more than a millisecond.
    /// </summary>
    private const int AheadBytes = 1 << 20;

    /// <summary>A larger batch has many writers that share what its flush costs, and would have every byte written twice.</summary>
    private const int SmallBatchBytes = 1 << 16;

    private static readonly byte[] Zeros = new byte[SmallBatchBytes];

    private readonly Queue<ClosedSegment> _closed = new();
    private readonly Lock _closedGate = new();
    private IJournalFile? _active;
    private long _number;
    private long _position;

    /// <summary>Up to here the file has been written, with records or with zeros.</summary>
    private long _writtenTo;
    private long _lastSequence;

    /// <summary>What recovery found: those segments stay until they are folded, and writing starts in a new one.</summary>
    public void Continue(IEnumerable<ClosedSegment> found, long lastNumber, long lastSequence)
    {
        foreach (var segment in found)
        {
            _closed.Enqueue(segment);
        }
        _number = lastNumber;
        _lastSequence = lastSequence;
        if (files.List().Contains(NewName))
        {
            files.Delete(NewName);
        }
        StartSegment();
    }

    /// <summary>Appends the ranges, which end with the record of the given sequence, and returns when they are on the disk.</summary>
    public void Append(List<Memory<byte>> ranges, long lastSequence)
    {
        Write(ranges);
        _active!.Flush();
        _lastSequence = lastSequence;
    }

    /// <summary>The first half of <see cref="Append"/>: hands the ranges to the file.</summary>
    public void Write(List<Memory<byte>> ranges)
    {
        if (_position >= segmentBytes)
        {
            Rotate();
        }
        var start = _position;
        foreach (var range in ranges)
        {
            _active!.Write(_position, range.Span);
            _position += range.Length;
        }
        if (_position > _writtenTo)
        {
            _writtenTo = _position;
            if (_position - start <= SmallBatchBytes)
            {
                WriteAhead();
            }
        }
    }

    /// <summary>
    /// Room that was only set aside reads as zeros, but each flush of a write into it also has to tell the file system that it is written
    /// now. Zeros that are written ahead say the same to every reader, and save that to the batches behind this one.
    /// </summary>
    private void WriteAhead()
    {
        var end = Math.Min(_position + AheadBytes, segmentBytes);
        while (_writtenTo < end)
        {
            var length = (int)Math.Min(Zeros.Length, end - _writtenTo);
            _active!.Write(_writtenTo, Zeros.AsSpan(0, length));
            _writtenTo += length;
        }
    }

    /// <summary>Gives the unused room of the last segment back to the disk.</summary>
    public void Trim()
    {
        _active!.SetLength(_position);
        _active.Flush();
    }

    /// <summary>True where <see cref="GiveUpThrough"/> would find something.</summary>
    public bool HasClosedThrough(long sequence)
    {
        lock (_closedGate)
        {
            return _closed.TryPeek(out var oldest) && oldest.LastSequence <= sequence;
        }
    }

    /// <summary>
    /// Gives up, oldest first, the closed segments that hold nothing after the sequence: deletes them, or keeps them for backups.
    /// </summary>
    /// <param name="sequence">All up to here is durable elsewhere.</param>
    /// <param name="isDiskShort">Nothing is kept: what the store itself writes needs the room.</param>
    public void GiveUpThrough(long sequence, bool isDiskShort)
    {
        var kept = new KeptSegments(files, segmentBytes);
        var keeps = kept.AreWanted && !isDiskShort;
        var changed = false;
        if (!keeps)
        {
            // The oldest go first, so that a crash leaves no gap, behind which no backup could go on.
            kept.DropOldest(all: true);
        }
        while (true)
        {
            ClosedSegment oldest;
            lock (_closedGate)
            {
                if (!_closed.TryPeek(out oldest) || oldest.LastSequence > sequence)
                {
                    break;
                }
                _closed.Dequeue();
            }
            if (keeps)
            {
                kept.Keep(oldest.Number);
            }
            else
            {
                files.Delete(JournalFormat.SegmentName(oldest.Number));
            }
            changed = true;
        }
        if (changed)
        {
            if (keeps)
            {
                kept.DropOldest(all: false);
            }
            files.FlushFolder();
        }
    }

    public void Dispose() => _active?.Dispose();

    private void Rotate()
    {
        _active!.Dispose();
        _active = null;
        lock (_closedGate)
        {
            _closed.Enqueue(new ClosedSegment(_number, _lastSequence));
        }
        StartSegment();
    }

    /// <summary>
    /// The header is durable before the file has its name and the name before anything is written behind it: a file that is called a
    /// segment always has a whole header, so a broken one is damage and never a torn creation.
    /// </summary>
    private void StartSegment()
    {
        _number++;
        var file = files.Create(NewName, segmentBytes);
        try
        {
            Span<byte> header = stackalloc byte[JournalFormat.SegmentHeaderBytes];
            JournalFormat.WriteSegmentHeader(header, _number, _lastSequence + 1);
            file.Write(0, header);
            file.Flush();
            files.Rename(NewName, JournalFormat.SegmentName(_number));
            files.FlushFolder();
        }
        catch
        {
            file.Dispose();
            throw;
        }
        _active = file;
        _position = _writtenTo = JournalFormat.SegmentHeaderBytes;
    }
}
