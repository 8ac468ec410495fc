using System.Buffers.Binary;
using System.Text;
using Marketplace.Storage.BitRot;

namespace Marketplace.Storage;

public sealed class JournalDamageTests
{
    /// <summary>Small, but with room for all kinds of records; long runs take larger ones.</summary>
    private const int SegmentBytes = 1024;

    private static readonly DocumentKey First = new("kind", "first");

    [Fact]
    public void FirstRecord_HasTheBytesThatTheFormatDocumentShows()
    {
        var framer = new JournalFramer(1);
        framer.Document(JournalRecordKind.DocumentWritten, new DocumentKey("k", "a"), 1, "hi"u8);
        var batch = framer.Take([]);
        var at = new DateTimeOffset(2025, 11, 25, 9, 5, 6, TimeSpan.Zero).AddMicroseconds(123_456);
        JournalFramer.Seal(batch, durable: 0, at);
        Assert.Equal(
            "30000000e58bea2901000000000000000100000001010100010000000100000000000000c0366f93674406006b616869",
            Convert.ToHexStringLower(batch.Single().Span)
        );
        Assert.True(JournalRecord.TryRead(batch.Single(), out var record));
        Assert.Equal((at, "k", "a", "hi"), (record.WrittenAt, record.Name, record.Id, Encoding.UTF8.GetString(record.Payload.Span)));
    }

    [Fact]
    public async Task SegmentOfANewerFormat_IsRefused_AndLeftAsItIs()
    {
        using var folder = new TemporaryFolder();
        await using (var store = EmbeddedStore.Open(folder.Name, new EmbeddedStoreOptions(), TimeProvider.System))
        {
            await store.Write(new DocumentKey("k", "a"), 0, "hi"u8.ToArray());
        }
        var segment = Path.Combine(folder.Name, "journal", JournalFormat.SegmentName(1));
        var bytes = await File.ReadAllBytesAsync(segment, TestContext.Current.CancellationToken);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), JournalFormat.Version + 1);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(60), Crc32C.Of(bytes.AsSpan(0, 60)));
        await File.WriteAllBytesAsync(segment, bytes, TestContext.Current.CancellationToken);

        var refused = Assert.Throws<StoreNewerException>(() =>
            EmbeddedStore.Open(folder.Name, new EmbeddedStoreOptions(), TimeProvider.System)
        );

        Assert.Equal((segment, 3, 2), (refused.File, refused.Format, refused.Known));
        Assert.Contains("was written by a newer build", refused.Message);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(segment, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void EachFlippedBitOfAClosedSegment_IsDamage()
    {
        var result = JournalRot.Run(isClosed: true, SegmentBytes);
        Assert.Empty(result.Violations);
        // Only the closing record may go unnoticed: nothing is lost with it.
        Assert.Equal(SegmentBytes * 8, result.Flips);
        Assert.True(
            result.Detected >= (SegmentBytes - JournalRot.ClosingBytes) * 8,
            $"{result.Detected} of {result.Flips} flips were refused."
        );
    }

    [Fact]
    public void EachFlippedBitOfAnOpenSegment_IsDamageOrCutsTheLastBatch()
    {
        var result = JournalRot.Run(isClosed: false, SegmentBytes);
        Assert.Empty(result.Violations);
        Assert.True(result.Detected > 0 && result.Cut > 0, $"{result}");
        Assert.Equal(SegmentBytes * 8, result.Detected + result.Cut);
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
        await Assert.ThrowsAsync<StoreDamagedException>(async () =>
            await store.Read("stream", 1, TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken)
        );
    }

    [Fact]
    public void EachFlippedBitOfAnArchiveRecord_IsFoundWhenRead()
    {
        var result = ArchiveRot.Run(recordBytes: 64);
        Assert.Empty(result.Violations);
        Assert.Equal((64 * 8, 64 * 8), (result.Flips, result.Detected));
    }

    private static EmbeddedStoreOptions Rested { get; } = new() { SegmentBytes = 4096, FoldDelay = TimeSpan.FromMinutes(1) };

    private static async Task FillSegments(string folder)
    {
        await using var store = EmbeddedStore.Open(folder, Rested, TimeProvider.System);
        for (var index = 0; index < 20; index++)
        {
            await store.Write(new DocumentKey("kind", $"{index}"), 0, new byte[1000]);
        }
    }
}
