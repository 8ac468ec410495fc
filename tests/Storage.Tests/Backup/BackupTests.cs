using Marketplace.Storage.Moving;

namespace Marketplace.Storage.Backup;

/// <summary>A node is copied while it works, and comes back as it was at a moment.</summary>
public sealed class BackupTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task EachMomentOfARunningNode_IsRestored()
    {
        await using var node = await CopiedNode.Make();
        var moments = new List<(DateTimeOffset At, IReadOnlyList<string> Things)>();
        var first = await node.Work();
        moments.Add((node.Now, first));
        Assert.True((await node.Backup(Cancel)).IsNewChain);
        for (var run = 0; run < 3; run++)
        {
            for (var step = 0; step < 2; step++)
            {
                var things = await node.Work();
                moments.Add((node.Now, things));
            }
            await node.Fold(Cancel);
            Assert.False((await node.Backup(Cancel)).IsNewChain);
        }

        foreach (var (at, things) in moments)
        {
            var data = node.NewFolder();
            // Between this moment and the next one nothing was written.
            var restored = await node.Restore(data, at < node.Now ? at.AddMinutes(30) : at, Cancel);
            Assert.Equal(at, restored.WrittenAt);
            Assert.Equal(things, await CopiedNode.Everything(data));
            using var check = StoreCheck.Open(Path.Combine(data, DataDirectory.StoreFolder), TimeProvider.System);
            Assert.Empty(await check.Findings(Cancel).ToListAsync(Cancel));
        }
        await AssertLists(node);
    }

    [Fact]
    public async Task RestoredNode_WorksOn_AndIsNotCopiedToTheOldBackup()
    {
        await using var node = await CopiedNode.Make();
        await node.Backup(Cancel);
        var data = node.NewFolder();
        await node.Restore(data, null, Cancel);

        await using (var store = EmbeddedStore.Open(Path.Combine(data, DataDirectory.StoreFolder), FilledNode.Options, TimeProvider.System))
        {
            await store.Write(new DocumentKey("new", "thing"), 0, new byte[10]);
            await store.CatchUp(Cancel);
        }
        var refused = await Assert.ThrowsAsync<BackupRefusedException>(async () =>
            await StoreBackup.Run(data, node.To, TimeProvider.System, null, Cancel)
        );

        Assert.Contains("the backup of another node", refused.Message);
        Assert.NotNull(RestoredMark.Read(data));
        Assert.Equal("secret of market.key\n", await File.ReadAllTextAsync(Path.Combine(data, "market.key"), Cancel));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(data, "market.key")));
        }
    }

    [Fact]
    public async Task SecondRun_CopiesWhatIsNew_AndFoldedSegmentsStayUntilThen()
    {
        await using var node = await CopiedNode.Make();
        var first = await node.Backup(Cancel);
        while (Kept(node) < 2)
        {
            await node.Work();
            await node.Fold(Cancel);
        }

        var second = await node.Backup(Cancel);
        var third = await node.Backup(Cancel);

        Assert.True(second.Bytes > 0 && third.Bytes == 0, $"{first}, {second}, {third}");
        Assert.True(third.From == first.From && third.To == node.Now, $"{third}");
        // What was folded behind a run goes with the next one.
        while (Kept(node) > 0)
        {
            await node.Backup(Cancel);
        }
    }

    [Fact]
    public async Task RunThatWasKilled_IsContinued()
    {
        await using var node = await CopiedNode.Make();
        // So that what the tables follow is in the segment that stays open: a run that is killed deletes no segments, this one does.
        await node.Fold(Cancel);
        await node.Backup(Cancel);
        var tables = Path.Combine(node.To, "chains", "1", "tables.db");
        var copied = File.GetLastWriteTimeUtc(tables);
        // What a run leaves that is killed before its last step, and one that is killed in the middle of a file.
        File.Delete(Path.Combine(node.To, BackupManifest.FileName));
        Directory.Delete(Path.Combine(node.To, "lists"), recursive: true);
        var blob = Directory.GetFiles(Path.Combine(node.To, "blobs"), "*", SearchOption.AllDirectories)[0];
        await File.WriteAllTextAsync(blob + ".part", "x", Cancel);
        await Assert.ThrowsAsync<BackupRefusedException>(async () => await node.Restore(node.NewFolder(), null, Cancel));
        var things = await node.Work();

        Assert.True((await node.Backup(Cancel)).IsNewChain);

        Assert.Equal(copied, File.GetLastWriteTimeUtc(tables));
        var data = node.NewFolder();
        await node.Restore(data, null, Cancel);
        Assert.Equal(things, await CopiedNode.Everything(data));
    }

    [Fact]
    public async Task LaterRunThatWasKilled_LeavesTheBackupAsItWas()
    {
        await using var node = await CopiedNode.Make();
        var things = await node.Work();
        await node.Backup(Cancel);
        var manifest = await File.ReadAllBytesAsync(Path.Combine(node.To, BackupManifest.FileName), Cancel);
        var files = Directory.GetFiles(node.To, "*", SearchOption.AllDirectories).ToDictionary(path => path, File.ReadAllBytes);
        await node.Work();
        await node.Backup(Cancel);
        // All that it wrote is there, but for the manifest and for what it deletes when that is written.
        foreach (var (path, content) in files)
        {
            await File.WriteAllBytesAsync(path, content, Cancel);
        }
        await File.WriteAllBytesAsync(Path.Combine(node.To, BackupManifest.FileName), manifest, Cancel);

        var data = node.NewFolder();
        await node.Restore(data, null, Cancel);

        Assert.Equal(things, await CopiedNode.Everything(data));
    }

    [Fact]
    public async Task JournalWithAGap_BeginsANewChain_AndTheGapIsNotRestored()
    {
        await using var node = await CopiedNode.Make();
        var things = await node.Work();
        var before = node.Now;
        await node.Backup(Cancel);
        var mark = Directory.GetFiles(node.Journal, "*.backup").Single();
        var content = await File.ReadAllTextAsync(mark, Cancel);
        // Nothing is kept for a while, as when the disk is short.
        File.Delete(mark);
        var newest = new JournalBeside(node.Journal).Numbers()[^1];
        while (new JournalBeside(node.Journal).Numbers()[0] <= newest)
        {
            await node.Work();
            await node.Fold(Cancel);
        }
        var lost = node.Now - TimeSpan.FromMinutes(30);
        await File.WriteAllTextAsync(mark, content, Cancel);
        var after = await node.Work();

        Assert.True((await node.Backup(Cancel)).IsNewChain);

        var (old, current) = (node.NewFolder(), node.NewFolder());
        await node.Restore(old, before, Cancel);
        await node.Restore(current, null, Cancel);
        Assert.Equal(things, await CopiedNode.Everything(old));
        Assert.Equal(after, await CopiedNode.Everything(current));
        await AssertNotThere(node, lost);
    }

    [Fact]
    public async Task MomentsOutsideOfTheBackup_AreRefused_AndNamed()
    {
        await using var node = await CopiedNode.Make();
        var done = await node.Backup(Cancel);
        await AssertNotThere(node, done.From.AddMicroseconds(-1));
        await AssertNotThere(node, done.To.AddMicroseconds(1));
    }

    [Fact]
    public async Task EachFileThatIsChangedOrMissing_IsFound_AndNothingIsWritten()
    {
        await using var node = await CopiedNode.Make();
        await node.Backup(Cancel);
        await node.Work();
        await node.Backup(Cancel);
        var files = Directory
            .GetFiles(node.To, "*", SearchOption.AllDirectories)
            .Where(file => Path.GetFileName(file) is not ("lock" or "id"))
            .ToList();
        Assert.True(files.Count > 8, string.Join(", ", files));
        foreach (var file in files)
        {
            var content = await File.ReadAllBytesAsync(file, Cancel);
            // An archive that has nothing yet is an empty file: it grows by a byte, any other has a bit changed.
            var changed = content.Length == 0 ? new byte[1] : content.ToArray();
            changed[changed.Length / 2] ^= 4;
            await File.WriteAllBytesAsync(file, changed, Cancel);
            await AssertRefused<BackupDamagedException>(node);
            File.Delete(file);
            if (Path.GetFileName(file) == BackupManifest.FileName)
            {
                await AssertRefused<BackupRefusedException>(node);
            }
            else
            {
                var missing = await AssertRefused<BackupDamagedException>(node);
                Assert.Contains(file, missing.Message);
            }
            await File.WriteAllBytesAsync(file, content, Cancel);
        }
        await node.Restore(node.NewFolder(), null, Cancel);
    }

    [Fact]
    public async Task FolderThatHoldsSomething_IsNeitherRestoredToNorTakenForABackup()
    {
        await using var node = await CopiedNode.Make();
        await node.Backup(Cancel);
        var full = node.NewFolder();
        OwnerFiles.In(full).Write("letter", "dear"u8);

        var restore = await Assert.ThrowsAsync<BackupRefusedException>(async () => await node.Restore(full, null, Cancel));
        var backup = await Assert.ThrowsAsync<BackupRefusedException>(async () =>
            await StoreBackup.Run(node.Data, full, TimeProvider.System, null, Cancel)
        );
        var none = await Assert.ThrowsAsync<BackupRefusedException>(async () =>
            await StoreBackup.Run(full, node.NewFolder(), TimeProvider.System, null, Cancel)
        );

        Assert.Contains("holds something", restore.Message);
        Assert.Contains("holds something that is no backup", backup.Message);
        Assert.Contains("holds no embedded node", none.Message);
        Assert.Equal(["letter"], Directory.GetFileSystemEntries(full).Select(Path.GetFileName));
    }

    [Fact]
    public async Task DamagedBlob_IsNamed_AndTheRestIsCopied()
    {
        await using var node = await CopiedNode.Make();
        var blob = Directory.GetFiles(Path.Combine(node.Data, "blobs"), "*.data", SearchOption.AllDirectories).Single();
        var bytes = await File.ReadAllBytesAsync(blob, Cancel);
        bytes[17] ^= 1;
        await File.WriteAllBytesAsync(blob, bytes, Cancel);

        var done = await node.Backup(Cancel);

        Assert.Single(done.DamagedBlobs);
        Assert.Equal(0, (await node.Restore(node.NewFolder(), null, Cancel)).Blobs);
    }

    [Fact]
    public async Task NodeThatWasStoppedInOrder_IsCopiedToo()
    {
        await using var node = await CopiedNode.Make();
        var things = await node.Work();
        await node.Close();

        await node.Backup(Cancel);
        node.Open();
        var later = await node.Work();
        await node.Backup(Cancel);

        var (first, second) = (node.NewFolder(), node.NewFolder());
        await node.Restore(first, node.Now.AddMinutes(-1), Cancel);
        await node.Restore(second, null, Cancel);
        Assert.Equal(things, await CopiedNode.Everything(first));
        Assert.Equal(later, await CopiedNode.Everything(second));
    }

    /// <summary>The fold writes a document's newest version, whatever record made it dirty: tables may be ahead of their mark.</summary>
    [Fact]
    public async Task TablesAheadOfTheirMark_AreBroughtToTheSameState()
    {
        await using var node = await CopiedNode.Make();
        await node.Backup(Cancel);
        await node.Work();
        var things = await node.Work();
        await node.Fold(Cancel);
        await node.Close();
        // All is folded, and the tables say that they follow the first record that the journal still has.
        var journal = new JournalBeside(node.Journal);
        var first = journal.FirstSequence(journal.Numbers()[0])!.Value;
        Assert.InRange(first, 1, node.SetFolded(first - 1) - 100);
        var copy = node.NewFolder();
        await StoreBackup.Run(node.Data, copy, TimeProvider.System, null, Cancel);

        var data = node.NewFolder();
        await StoreRestore.Run(copy, data, null, TimeProvider.System, null, Cancel);

        Assert.Equal(things, await CopiedNode.Everything(data));
    }

    [Fact]
    public async Task NodeOfTheFormatBefore_IsCopiedFromItsNextStartOn()
    {
        await using var node = CopiedNode.MakeStopped();
        OldStore.Unpack(node.Store);
        var refused = await Assert.ThrowsAsync<BackupRefusedException>(async () => await node.Backup(Cancel));
        Assert.Contains("Start a silo of this build on it first", refused.Message);
        node.Open();
        var things = await node.Work();

        await node.Backup(Cancel);

        var data = node.NewFolder();
        await node.Restore(data, null, Cancel);
        Assert.Equal(OldStore.Contents().Concat(things).Order(StringComparer.Ordinal), await CopiedNode.Everything(data));
    }

    [Fact]
    public async Task RunThatWouldFillTheDisk_Stops_AndTheNextOneGoesOn()
    {
        await using var node = await CopiedNode.Make();
        var things = await node.Work();
        await node.Fold(Cancel);
        var looks = 0;
        // Enough for the tables, and not for all that follows.
        long Free(string _) => BackupPolicy.DiskLeftBytesMin + (++looks < 4 ? 1_000_000 : 1_000);

        var refused = await Assert.ThrowsAsync<BackupRefusedException>(async () =>
            await StoreBackup.Run(node.Data, node.To, Free, TimeProvider.System, null, Cancel)
        );
        Assert.Contains("must stay free", refused.Message);
        Assert.True(File.Exists(Path.Combine(node.To, "chains", "1", "tables.db")));
        Assert.False(File.Exists(Path.Combine(node.To, BackupManifest.FileName)));
        await node.Backup(Cancel);

        var data = node.NewFolder();
        await node.Restore(data, null, Cancel);
        Assert.Equal(things, await CopiedNode.Everything(data));
    }

    [Fact]
    public void KeptSegments_AreBounded_AndGoWhereTheDiskIsShort()
    {
        using var folder = new TemporaryFolder();
        var files = new RealFiles(folder.Name);
        var kept = new KeptSegments(files, KeptSegments.BytesMax / 3);
        for (var number = 1; number <= 5; number++)
        {
            files.Create(JournalFormat.SegmentName(number), 0).Dispose();
            kept.Keep(number);
        }

        kept.DropOldest(all: false);
        Assert.Equal([JournalFormat.FoldedName(3), JournalFormat.FoldedName(4), JournalFormat.FoldedName(5)], files.List());
        kept.DropOldest(all: true);
        Assert.Empty(files.List());
    }

    private static int Kept(CopiedNode node) => Directory.GetFiles(node.Journal, "*.folded").Length;

    private static async Task AssertNotThere(CopiedNode node, DateTimeOffset at)
    {
        var data = node.NewFolder();
        var refused = await Assert.ThrowsAsync<BackupRefusedException>(async () => await node.Restore(data, at, Cancel));
        Assert.Contains("does not have", refused.Message);
        Assert.False(Directory.Exists(data));
    }

    private static async Task<TRefusal> AssertRefused<TRefusal>(CopiedNode node)
        where TRefusal : Exception
    {
        var data = node.NewFolder();
        var refused = await Assert.ThrowsAsync<TRefusal>(async () => await node.Restore(data, null, Cancel));
        Assert.False(Directory.Exists(data) || Directory.Exists(data + ".restoring"));
        return refused;
    }

    /// <summary>The first who opens it makes the read model, as after an import.</summary>
    private static async Task AssertLists(CopiedNode node)
    {
        var data = node.NewFolder();
        await node.Restore(data, null, Cancel);
        await node.Close();
        var restored = await MoveTests.List(Path.Combine(data, DataDirectory.StoreFolder));
        Assert.NotEmpty(restored);
        Assert.Equal(await MoveTests.List(Path.Combine(node.Data, DataDirectory.StoreFolder)), restored);
    }
}
