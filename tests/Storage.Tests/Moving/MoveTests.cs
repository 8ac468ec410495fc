using Marketplace.Storage.Contracts;

namespace Marketplace.Storage.Moving;

/// <summary>A node's data in a file, and in a new node.</summary>
public sealed class MoveTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ExportedNode_ComesBackWhole_AndCanBeExportedAgain()
    {
        using var node = await FilledNode.Make();
        var exported = await node.Export(Cancel);
        var data = node.NewFolder();

        var file = await Import(node.File, data);

        Assert.Equal((exported, "embedded"), (file.Contents, file.Source));
        Assert.Equal(await Everything(node.Store), await Everything(Path.Combine(data, "store")));
        foreach (var name in KeyFiles.Names)
        {
            Assert.Equal($"secret of {name}\n", await File.ReadAllTextAsync(Path.Combine(data, name), Cancel));
        }
        await AssertBlobs(data, exported.Blobs);
        using var check = StoreCheck.Open(Path.Combine(data, "store"), TimeProvider.System);
        Assert.Empty(await check.Findings(Cancel).ToListAsync(Cancel));
    }

    [Fact]
    public async Task ReadModel_IsMadeByWhoOpensTheStoreFirst_AndAgainIfThatWasBrokenOff()
    {
        using var node = await FilledNode.Make();
        await node.Export(Cancel);
        var data = node.NewFolder();
        await Import(node.File, data);
        var store = Path.Combine(data, "store");
        var before = await Everything(store);

        var wanted = await List(node.Store);
        Assert.NotEmpty(wanted);
        // Whoever has no projections leaves it to be made.
        await using (EmbeddedStore.Open(store, new EmbeddedStoreOptions(), TimeProvider.System)) { }
        Assert.Equal(wanted, await List(store));
        Assert.Equal(ImportState.None, ImportMark.Read(store));
        ImportMark.Write(store, ImportState.Unlisted);
        Assert.Equal(wanted, await List(store));
        Assert.Equal(before, await Everything(store));
        using var check = StoreCheck.Open(store, TimeProvider.System);
        Assert.Empty(await check.Findings(Cancel).ToListAsync(Cancel));
    }

    [Fact]
    public async Task Export_ChangesNothing_AndIsTheSameTwice()
    {
        using var node = await FilledNode.Make();
        var wanted = await List(node.Store);
        var first = await node.Export(Cancel);
        var second = await node.Export(Cancel);
        Assert.Equal(first, second);
        Assert.Equal(wanted, await List(node.Store));
    }

    [Fact]
    public async Task HostsOwnDocuments_StayBehind()
    {
        using var node = await FilledNode.Make(5);
        await node.Export(Cancel);
        var data = node.NewFolder();
        await Import(node.File, data);
        Assert.DoesNotContain(await Everything(Path.Combine(data, "store")), line => line.StartsWith("reminder", StringComparison.Ordinal));
    }

    [Fact]
    public async Task FilesOfAnExport_AreForTheirOwnerOnly()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }
        using var node = await FilledNode.Make(5);
        await node.Export(Cancel);
        var data = node.NewFolder();
        await Import(node.File, data);
        const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        Assert.Equal(OwnerOnly, File.GetUnixFileMode(node.File));
        foreach (var name in KeyFiles.Names)
        {
            Assert.Equal(OwnerOnly, File.GetUnixFileMode(Path.Combine(data, name)));
        }
        Assert.Equal(OwnerOnly | UnixFileMode.UserExecute, File.GetUnixFileMode(data));
    }

    [Fact]
    public async Task FolderThatOthersMayEnter_GetsNoKeys()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }
        using var node = await FilledNode.Make(5);
        await node.Export(Cancel);
        var data = node.NewFolder();
        Directory.CreateDirectory(data);
        File.SetUnixFileMode(data, (UnixFileMode)0b111_101_101);
        var refusal = await Assert.ThrowsAsync<MoveRefusedException>(() => Import(node.File, data));
        Assert.Contains("chmod 700", refusal.Message);
        AssertEmpty(data);
    }

    [Fact]
    public async Task ExistingFile_IsKept()
    {
        using var node = await FilledNode.Make(5);
        await File.WriteAllTextAsync(node.File, "mine", Cancel);
        await using var contents = EmbeddedContents.Open(node.Store, TimeProvider.System);
        var source = new ExportSource(contents, null, "embedded", []);
        await Assert.ThrowsAsync<MoveRefusedException>(async () =>
            await StoreExport.Write(node.File, overwrite: false, source, TimeProvider.System, null, Cancel)
        );
        Assert.Equal("mine", await File.ReadAllTextAsync(node.File, Cancel));
        Assert.Empty(Directory.GetFiles(Path.GetDirectoryName(node.File)!, "*.partial"));
    }

    [Fact]
    public async Task StoreThatIsOpen_IsNotExported()
    {
        using var node = await FilledNode.Make(5);
        await using var open = EmbeddedStore.Open(node.Store, FilledNode.Options, TimeProvider.System);
        Assert.Throws<StoreLockedException>(() =>
        {
            _ = EmbeddedContents.Open(node.Store, TimeProvider.System);
        });
    }

    [Fact]
    public async Task DamagedBlob_IsNotExported()
    {
        using var node = await FilledNode.Make(5);
        var largest = Directory.GetFiles(node.Blobs, "*.data", SearchOption.AllDirectories).MaxBy(file => new FileInfo(file).Length)!;
        await using (var file = File.OpenWrite(largest))
        {
            await file.WriteAsync(new byte[10], Cancel);
        }
        await Assert.ThrowsAsync<BlobDamagedException>(() => node.Export(Cancel));
        Assert.False(File.Exists(node.File));
    }

    [Theory]
    [InlineData("store/journal/1")]
    [InlineData("blobs/ab/cd.data")]
    public async Task NodeThatHoldsSomething_IsNotImportedInto(string file)
    {
        using var node = await FilledNode.Make(5);
        await node.Export(Cancel);
        var data = node.NewFolder();
        var path = Path.Combine(data, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await File.WriteAllTextAsync(path, "mine", Cancel);
        await Assert.ThrowsAsync<MoveRefusedException>(() => Import(node.File, data));
        Assert.Equal("mine", await File.ReadAllTextAsync(path, Cancel));
    }

    [Fact]
    public async Task ImportThatIsCancelled_LeavesNothing()
    {
        using var node = await FilledNode.Make();
        await node.Export(Cancel);
        var data = node.NewFolder();
        using var stop = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await using var target = EmbeddedImport.Open(data, TimeProvider.System);
            await StoreImport.Run(node.File, target, new StopAt("comparing", stop), stop.Token);
        });
        AssertEmpty(data);
        await Import(node.File, data);
    }

    [Fact]
    public async Task ImportThatWasKilled_LeavesAStoreThatNobodyOpens()
    {
        using var node = await FilledNode.Make(5);
        await node.Export(Cancel);
        var data = node.NewFolder();
        await Import(node.File, data);
        var store = Path.Combine(data, "store");
        ImportMark.Write(store, ImportState.Unfinished);

        Assert.Throws<StoreUnfinishedException>(() =>
        {
            _ = EmbeddedStore.Open(store, FilledNode.Options, TimeProvider.System);
        });
        Assert.Throws<StoreUnfinishedException>(() =>
        {
            _ = EmbeddedContents.Open(store, TimeProvider.System);
        });
        await Assert.ThrowsAsync<StoreUnfinishedException>(() => Import(node.File, data));
        using var check = StoreCheck.Open(store, TimeProvider.System);
        Assert.Contains(await check.Findings(Cancel).ToListAsync(Cancel), finding => finding.What.Contains("not finished"));
    }

    private static async Task<ExportedFile> Import(string file, string data)
    {
        await using var target = EmbeddedImport.Open(data, TimeProvider.System);
        return await StoreImport.Run(file, target, null, Cancel);
    }

    private static void AssertEmpty(string data) =>
        Assert.True(!Directory.Exists(data) || !Directory.EnumerateFileSystemEntries(data).Any(), "The data folder is not empty.");

    private static async Task AssertBlobs(string data, long count)
    {
        var blobs = FileBlobStore.OpenBeside(Path.Combine(data, "blobs"), TimeProvider.System);
        Assert.Equal(count, await blobs.List(Cancel).CountAsync(Cancel));
        Assert.Empty(await blobs.Check(Cancel).ToListAsync(Cancel));
    }

    /// <summary>Every document and entry as a line, in order; versions of documents are not kept by a move.</summary>
    internal static async Task<List<string>> Everything(string store)
    {
        await using var contents = EmbeddedContents.Open(store, TimeProvider.System);
        return await Lines(contents);
    }

    internal static async Task<List<string>> Lines(IStoreContents contents)
    {
        var lines = new List<string>();
        await foreach (var (key, document) in contents.Documents(Cancel))
        {
            if (!MovePolicy.HostKinds.Contains(key.Kind))
            {
                lines.Add($"{key} {Crypto.Blake3.Hash(document.Content.Span)}");
            }
        }
        await foreach (var (stream, entry) in contents.Entries(Cancel))
        {
            lines.Add($"{stream} {entry.Version} {Crypto.Blake3.Hash(entry.Content.Span)}");
        }
        Assert.Equal(lines.Count, lines.Distinct().Count());
        return [.. lines.Order(StringComparer.Ordinal)];
    }

    internal static async Task<List<string>> List(string folder)
    {
        await using var store = EmbeddedStore.Open(folder, FilledNode.Options, TimeProvider.System);
        await store.CatchUp(Cancel);
        return await List(store);
    }

    internal static async Task<List<string>> List(IListing store)
    {
        var rows = await store.List(new ListingQuery(TextProjection.Thing, Limit: StoragePolicy.PageRowsMax), Cancel);
        return
        [
            .. rows.Select(row =>
                $"{row.Id} {row.Owner} {row.State} {row.Label} {row.At.Ticks} {System.Text.Encoding.UTF8.GetString(row.Summary.Span)}"
            ),
        ];
    }

    private sealed class StopAt(string step, CancellationTokenSource stop) : IProgress<MoveProgress>
    {
        public void Report(MoveProgress value)
        {
            if (value.Step == step)
            {
                stop.Cancel();
            }
        }
    }
}
