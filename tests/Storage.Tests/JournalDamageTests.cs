using System.Text;

namespace Marketplace.Storage;

public sealed class JournalDamageTests
{
    private static readonly DocumentKey First = new("kind", "first");

    [Fact]
    public void FirstRecord_HasTheBytesThatTheFormatDocumentShows()
    {
        var framer = new JournalFramer(1);
        framer.Document(JournalRecordKind.DocumentWritten, new DocumentKey("k", "a"), 1, 0, "hi"u8);
        Assert.Equal(
            "2800000068149617010000000000000001000000010001000100000001000000000000006b616869",
            Convert.ToHexStringLower(framer.Take([]).Single().Span));
    }

    [Fact]
    public void EachFlippedBitOfAClosedSegment_IsDamage()
    {
        using var disk = new SimulatedDisk(1);
        var whole = WriteSegment(disk, closed: true);
        var closing = whole[^1].Sequence + 1;
        var file = disk.FilesOf("journal").Keys.Single();
        var bytes = disk.FilesOf("journal")[file];
        var refused = 0;
        for (long bit = 0; bit < bytes * 8; bit++)
        {
            disk.Flip("journal", file, bit);
            var (damages, records) = Read(disk);
            // Only the closing record may go unnoticed: nothing is lost with it.
            if (damages.Count == 0)
                Assert.Equal(whole, records);
            refused += damages.Count;
            disk.Flip("journal", file, bit);
        }
        var closingBytes = JournalFormat.Padded(JournalFormat.RecordHeaderBytes);
        Assert.True(refused >= (bytes - closingBytes) * 8, $"{refused} of {bytes * 8} flips were refused.");
        Assert.Equal(closing, whole.Count + 1);
        Assert.Empty(Read(disk).Damages);
    }

    [Fact]
    public void EachFlippedBitOfAnOpenSegment_IsDamageOrCutsTheLastBatch()
    {
        using var disk = new SimulatedDisk(1);
        var whole = WriteSegment(disk, closed: false);
        var file = disk.FilesOf("journal").Keys.Single();
        for (long bit = 0; bit < disk.FilesOf("journal")[file] * 8; bit++)
        {
            disk.Flip("journal", file, bit);
            var (damages, records) = Read(disk);
            if (damages.Count == 0)
            {
                // The last batch is what no later record calls durable: here the last two records.
                Assert.True(records.Count >= whole.Count - 2, $"bit {bit}: {whole.Count - records.Count} records are gone");
                Assert.Equal(whole.Take(records.Count), records);
            }
            disk.Flip("journal", file, bit);
        }
    }

    [Fact]
    public async Task MissingSegment_IsRefusedByName()
    {
        using var folder = new TemporaryFolder();
        await FillSegments(folder.Name);
        var segments = Directory.GetFiles(Path.Combine(folder.Name, "journal")).Order().ToArray();
        Assert.True(segments.Length > 2);
        var missing = segments[^2];
        File.Delete(missing);
        var refusal = Assert.Throws<StoreDamagedException>(() => EmbeddedStore.Open(folder.Name, Rested, TimeProvider.System));
        Assert.Equal(missing, refusal.File);
        Assert.Contains("market store check", refusal.Message);
    }

    [Fact]
    public async Task LostJournal_IsRefused()
    {
        using var folder = new TemporaryFolder();
        await using (var store = EmbeddedStore.Open(folder.Name, Rested, TimeProvider.System))
        {
            await store.Write(First, 0, "x"u8.ToArray());
            await store.CatchUp(TestContext.Current.CancellationToken);
        }
        Directory.Delete(Path.Combine(folder.Name, "journal"), recursive: true);
        Assert.Throws<StoreDamagedException>(() => EmbeddedStore.Open(folder.Name, Rested, TimeProvider.System));
    }

    [Fact]
    public async Task SecondOpening_IsRefusedWhileTheFirstLives()
    {
        using var folder = new TemporaryFolder();
        var store = EmbeddedStore.Open(folder.Name, Rested, TimeProvider.System);
        Assert.Throws<StoreLockedException>(() => EmbeddedStore.Open(folder.Name, Rested, TimeProvider.System));
        await store.DisposeAsync();
        await EmbeddedStore.Open(folder.Name, Rested, TimeProvider.System).DisposeAsync();
    }

    [Fact]
    public async Task FlippedContentInTables_IsRefusedWhenRead()
    {
        using var folder = new TemporaryFolder();
        await using var store = EmbeddedStore.Open(folder.Name, Rested, TimeProvider.System);
        await store.Write(First, 0, "content"u8.ToArray());
        await store.Append("stream", 0, [(ReadOnlyMemory<byte>)"entry"u8.ToArray()]);
        await store.CatchUp(TestContext.Current.CancellationToken);
        using var tables = new RealTableFile(Path.Combine(folder.Name, "tables.db"));
        using (var other = tables.Connect())
        {
            new SqliteStatement(other, "update documents set content = x'00'").Run();
            new SqliteStatement(other, "update log set content = x'00'").Run();
        }
        await Assert.ThrowsAsync<StoreDamagedException>(async () => await store.Read(First, TestContext.Current.CancellationToken));
        await Assert.ThrowsAsync<StoreDamagedException>(
            async () =>
                await store.Read("stream", 1, TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public void EachFlippedBitOfAnArchiveRecord_IsFoundWhenRead()
    {
        using var disk = new SimulatedDisk(1);
        var archive = new Archive(disk.Open().Archive, 1 << 20);
        var before = archive.Append(First, new StoredDocument(7, new byte[50]));
        var position = archive.Append(new DocumentKey("kind", "second"), new StoredDocument(8, Encoding.UTF8.GetBytes("content")));
        archive.Flush();
        var file = disk.FilesOf("archive").Keys.Single();
        for (var bit = Archive.Split(position).Offset * 8; bit < disk.FilesOf("archive")[file] * 8; bit++)
        {
            disk.Flip("archive", file, bit);
            Assert.False(archive.TryRead(position, out _, out var what));
            Assert.NotEmpty(what);
            Assert.True(archive.TryRead(before, out _, out _));
            disk.Flip("archive", file, bit);
        }
        Assert.Equal(("second", 8L), (archive.Read(position).Key.Id, archive.Read(position).Document.Version));
    }

    private static EmbeddedStoreOptions Rested { get; } = new() { SegmentBytes = 4096, FoldDelay = TimeSpan.FromMinutes(1) };

    private static async Task FillSegments(string folder)
    {
        await using var store = EmbeddedStore.Open(folder, Rested, TimeProvider.System);
        for (var index = 0; index < 20; index++)
            await store.Write(new DocumentKey("kind", $"{index}"), 0, new byte[1000]);
    }

    /// <summary>Three batches of all kinds of records; the last batch has two records, or the closing one follows.</summary>
    private static List<(long Sequence, int Length)> WriteSegment(SimulatedDisk disk, bool closed)
    {
        var segments = new JournalSegments(disk.Open().Journal, 4096);
        segments.Continue([], 0, 0);
        var framer = new JournalFramer(1);
        framer.Document(JournalRecordKind.DocumentWritten, First, 1, 0, "one"u8);
        segments.Append(framer.Take([]), 1);
        framer.Entries("stream", 1, 1, [(ReadOnlyMemory<byte>)"a"u8.ToArray(), (ReadOnlyMemory<byte>)"bcd"u8.ToArray()], 4);
        framer.Document(JournalRecordKind.DocumentDeleted, First, 2, 1, default);
        segments.Append(framer.Take([]), 3);
        framer.Document(JournalRecordKind.DocumentWritten, First, 1, 3, new byte[40]);
        framer.Document(JournalRecordKind.DocumentWritten, new DocumentKey("kind", "second"), 1, 3, new byte[21]);
        segments.Append(framer.Take([]), 5);
        if (closed)
        {
            framer.Closed(5);
            segments.Append(framer.Take([]), 6);
        }
        segments.Trim();
        return Read(disk).Records;
    }

    private static (List<StoreDamagedException> Damages, List<(long Sequence, int Length)> Records) Read(SimulatedDisk disk)
    {
        disk.EndProcess();
        var records = new List<(long, int)>();
        var damages = new JournalRecovery(disk.Open().Journal, record => records.Add((record.Sequence, record.Length))).Check(0);
        return (damages, records);
    }
}
