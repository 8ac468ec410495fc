using System.Globalization;

namespace Marketplace.Storage.BitRot;

/// <summary>
/// A segment of the journal as a busy store writes it, with records of all kinds. Each bit is flipped; recovery must name it, cut it off,
/// or read it right.
/// </summary>
internal sealed class JournalRot : IDisposable
{
    /// <summary>Records in the last batch: what no later record calls durable.</summary>
    private const int LastBatch = 2;

    private static readonly DocumentKey First = new("kind", "first");

    private static int NameBytes => First.Kind.Length + First.Id.Length;

    private readonly BitRotTally _tally = new();
    private readonly bool _isClosed;
    private readonly string _file;
    private readonly byte[] _segment;
    private readonly List<string> _whole;
    private SimulatedDisk _disk;

    private JournalRot(bool isClosed, int fileBytes)
    {
        _isClosed = isClosed;
        (_file, _segment) = Segment(isClosed, fileBytes);
        _disk = Write();
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
        {
            _tally.Cut++;
        }
        else
        {
            _tally.Harmless++;
        }
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
        _disk = Write();
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

    private static string Text(JournalRecord record) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{record.Sequence} {record.Kind} {record.Name} {record.Id} {record.Version} {Convert.ToBase64String(record.Payload.Span)}"
        );

    /// <summary>Puts the segment on a new disk: writing it with a store each time would take minutes.</summary>
    private SimulatedDisk Write()
    {
        var disk = new SimulatedDisk(1);
        var journal = disk.Open().Journal;
        var file = journal.Create(_file, _segment.Length);
        file.Write(0, _segment);
        file.Flush();
        journal.FlushFolder();
        return disk;
    }

    /// <summary>The record that says that a process stopped in order: a batch of its own.</summary>
    internal static int ClosingBytes { get; } = JournalFormat.Padded(JournalFormat.RecordHeaderBytes + JournalFormat.TimeBytes);

    private static (string File, byte[] Bytes) Segment(bool isClosed, int fileBytes)
    {
        using var disk = new SimulatedDisk(1);
        // What a store sets aside may be more than is asked for here: the rest must be zeros, as if it had never been there.
        var store = new BusyStore(disk, Math.Max(fileBytes, EmbeddedStoreOptions.SegmentBytesMin));
        store.Run(Batches(fileBytes - (isClosed ? ClosingBytes : 0)));
        if (isClosed)
        {
            store.Close();
        }
        else
        {
            store.Kill();
        }
        disk.EndProcess();
        var (name, size) = disk.FilesOf("journal").Single();
        var bytes = new byte[size];
        disk.Open().Journal.Open(name).Read(0, bytes);
        if (size < fileBytes || bytes.AsSpan(fileBytes).ContainsAnyExcept((byte)0))
        {
            throw new InvalidOperationException($"This is a bug in the test: the records do not end at byte {fileBytes} of {size}.");
        }
        return (name, bytes[..fileBytes]);
    }

    /// <summary>Records of all kinds, in batches that fill a segment up to its last byte.</summary>
    private static List<Action<EmbeddedStore>> Batches(int endsAt)
    {
        var batches = new List<Action<EmbeddedStore>>();
        var room = endsAt - JournalFormat.SegmentHeaderBytes;

        int HeadBytes(bool begins) => JournalFormat.RecordHeaderBytes + (begins ? JournalFormat.TimeBytes : 0);

        void Take(int bytes, bool begins) => room -= JournalFormat.Padded(HeadBytes(begins) + bytes);

        // What begins a batch has the batch's time.
        Action<EmbeddedStore> Document(long expected, int size, bool begins = true)
        {
            Take(NameBytes + size, begins);
            return store => _ = store.Write(First, expected, Content(size));
        }

        batches.Add(Document(0, 3));
        Take("stream".Length + (4 + 1) + (4 + 3), begins: true);
        Take(NameBytes, begins: false);
        batches.Add(store =>
        {
            _ = store.Append("stream", 0, [Content(1), Content(3)]);
            _ = store.Delete(First, 1);
        });
        var version = 0L;
        while (room > 600)
        {
            batches.Add(Document(version++, 101) + Document(version++, 150, begins: false));
        }
        // The last record takes what is left, to the byte.
        var last = Document(version++, 40);
        batches.Add(last + Document(version, room - HeadBytes(begins: false) - NameBytes, begins: false));
        return batches;
    }

    private static byte[] Content(int size)
    {
        var bytes = new byte[size];
        new Random(size).NextBytes(bytes);
        return bytes;
    }
}
