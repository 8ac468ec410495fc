using Marketplace.Storage.Contracts;
using Marketplace.Storage.Moving;

namespace Marketplace.Storage.Backup;

/// <summary>
/// A data folder whose store is open, as a silo has it, with a clock that the test sets, and a list of what must be in it. Folds run
/// beside, so what a backup finds folded differs from run to run, and nothing may depend on it.
/// </summary>
internal sealed class CopiedNode : IAsyncDisposable
{
    private const int ThingsPerStep = 60;

    private readonly TemporaryFolder _folder = new();
    private readonly SetClock _clock = new();
    private readonly Dictionary<DocumentKey, (long Version, byte[] Content)> _documents = [];
    private readonly Dictionary<string, List<byte[]>> _streams = [];
    private EmbeddedStore? _store;
    private FileBlobStore _blobs = null!;
    private int _things;

    public string Data => Path.Combine(_folder.Name, "data");
    public string Store => Path.Combine(Data, DataDirectory.StoreFolder);
    public string Journal => Path.Combine(Store, DataDirectory.JournalFolder);
    public string To => Path.Combine(_folder.Name, "backup");
    public DateTimeOffset Now => _clock.Now;

    public string NewFolder() => Path.Combine(_folder.Name, Guid.NewGuid().ToString("n"));

    public static async Task<CopiedNode> Make()
    {
        var node = MakeStopped();
        node.Open();
        await node.Work();
        return node;
    }

    /// <summary>A node whose store is not open, and holds nothing.</summary>
    public static CopiedNode MakeStopped()
    {
        var node = new CopiedNode();
        _ = OwnerFiles.In(node.Data);
        foreach (var name in KeyFiles.Names)
        {
            KeyFiles.Write(node.Data, name, System.Text.Encoding.ASCII.GetBytes($"secret of {name}\n"));
        }
        node._blobs = FileBlobStore.Open(
            Path.Combine(node.Data, DataDirectory.BlobFolder),
            new FileBlobStoreOptions { FreeBytesMin = 0 },
            TimeProvider.System
        );
        return node;
    }

    public ValueTask<BackupSummary> Backup(CancellationToken cancellation) => StoreBackup.Run(Data, To, _clock, null, cancellation);

    public ValueTask<RestoreSummary> Restore(string to, DateTimeOffset? at, CancellationToken cancellation) =>
        StoreRestore.Run(To, to, at, _clock, null, cancellation);

    /// <summary>An hour goes by, and things are made, changed, ended and deleted.</summary>
    /// <returns>All that is there now.</returns>
    public async Task<IReadOnlyList<string>> Work()
    {
        _clock.Now += TimeSpan.FromHours(1);
        await Task.WhenAll(Enumerable.Range(0, ThingsPerStep).Select(_ => Write(_things++, "open")));
        await Task.WhenAll(Enumerable.Range(0, _things).Where(thing => thing % 7 == _things % 7).Select(thing => Write(thing, "ended")));
        await Delete(_things - 3);
        await Append($"stream/{_things}", 5);
        await Append("stream/all", 3);
        await _blobs.Put(new MemoryStream(Bytes(20_000 + _things)), 1 << 20);
        return Everything();
    }

    /// <summary>Everything is folded, so that whole segments are given up.</summary>
    public async Task Fold(CancellationToken cancellation) => await _store!.CatchUp(cancellation);

    public void Open() => _store = EmbeddedStore.Open(Store, FilledNode.Options, _clock);

    public async Task Close() => await _store!.DisposeAsync();

    /// <summary>Says in the tables of the closed store which record they follow.</summary>
    /// <returns>What they said before.</returns>
    public long SetFolded(long sequence)
    {
        using var tables = new RealTableFile(Path.Combine(Store, DataDirectory.TablesFile));
        using var connection = tables.Connect();
        var before = TableSchema.ReadMeta(connection, "folded");
        using var command = connection.CreateCommand();
        command.CommandText = $"update meta set value = {sequence} where name = 'folded'";
        Assert.Equal(1, command.ExecuteNonQuery());
        return before;
    }

    public async ValueTask DisposeAsync()
    {
        if (_store is not null)
        {
            await _store.DisposeAsync();
        }
        _folder.Dispose();
    }

    /// <summary>What a restored folder holds, in the form of <see cref="Work"/>.</summary>
    public static async Task<IReadOnlyList<string>> Everything(string data)
    {
        await using var contents = EmbeddedContents.Open(Path.Combine(data, DataDirectory.StoreFolder), TimeProvider.System);
        return await MoveTests.Lines(contents);
    }

    private List<string> Everything() =>
        [
            .. _documents
                .Select(document => $"{document.Key} {Crypto.Blake3.Hash(document.Value.Content)}")
                .Concat(
                    _streams.SelectMany(stream =>
                        stream.Value.Select((content, index) => $"{stream.Key} {index + 1} {Crypto.Blake3.Hash(content)}")
                    )
                )
                .Order(StringComparer.Ordinal),
        ];

    private async Task Write(int thing, string state)
    {
        var key = new DocumentKey(TextProjection.Thing, $"{thing}");
        var before = Version(key);
        var content = TextProjection.Content($"owner {thing % 3}", state, "label", thing, $"{before} {new string('s', 300)}");
        var version = await _store!.Write(key, before, content);
        lock (_documents)
        {
            _documents[key] = (version, content);
        }
    }

    private async Task Delete(int thing)
    {
        var key = new DocumentKey(TextProjection.Thing, $"{thing}");
        await _store!.Delete(key, Version(key));
        _documents.Remove(key);
    }

    private long Version(DocumentKey key)
    {
        lock (_documents)
        {
            return _documents.TryGetValue(key, out var document) ? document.Version : 0;
        }
    }

    private async Task Append(string stream, int count)
    {
        if (!_streams.TryGetValue(stream, out var entries))
        {
            _streams.Add(stream, entries = []);
        }
        var added = Enumerable.Range(entries.Count, count).Select(index => Bytes(10 + index)).ToArray();
        await _store!.Append(stream, entries.Count, [.. added.Select(bytes => new ReadOnlyMemory<byte>(bytes))]);
        entries.AddRange(added);
    }

    private static byte[] Bytes(int size)
    {
        var bytes = new byte[size];
        new Random(size).NextBytes(bytes);
        return bytes;
    }

    /// <summary>The date is the test's; how long things rest before they are folded is the machine's.</summary>
    private sealed class SetClock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2026, 3, 1, 9, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
