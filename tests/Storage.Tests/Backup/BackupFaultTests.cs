namespace Marketplace.Storage.Backup;

/// <summary>What happens beside a backup or a restore, and what others leave where it works.</summary>
public sealed class BackupFaultTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>A node that is told of a first run that broke off has no part in it: its journal does not follow those tables.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task RunThatWasKilledOnOneNode_IsNotContinuedOnAnother(int killedOnTheOther)
    {
        await using var one = await CopiedNode.Make();
        await one.Work();
        await one.Work();
        await one.Fold(Cancel);
        await Kill(one, one.To, afterTheTables: true);
        await using var other = await CopiedNode.Make();
        for (var run = 1; run < killedOnTheOther; run++)
        {
            await Kill(other, one.To, afterTheTables: false);
        }
        var things = await other.Work();

        await StoreBackup.Run(other.Data, one.To, TimeProvider.System, null, Cancel);

        var data = other.NewFolder();
        await StoreRestore.Run(one.To, data, null, TimeProvider.System, null, Cancel);
        Assert.Equal(things, await CopiedNode.Everything(data));
    }

    [Fact]
    public async Task BlobThatIsDeletedWhileTheBooksAreCopied_IsInTheBackup()
    {
        await using var node = await CopiedNode.Make();
        var blobs = Directory.GetFiles(Path.Combine(node.Data, DataDirectory.BlobFolder), "*.data", SearchOption.AllDirectories);
        // The books that are copied may keep it, and a moment later its owner does not, and a sweep takes it.
        var sweep = new Hook("journal", () => Array.ForEach(blobs, File.Delete));

        await StoreBackup.Run(node.Data, node.To, TimeProvider.System, sweep, Cancel);

        Assert.Equal(blobs.Length, (await node.Restore(node.NewFolder(), null, Cancel)).Blobs);
    }

    /// <summary>The tables may say that they have what a power cut took from the archive; the journal has it still.</summary>
    [Fact]
    public async Task NodeThatLostItsPower_IsCopiedBeforeItsNextStart()
    {
        using var folder = new TemporaryFolder();
        var (data, to) = (Path.Combine(folder.Name, "data"), Path.Combine(folder.Name, "restored"));
        await LostArchiveTests.FillAndLoseTheArchive(Path.Combine(folder.Name, "before"), Path.Combine(data, DataDirectory.StoreFolder));
        var backup = Path.Combine(folder.Name, "backup");
        await StoreBackup.Run(data, backup, TimeProvider.System, null, Cancel);

        await StoreRestore.Run(backup, to, null, TimeProvider.System, null, Cancel);

        await using var contents = EmbeddedContents.Open(Path.Combine(to, DataDirectory.StoreFolder), TimeProvider.System);
        var documents = await contents.Documents(Cancel).Select(pair => pair.Key).ToListAsync(Cancel);
        Assert.Equal((LostArchiveTests.Documents, LostArchiveTests.Documents), (documents.Count, documents.Distinct().Count()));
    }

    [Fact]
    public async Task TwoRestoresToOneFolder_AreNotMixed()
    {
        await using var node = await CopiedNode.Make();
        var things = await node.Work();
        await node.Backup(Cancel);
        var data = node.NewFolder();
        Task? second = null;
        var meanwhile = new Hook("blobs", () => second = node.Restore(data, null, Cancel).AsTask());

        await StoreRestore.Run(node.To, data, null, TimeProvider.System, meanwhile, Cancel);

        var refused = await Assert.ThrowsAsync<BackupRefusedException>(() => second!);
        Assert.Contains("under way", refused.Message);
        Assert.Equal(things, await CopiedNode.Everything(data));
        Assert.NotNull(RestoredMark.Read(data));
        Assert.Equal([data], Directory.GetFileSystemEntries(Path.GetDirectoryName(data)!, Path.GetFileName(data) + "*"));
    }

    [Fact]
    public async Task RestoreThatWasKilled_IsReplaced_AndForeignFoldersAreLeftAlone()
    {
        await using var node = await CopiedNode.Make();
        var things = await node.Work();
        await node.Backup(Cancel);
        var (killed, foreign) = (node.NewFolder(), node.NewFolder());
        var kill = new Hook("blobs", () => throw new OperationCanceledException());
        await Assert.ThrowsAsync<OperationCanceledException>(async () =>
            await StoreRestore.Run(node.To, killed, null, TimeProvider.System, kill, Cancel)
        );
        Assert.False(Directory.Exists(killed));
        OwnerFiles.In(foreign + ".restoring").Write("letter", "dear"u8);

        await node.Restore(killed, null, Cancel);
        var refused = await Assert.ThrowsAsync<BackupRefusedException>(async () => await node.Restore(foreign, null, Cancel));

        Assert.Equal(things, await CopiedNode.Everything(killed));
        Assert.Contains("is in the way", refused.Message);
        Assert.True(File.Exists(Path.Combine(foreign + ".restoring", "letter")));
    }

    [Theory]
    [InlineData("../../escaped")]
    [InlineData("")]
    [InlineData("0123456789abcdef0123456789abcdeF")]
    public async Task BackupWhoseIdIsNone_IsRefused_AndNoMarkIsLeft(string id)
    {
        await using var node = await CopiedNode.Make();
        OwnerFiles.In(node.To).Write("id", System.Text.Encoding.ASCII.GetBytes(id));

        var damaged = await Assert.ThrowsAsync<BackupDamagedException>(async () => await node.Backup(Cancel));

        Assert.Contains("32 hexadecimal digits", damaged.Message);
        Assert.Empty(Directory.GetFiles(node.Data, "*.backup", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task BrokenTables_AreNamed()
    {
        await using var node = await CopiedNode.Make();
        await node.Fold(Cancel);
        await node.Close();
        var tables = Path.Combine(node.Store, DataDirectory.TablesFile);
        await using (var file = File.OpenWrite(tables))
        {
            file.Position = 8192;
            await file.WriteAsync(Enumerable.Repeat((byte)0xa5, 4 * 8192).ToArray(), Cancel);
        }

        var damaged = await Assert.ThrowsAsync<StoreDamagedException>(async () => await node.Backup(Cancel));

        Assert.Equal(tables, damaged.File);
    }

    /// <summary>A person checks the lists with <c>b3sum</c>: they name each file once, also one that a run has written again.</summary>
    [Fact]
    public async Task ListsNameEachFileOnce()
    {
        await using var node = await CopiedNode.Make();
        await node.Fold(Cancel);
        await Kill(node, node.To, afterTheTables: true);
        await node.Work();
        await node.Fold(Cancel);
        var archive = Directory.GetFiles(Path.Combine(node.To, "chains", "1", "archive"))[^1];
        await File.AppendAllTextAsync(archive, "broken", Cancel);

        await node.Backup(Cancel);

        var paths = Directory
            .GetFiles(Path.Combine(node.To, "lists"))
            .SelectMany(File.ReadAllLines)
            .Select(line => line.Split("  ")[1])
            .ToList();
        Assert.Equal(paths.Distinct(), paths);
        await node.Restore(node.NewFolder(), null, Cancel);
    }

    /// <summary>A run cannot go on behind a gap, so what is left is one piece up to the newest segment, wherever the silo ended.</summary>
    [Fact]
    public void SegmentsThatAreGivenUpOnAShortDisk_GoTheOldestFirst()
    {
        for (var deletes = 0; deletes <= 4; deletes++)
        {
            using var folder = new TemporaryFolder();
            var files = new MortalFiles(new RealFiles(folder.Name));
            using var segments = new JournalSegments(files, segmentBytes: 64);
            segments.Continue([], 0, 0);
            files.Create("0123.backup", 0).Dispose();
            for (var sequence = 1; sequence <= 2; sequence++)
            {
                segments.Append([new byte[64]], sequence);
            }
            segments.Append([new byte[64]], 3);
            segments.GiveUpThrough(1, isDiskShort: false);
            segments.Append([new byte[64]], 4);
            files.DeletesLeft = deletes;

            try
            {
                segments.GiveUpThrough(3, isDiskShort: true);
            }
            catch (IOException) when (files.DeletesLeft < 0)
            {
                // The process ended here.
            }

            var left = new JournalBeside(folder.Name).Numbers();
            Assert.Equal(Enumerable.Range((int)left[0], left.Count).Select(number => (long)number), left);
        }
    }

    /// <summary>A run that ends for want of room: before its tables are copied, or behind them.</summary>
    private static async Task Kill(CopiedNode node, string to, bool afterTheTables)
    {
        var tables = Path.Combine(to, "chains", "1", "copied");
        long Free(string _) => BackupPolicy.DiskLeftBytesMin + (afterTheTables && !File.Exists(tables) ? 1L << 30 : 10);
        await Assert.ThrowsAsync<BackupRefusedException>(async () =>
            await StoreBackup.Run(node.Data, to, Free, TimeProvider.System, null, Cancel)
        );
        Assert.Equal(afterTheTables, File.Exists(tables));
    }

    /// <summary>Does something when a step is reported for the first time.</summary>
    private sealed class Hook(string step, Action act) : IProgress<MoveProgress>
    {
        private bool _isDone;

        public void Report(MoveProgress value)
        {
            if (value.Step == step && !_isDone)
            {
                _isDone = true;
                act();
            }
        }
    }

    /// <summary>After some deletions the process ends.</summary>
    private sealed class MortalFiles(IJournalFiles inner) : IJournalFiles
    {
        public int DeletesLeft { get; set; } = int.MaxValue;

        public string Folder => inner.Folder;

        public IReadOnlyList<string> List() => inner.List();

        public IJournalFile Create(string name, long size) => inner.Create(name, size);

        public IJournalFile Open(string name) => inner.Open(name);

        public void Rename(string from, string to) => inner.Rename(from, to);

        public void Delete(string name)
        {
            if (--DeletesLeft < 0)
            {
                throw new IOException("The process has ended.");
            }
            inner.Delete(name);
        }

        public void FlushFolder() => inner.FlushFolder();
    }
}
