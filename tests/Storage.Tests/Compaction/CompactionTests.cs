using Marketplace.Storage.Backup;
using Marketplace.Storage.Contracts;
using Marketplace.Storage.Moving;

namespace Marketplace.Storage.Compaction;

/// <summary>A stopped node's books get smaller, hold the same, and survive the end of the process at any point.</summary>
public sealed class CompactionTests
{
    private const int Things = 400;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task DroppedDocuments_GiveTheirDiskBack_AndAllElseIsTheSame()
    {
        using var folder = new TemporaryFolder();
        await Fill(folder.Name);
        var (before, size) = (await CopiedNode.Everything(folder.Name), Size(folder.Name));

        var summary = Compact(folder.Name);

        Assert.Equal((size, Size(folder.Name)), (summary.BytesBefore, summary.BytesAfter));
        // The archive had nine tenths of its bytes for nothing.
        Assert.InRange(Size(Archive(folder.Name)), 1, Things * 200);
        Assert.True(summary.BytesAfter < summary.BytesBefore - (Things * 1000), $"{summary}");
        Assert.Equal(before, await CopiedNode.Everything(folder.Name));
        await MustBeWhole(folder.Name);
        await MustBeListed(folder.Name);
    }

    [Fact]
    public async Task SecondRun_FindsNothingMore_AndTheStoreGoesOn()
    {
        using var folder = new TemporaryFolder();
        await Fill(folder.Name);
        Compact(folder.Name);
        var first = Compact(folder.Name);
        Assert.Equal(first.BytesBefore, first.BytesAfter);

        await using (var store = Open(folder.Name))
        {
            await Write(store, Things, "ended", 500);
            await Write(store, 1, "ended", 900);
            await store.CatchUp(Cancel);
        }
        await MustBeWhole(folder.Name);
        var before = await CopiedNode.Everything(folder.Name);
        Compact(folder.Name);
        Assert.Equal(before, await CopiedNode.Everything(folder.Name));
    }

    [Fact]
    public async Task JournalThatIsNotFolded_IsKept()
    {
        using var folder = new TemporaryFolder();
        await Fill(folder.Name);
        await using (var store = Open(folder.Name, TimeSpan.FromMinutes(1)))
        {
            await Write(store, 3, "ended", 700);
            await Write(store, Things + 5, "open", 700);
        }
        var before = await CopiedNode.Everything(folder.Name);

        Compact(folder.Name);

        Assert.Equal(before, await CopiedNode.Everything(folder.Name));
        await MustBeWhole(folder.Name);
        await using (var store = Open(folder.Name))
        {
            await store.CatchUp(Cancel);
        }
        Assert.Equal(before, await CopiedNode.Everything(folder.Name));
        await MustBeWhole(folder.Name);
    }

    /// <summary>What lies in the folder between any two steps is what the end of the process there leaves.</summary>
    [Fact]
    public async Task ProcessThatEndsBetweenAnyTwoSteps_LeavesAWholeStore_WhichCanBeCompacted()
    {
        using var folder = new TemporaryFolder();
        using var ends = new TemporaryFolder();
        await Fill(folder.Name);
        var before = await CopiedNode.Everything(folder.Name);
        var copies = new List<(string Step, string Folder)>();
        var moved = 0;
        StoreCompaction.Run(
            folder.Name,
            () => long.MaxValue,
            step =>
            {
                // Of the many alike, some.
                if (step != "document moved" || ++moved % (Things / 3) == 1)
                {
                    copies.Add((step, Copy(folder.Name, Path.Combine(ends.Name, $"{copies.Count}"))));
                }
            },
            null,
            Cancel
        );
        string[] steps = ["tables taken", "tables copied", "archive flushed", "tables flushed", "tables renamed", "rename flushed"];
        Assert.Equal([.. steps], steps.Intersect(copies.Select(copy => copy.Step)));
        Assert.Contains(copies, copy => copy.Step.StartsWith("deleted", StringComparison.Ordinal));

        foreach (var (step, copy) in copies)
        {
            await MustBeWhole(copy);
            Assert.Equal(before, await CopiedNode.Everything(copy));
            var again = Copy(copy, copy + "-again");
            // Either the silo goes on first, or the command is run again first.
            await using (var store = Open(copy))
            {
                await Write(store, Things + 7, "ended", 300);
                await store.CatchUp(Cancel);
            }
            await MustBeWhole(copy);
            var after = await CopiedNode.Everything(copy);
            Compact(copy);
            Assert.Equal(after, await CopiedNode.Everything(copy));
            Compact(again);
            Assert.Equal(before, await CopiedNode.Everything(again));
            await MustBeWhole(again);
            Assert.True(Size(Archive(again)) == Size(Archive(folder.Name)), $"after '{step}' {Size(Archive(again))} bytes are archived");
        }
    }

    [Fact]
    public async Task FailureBeforeTheRename_GivesBackWhatWasWritten()
    {
        using var folder = new TemporaryFolder();
        await Fill(folder.Name);
        var before = Names(folder.Name);
        Assert.Throws<IOException>(() =>
            StoreCompaction.Run(
                folder.Name,
                () => long.MaxValue,
                step => _ = step == "archive flushed" ? throw new IOException("The disk is full.") : step,
                null,
                Cancel
            )
        );
        Assert.Equal(before, Names(folder.Name));
        await MustBeWhole(folder.Name);
    }

    [Fact]
    public async Task RunningNode_IsRefused()
    {
        using var folder = new TemporaryFolder();
        await Fill(folder.Name);
        await using var store = Open(folder.Name);
        Assert.Throws<StoreLockedException>(() => Compact(folder.Name));
    }

    [Fact]
    public async Task FolderThatIsNoNode_OrNotReadyToBeOne_IsRefused()
    {
        using var folder = new TemporaryFolder();
        Assert.Contains("holds no embedded node", Refused(folder.Name).Message, StringComparison.Ordinal);
        var file = Path.Combine(folder.Name, "node.market");
        await File.WriteAllTextAsync(file, "an export", Cancel);
        Assert.Contains("holds no embedded node", Refused(file).Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Store(folder.Name)));

        await Fill(folder.Name);
        RestoredMark.Write(folder.Name, RestoredMark.Imported);
        Assert.Contains("--accept-restored true", Refused(folder.Name).Message, StringComparison.Ordinal);
        RestoredMark.Clear(folder.Name);
        ImportMark.Write(Store(folder.Name), ImportState.Unfinished);
        Assert.Throws<StoreUnfinishedException>(() => Compact(folder.Name));
        ImportMark.Clear(Store(folder.Name));
        Compact(folder.Name);
    }

    [Fact]
    public async Task DiskWithoutRoom_IsRefused_BeforeAnythingIsWritten()
    {
        using var folder = new TemporaryFolder();
        await Fill(folder.Name);
        var before = Names(folder.Name);
        var refused = Assert.Throws<CompactionRefusedException>(() => StoreCompaction.Run(folder.Name, () => 1000, _ => { }, null, Cancel));
        Assert.Contains("The disk has 1000 bytes left", refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, Names(folder.Name));
    }

    [Fact]
    public async Task ProgramThatReadsTheTables_IsWaitedForByTheOperator()
    {
        using var folder = new TemporaryFolder();
        await Fill(folder.Name);
        using (var tables = new RealTableFile(Path.Combine(Store(folder.Name), DataDirectory.TablesFile)))
        using (var reader = tables.Connect())
        using (var begin = reader.CreateCommand())
        {
            begin.CommandText = "begin; select count(*) from documents";
            begin.ExecuteScalar();
            Assert.Contains("Another program reads", Refused(folder.Name).Message, StringComparison.Ordinal);
        }
        Compact(folder.Name);
    }

    /// <summary>A power cut left index rows whose bytes were lost: the journal has them, and only a silo can fold it.</summary>
    [Fact]
    public async Task DocumentsThatOnlyTheJournalHas_MakeItWaitForASilo()
    {
        using var before = new TemporaryFolder();
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(Store(folder.Name));
        await LostArchiveTests.FillAndLoseTheArchive(before.Name, Store(folder.Name));
        Assert.Contains("start the silo, stop it", Refused(folder.Name).Message, StringComparison.Ordinal);

        await using (var store = Open(folder.Name))
        {
            await store.CatchUp(Cancel);
        }
        var all = await CopiedNode.Everything(folder.Name);
        Compact(folder.Name);
        Assert.Equal(all, await CopiedNode.Everything(folder.Name));
        await MustBeWhole(folder.Name);
    }

    [Fact]
    public async Task BackupGoesOn_AfterACompaction_AndEachMomentIsRestored()
    {
        await using var node = await CopiedNode.Make();
        var things = await node.Work();
        Assert.True((await node.Backup(Cancel)).IsNewChain);
        var early = node.Now;
        var later = await node.Work();
        await node.Fold(Cancel);
        await node.Close();
        Compact(node.Data);
        await MustBeWhole(node.Data);

        Assert.False((await node.Backup(Cancel)).IsNewChain);
        node.Open();
        var last = await node.Work();
        Assert.False((await node.Backup(Cancel)).IsNewChain);

        foreach (var (at, expected) in new[] { (early, things), (early.AddHours(1), later), (node.Now, last) })
        {
            var data = node.NewFolder();
            await node.Restore(data, at < node.Now ? at.AddMinutes(30) : at, Cancel);
            Assert.Equal(expected, await CopiedNode.Everything(data));
            await MustBeWhole(data);
        }
        await node.Close();
        Compact(node.Data);
    }

    /// <summary>The tables of before and the archive of after would not belong together.</summary>
    [Fact]
    public async Task BackupWhoseNodeIsCompactedMeanwhile_IsRefused_AndTheNextOneIsWhole()
    {
        await using var node = await CopiedNode.Make();
        var things = await node.Work();
        await node.Fold(Cancel);
        await node.Close();
        var compacts = new CompactsOnce(node.Data);
        var refused = await Assert.ThrowsAsync<BackupRefusedException>(async () =>
            await StoreBackup.Run(node.Data, node.To, TimeProvider.System, compacts, Cancel)
        );
        Assert.Contains("was compacted while", refused.Message, StringComparison.Ordinal);

        await node.Backup(Cancel);
        var data = node.NewFolder();
        await node.Restore(data, null, Cancel);
        Assert.Equal(things, await CopiedNode.Everything(data));
        await MustBeWhole(data);
    }

    private static CompactionSummary Compact(string data) => StoreCompaction.Run(data, null, Cancel);

    private static CompactionRefusedException Refused(string data) => Assert.Throws<CompactionRefusedException>(() => Compact(data));

    private static string Store(string data) => Path.Combine(data, DataDirectory.StoreFolder);

    private static string Archive(string data) => Path.Combine(Store(data), DataDirectory.ArchiveFolder);

    private static long Size(string folder) =>
        new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);

    private static string[] Names(string data) =>
        [.. Directory.GetFiles(Store(data), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];

    private static EmbeddedStore Open(string data, TimeSpan? foldDelay = null) =>
        EmbeddedStore.Open(
            Store(data),
            new EmbeddedStoreOptions
            {
                Projections = [new TextProjection(TextProjection.Thing)],
                FoldDelay = foldDelay ?? TimeSpan.Zero,
                SegmentBytes = 1 << 16,
            },
            TimeProvider.System
        );

    /// <summary>Ended documents of a kilobyte and a half, most of which small ones replace as where a job is dropped.</summary>
    private static async Task Fill(string data)
    {
        await using var store = Open(data);
        await Task.WhenAll(Enumerable.Range(0, Things).Select(thing => Write(store, thing, thing % 10 == 0 ? "open" : "ended", 1500)));
        await store.CatchUp(Cancel);
        await store.Append("stream", 0, [new byte[100], new byte[200]]);
        await Task.WhenAll(
            Enumerable
                .Range(0, Things)
                .Where(thing => thing % 10 > 1)
                .Select(thing => store.Write(Key(thing), 1, "gone"u8.ToArray()).AsTask())
        );
        await store.CatchUp(Cancel);
    }

    private static DocumentKey Key(int thing) => new(TextProjection.Thing, $"{thing}");

    private static async Task Write(EmbeddedStore store, int thing, string state, int size)
    {
        var before = (await store.Read(Key(thing), Cancel))?.Version ?? 0;
        await store.Write(Key(thing), before, TextProjection.Content("me", state, "label", thing, new string('s', size)));
    }

    private static async Task MustBeListed(string data)
    {
        await using var store = Open(data);
        var rows = await store.List(new ListingQuery(TextProjection.Thing, Limit: 1000), Cancel);
        Assert.Equal(
            Enumerable.Range(0, Things).Where(thing => thing % 10 <= 1).Reverse().Select(thing => $"{thing}"),
            rows.Select(row => row.Id)
        );
    }

    private static async Task MustBeWhole(string data)
    {
        using var check = StoreCheck.Open(Store(data), TimeProvider.System);
        Assert.True(check.IsWhole);
        Assert.Empty(await check.Findings(Cancel).ToListAsync(Cancel));
    }

    private static string Copy(string from, string to)
    {
        foreach (var file in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            if (Path.GetFileName(file) == "lock")
            {
                continue;
            }
            using var source = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var copy = File.Create(target);
            source.CopyTo(copy);
        }
        return to;
    }

    /// <summary>When the first file of the archive was copied.</summary>
    private sealed class CompactsOnce(string data) : IProgress<MoveProgress>
    {
        private bool _done;

        public void Report(MoveProgress value)
        {
            if (value.Step == "archive" && !_done)
            {
                _done = true;
                Compact(data);
            }
        }
    }
}
