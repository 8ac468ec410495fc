using System.Globalization;

namespace Marketplace.Storage.BitRot;

/// <summary>
/// A segment of the journal with records of all kinds, of which each bit is flipped; recovery must name it, cut it off, or read it right.
/// </summary>
internal sealed class JournalRot : IDisposable
{
    /// <summary>Records in the last batch: what no later record calls durable.</summary>
    private const int LastBatch = 2;

    private static readonly DocumentKey First = new("kind", "first");

    private readonly BitRotTally _tally = new();
    private readonly bool _isClosed;
    private readonly int _fileBytes;
    private readonly List<string> _whole;
    private SimulatedDisk _disk;
    private string _file;

    private JournalRot(bool isClosed, int fileBytes)
    {
        (_isClosed, _fileBytes) = (isClosed, fileBytes);
        (_disk, _file) = Write();
        _whole = Check().Records;
    }

    /// <param name="isClosed">Whether the segment ends with the record of an orderly stop.</param>
    /// <param name="fileBytes">The segment is filled to its last byte; at least 512.</param>
    public static BitRotResult Run(bool isClosed, int fileBytes)
    {
        using var rot = new JournalRot(isClosed, fileBytes);
        for (var bit = 0L; bit < fileBytes * 8L; bit++)
        {
            try
            {
                rot.Flip(bit);
            }
            catch (Exception failure)
            {
                rot._tally.Require(false, bit, $"reading broke off: {failure.Message}");
                rot.Renew();
            }
        }
        return rot._tally.Result;
    }

    public void Dispose() => _disk.Dispose();

    private void Flip(long bit)
    {
        _tally.Count();
        _disk.Flip("journal", _file, bit);
        var (damages, records) = Check();
        if (damages > 0)
        {
            _tally.Detected++;
            _tally.Require(Recover() is null, bit, "the check names a damage, and recovery does not refuse it");
            _disk.Flip("journal", _file, bit);
            return;
        }
        if (records.Count < _whole.Count)
            _tally.Cut++;
        else
            _tally.Harmless++;
        // The closing record itself may go unnoticed: nothing is lost with it.
        var lost = _isClosed ? 0 : LastBatch;
        _tally.Require(records.Count >= _whole.Count - lost, bit, $"{_whole.Count - records.Count} records are gone");
        _tally.Require(records.SequenceEqual(_whole.Take(records.Count)), bit, "records differ from what was written");
        _tally.Require(Recover() is { } found && found.SequenceEqual(records), bit, "recovery reads something else than the check");
        _tally.Require(Recover() is { } again && again.SequenceEqual(records), bit, "a second recovery reads other records than the first");
        // Recovery has cut the tail off.
        Renew();
    }

    private void Renew()
    {
        _disk.Dispose();
        (_disk, _file) = Write();
    }

    private (int Damages, List<string> Records) Check()
    {
        _disk.EndProcess();
        var records = new List<string>();
        var damages = new JournalRecovery(_disk.Open().Journal, record => records.Add(Text(record))).Check(0);
        return (damages.Count, records);
    }

    /// <returns>Null where the journal was refused.</returns>
    private List<string>? Recover()
    {
        _disk.EndProcess();
        var records = new List<string>();
        try
        {
            new JournalRecovery(_disk.Open().Journal, record => records.Add(Text(record))).Run(0);
            return records;
        }
        catch (StoreDamagedException)
        {
            return null;
        }
    }

    private static string Text(JournalRecord record) => string.Create(
        CultureInfo.InvariantCulture,
        $"{record.Sequence} {record.Kind} {record.Name} {record.Id} {record.Version} {Convert.ToBase64String(record.Payload.Span)}");

    private (SimulatedDisk Disk, string File) Write()
    {
        var disk = new SimulatedDisk(1);
        var segments = new JournalSegments(disk.Open().Journal, _fileBytes);
        segments.Continue([], 0, 0);
        var framer = new JournalFramer(1);
        var room = _fileBytes - JournalFormat.SegmentHeaderBytes;
        var sequence = 0L;

        void Document(JournalRecordKind kind, long version, byte[] content) =>
            room -= framer.Document(kind, First, version, sequence, content).RecordBytes;

        void Append(int records)
        {
            sequence += records;
            segments.Append(framer.Take([]), sequence);
        }

        Document(JournalRecordKind.DocumentWritten, 1, Content(3));
        Append(1);
        room -= framer.Entries("stream", 1, sequence, [Content(1), Content(3)], 4).RecordBytes;
        Document(JournalRecordKind.DocumentDeleted, 2, []);
        Append(2);
        for (var version = 1; room > 600; version += 2)
        {
            Document(JournalRecordKind.DocumentWritten, version, Content(101));
            Document(JournalRecordKind.DocumentWritten, version + 1, Content(150));
            Append(2);
        }
        Document(JournalRecordKind.DocumentWritten, 1, Content(40));
        room -= _isClosed ? JournalFormat.Padded(JournalFormat.RecordHeaderBytes) : 0;
        // The last record takes what is left of the file, to the byte.
        var rest = room - JournalFormat.RecordHeaderBytes - First.Kind.Length - First.Id.Length;
        Document(JournalRecordKind.DocumentWritten, 2, Content(rest));
        Append(LastBatch);
        if (_isClosed)
        {
            framer.Closed(sequence);
            Append(1);
        }
        segments.Trim();
        var (file, bytes) = disk.FilesOf("journal").Single();
        if (bytes != _fileBytes)
            throw new InvalidOperationException($"This is a bug in the test: the segment has {bytes} bytes, it should have {_fileBytes}.");
        return (disk, file);
    }

    private static byte[] Content(int size)
    {
        var bytes = new byte[size];
        new Random(size).NextBytes(bytes);
        return bytes;
    }
}
