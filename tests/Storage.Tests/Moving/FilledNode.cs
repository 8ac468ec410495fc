using Marketplace.Storage.Contracts;

namespace Marketplace.Storage.Moving;

/// <summary>
/// The data folder of a node with something of everything: documents in the journal, the tables and the archive, changed and deleted ones,
/// names and contents of unusual sizes, streams short and long, blobs with and without a tree, key files.
/// </summary>
internal sealed class FilledNode : IDisposable
{
    public static EmbeddedStoreOptions Options { get; } =
        new()
        {
            Projections = [new TextProjection(TextProjection.Thing)],
            SegmentBytes = 1 << 16,
            FoldDelay = TimeSpan.FromMilliseconds(20),
        };

    private readonly TemporaryFolder _folder = new();

    public string Data => Path.Combine(_folder.Name, "data");
    public string Store => Path.Combine(Data, DataDirectory.StoreFolder);
    public string Blobs => Path.Combine(Data, DataDirectory.BlobFolder);
    public string File => Path.Combine(_folder.Name, "export");

    public string NewFolder() => Path.Combine(_folder.Name, Guid.NewGuid().ToString("n"));

    public static async Task<FilledNode> Make(int things = 300)
    {
        var node = new FilledNode();
        await node.Fill(things);
        return node;
    }

    public async Task<ContentsSummary> Export(CancellationToken cancellation = default)
    {
        await using var contents = EmbeddedContents.Open(Store, TimeProvider.System);
        var source = new ExportSource(contents, FileBlobStore.OpenBeside(Blobs, TimeProvider.System), "embedded", KeyFiles.Read(Data));
        return await StoreExport.Write(File, overwrite: true, source, TimeProvider.System, null, cancellation);
    }

    public void Dispose() => _folder.Dispose();

    private async Task Fill(int things)
    {
        _ = OwnerFiles.In(Data);
        foreach (var name in KeyFiles.Names)
        {
            KeyFiles.Write(Data, name, System.Text.Encoding.ASCII.GetBytes($"secret of {name}\n"));
        }
        await using (var store = EmbeddedStore.Open(Store, Options, TimeProvider.System))
        {
            await Task.WhenAll(Enumerable.Range(0, things).Select(index => Write(store, index, "open")));
            await store.Write(new DocumentKey("odd", "empty"), 0, default);
            await store.Write(new DocumentKey(new string('ü', 200), new string('i', StoragePolicy.NameBytesMax)), 0, new byte[300_000]);
            await store.Write(new DocumentKey("odd", "largest"), 0, new byte[StoragePolicy.DocumentBytesMax]);
            await store.Write(new DocumentKey("reminder", "of the host"), 0, new byte[10]);
            await Task.WhenAll(
                Enumerable.Range(0, 40).Select(stream => store.Append($"stream/{stream}", 0, Entries(stream * stream)).AsTask())
            );
            await store.CatchUp();
            // These stay in the journal: the folder is closed before they are old enough to be folded.
            await store.Append("stream/7", 50, Entries(3));
            await store.Append("stream/new", 0, Entries(2));
            await store.Delete(new DocumentKey(TextProjection.Thing, "3"), 2);
            await store.Delete(new DocumentKey("odd", "empty"), 1);
            await store.Write(new DocumentKey("odd", "empty"), 0, default);
            await Write(store, things, "open");
            await Write(store, things + 1, "ended");
        }
        var blobs = FileBlobStore.Open(Blobs, new FileBlobStoreOptions { FreeBytesMin = 0 }, TimeProvider.System);
        foreach (var size in (int[])[0, 1, 16_384, 16_385, 100_000, 3_000_000])
        {
            await blobs.Put(new MemoryStream(Content(size)), size);
        }
    }

    private static async Task Write(EmbeddedStore store, int index, string state)
    {
        var key = new DocumentKey(TextProjection.Thing, $"{index}");
        var version = await store.Write(key, 0, TextProjection.Content($"owner {index % 3}", state, "label", index, "first"));
        // Every second ends, and moves to the archive.
        await store.Write(
            key,
            version,
            TextProjection.Content($"owner {index % 3}", index % 2 == 0 ? "ended" : state, "label", index, "second")
        );
    }

    private static ReadOnlyMemory<byte>[] Entries(int seed) =>
        [.. Enumerable.Range(0, seed + 1).Select(index => new ReadOnlyMemory<byte>(Content(index % 50)))];

    private static byte[] Content(int size)
    {
        var bytes = new byte[size];
        new Random(size).NextBytes(bytes);
        return bytes;
    }
}
