namespace Marketplace.Storage;

/// <summary>
/// The data folder of a node on one machine, as an import's target: <c>store</c>, <c>blobs</c> and the key files. Until all was compared, a
/// mark in <c>store</c> keeps every silo away.
/// </summary>
public sealed class EmbeddedImport : IImportTarget, IExportVisitor
{
    private readonly string _folder;
    private readonly TimeProvider _time;
    private readonly ContentsTally _arrived = new();
    private readonly List<KeyValuePair<string, byte[]>> _secrets = [];
    private readonly List<string> _created = [];
    private readonly EmbeddedStoreOptions _options = new();
    private EmbeddedStore? _store;
    private EmbeddedWrites? _writes;
    private FileBlobStore? _blobs;
    private bool _completed;

    private EmbeddedImport(string folder, TimeProvider time) => (_folder, _time) = (folder, time);

    private string StoreFolder => Path.Combine(_folder, DataDirectory.StoreFolder);
    private string BlobFolder => Path.Combine(_folder, DataDirectory.BlobFolder);

    /// <summary>Looks whether the folder is fit, and changes nothing.</summary>
    /// <exception cref="MoveRefusedException">It holds a node already.</exception>
    /// <exception cref="StoreUnfinishedException">It holds an import that was broken off.</exception>
    public static EmbeddedImport Open(string folder, TimeProvider time)
    {
        var target = new EmbeddedImport(Path.GetFullPath(folder), time);
        if (Directory.Exists(target.StoreFolder) && ImportMark.Read(target.StoreFolder) == ImportState.Unfinished)
        {
            throw new StoreUnfinishedException(target.StoreFolder);
        }
        foreach (var part in (string[])[target.StoreFolder, target.BlobFolder])
        {
            if (Directory.Exists(part) && Directory.EnumerateFiles(part, "*", SearchOption.AllDirectories).Any())
            {
                throw new MoveRefusedException(
                    $"'{part}' holds something. An import needs a new data folder: give another one with --data."
                );
            }
        }
        return target;
    }

    async ValueTask<IExportVisitor> IImportTarget.Begin(CancellationToken cancellation)
    {
        _ = OwnerFiles.In(_folder);
        _ = new RealFiles(StoreFolder);
        _created.AddRange([StoreFolder, BlobFolder]);
        ImportMark.Write(StoreFolder, ImportState.Unfinished);
        _blobs = FileBlobStore.Open(BlobFolder, new FileBlobStoreOptions(), _time);
        _store = EmbeddedStore.OpenUnfinished(StoreFolder, _options, _time);
        _writes = new EmbeddedWrites(_store);
        await Task.CompletedTask.ConfigureAwait(false);
        return this;
    }

    ValueTask IExportVisitor.Secret(string name, ReadOnlyMemory<byte> content)
    {
        if (File.Exists(Path.Combine(_folder, name)))
        {
            throw new MoveRefusedException(
                $"'{Path.Combine(_folder, name)}' exists, and the export brings one too. Move it away, or export without keys."
            );
        }
        KeyFiles.RefuseLooseFolder(_folder);
        _secrets.Add(new(name, content.ToArray()));
        return default;
    }

    ValueTask IExportVisitor.Blob(BlobId id, long size, Stream content) => ImportedBlobs.Store(_blobs!, id, size, content, _arrived);

    ValueTask IExportVisitor.Document(DocumentKey key, ReadOnlyMemory<byte> content) => _writes!.Document(key, content);

    ValueTask IExportVisitor.Entry(string stream, long version, ReadOnlyMemory<byte> content) => _writes!.Entry(stream, version, content);

    async ValueTask IImportTarget.Complete(ContentsSummary wanted, CancellationToken cancellation)
    {
        await _writes!.Finish().ConfigureAwait(false);
        await _store!.CatchUp(cancellation).ConfigureAwait(false);
        await CloseStore().ConfigureAwait(false);
        await using (var contents = EmbeddedContents.OpenUnfinished(StoreFolder, _time))
        {
            await _arrived.AddAll(contents, cancellation).ConfigureAwait(false);
        }
        if (_arrived.Summary != wanted)
        {
            throw new ImportDiffersException(wanted, _arrived.Summary);
        }
        if (_secrets.Count > 0)
        {
            RestoredMark.Write(_folder, RestoredMark.Imported);
            _created.Add(Path.Combine(_folder, RestoredMark.FileName));
        }
        foreach (var (name, content) in _secrets)
        {
            KeyFiles.Write(_folder, name, content);
            _created.Add(Path.Combine(_folder, name));
        }
        cancellation.ThrowIfCancellationRequested();
        ImportMark.Write(StoreFolder, ImportState.Unlisted);
        _completed = true;
    }

    public async ValueTask DisposeAsync()
    {
        await CloseStore().ConfigureAwait(false);
        if (_completed)
        {
            return;
        }
        // The books last: while they are there, so is the mark.
        foreach (var path in Enumerable.Reverse(_created))
        {
            if (Directory.Exists(path))
            {
                Directory.Delete(path, recursive: true);
            }
            else
            {
                File.Delete(path);
            }
        }
    }

    private async ValueTask CloseStore()
    {
        if (_store is not { } store)
        {
            return;
        }
        _store = null;
        await store.DisposeAsync().ConfigureAwait(false);
    }
}
