using System.Runtime.CompilerServices;

namespace Marketplace.Storage;

public sealed partial class EmbeddedStore
{
    private const int ScanPage = 256;

    public ValueTask<Document?> Read(DocumentKey key, CancellationToken cancellation = default)
    {
        StoreArguments.Check(key);
        var hash = _memory.HashOf(key);
        // A key is in the filter before its first write is on its way, so "no" is the truth and costs neither lock nor disk.
        if (!_memory.Filter.MayContain(hash))
        {
            return default;
        }
        lock (_memory.Gate)
        {
            if (_memory.Find(key, hash) is { } entry)
            {
                return new(AsDocument(entry.Durable));
            }
        }
        // Not in memory means that the tables had the newest version; whatever they say from now on is that or newer.
        return new(AsDocument(_folded.Find(key, hash)?.Document));
    }

    public ValueTask<long> Write(DocumentKey key, long expectedVersion, ReadOnlyMemory<byte> content)
    {
        StoreArguments.Check(key);
        StoreArguments.CheckVersion(expectedVersion);
        StoreArguments.CheckSize(content.Length);
        return Change(key, expectedVersion, content, JournalRecordKind.DocumentWritten).Version;
    }

    public ValueTask Delete(DocumentKey key, long expectedVersion)
    {
        StoreArguments.Check(key);
        StoreArguments.CheckVersion(expectedVersion);
        return Change(key, expectedVersion, default, JournalRecordKind.DocumentDeleted).Done;
    }

    public IAsyncEnumerable<KeyValuePair<DocumentKey, Document>> Scan(string kind, CancellationToken cancellation = default)
    {
        StoreArguments.CheckName(kind, nameof(kind));
        return Scan(kind, withArchive: true, cancellation);
    }

    /// <inheritdoc/>
    /// <remarks>It gives all that are not in the archive: their rows may not be written yet.</remarks>
    public IAsyncEnumerable<KeyValuePair<DocumentKey, Document>> Scan(string kind, string state, CancellationToken cancellation = default)
    {
        StoreArguments.CheckName(kind, nameof(kind));
        StoreArguments.CheckName(state, nameof(state));
        return Scan(kind, withArchive: false, cancellation);
    }

    private async IAsyncEnumerable<KeyValuePair<DocumentKey, Document>> Scan(
        string kind,
        bool withArchive,
        [EnumeratorCancellation] CancellationToken cancellation
    )
    {
        // Documents only ever move from memory to the tables to the archive, so in this order none can slip past; what was met is not
        // given twice.
        var met = new HashSet<string>();
        var inMemory = new List<(DocumentKey Key, StoredDocument? Document)>();
        var hashesInMemory = new HashSet<long>();
        lock (_memory.Gate)
        {
            foreach (var entry in _memory.DocumentsOf(kind))
            {
                inMemory.Add((entry.Key, entry.Durable));
                hashesInMemory.Add(entry.Hash);
            }
        }
        foreach (var (key, document) in inMemory)
        {
            cancellation.ThrowIfCancellationRequested();
            if (met.Add(key.Id) && document is not null)
            {
                yield return new(key, AsDocument(document)!.Value);
            }
        }
        if (_folded.Names.FindKind(kind) is not { } number)
        {
            yield break;
        }
        for (long row = 0; ; )
        {
            cancellation.ThrowIfCancellationRequested();
            var page = _folded.Ask(reader => reader.DocumentPage(row, number, ScanPage));
            foreach (var found in page)
            {
                if (met.Add(found.Id))
                {
                    yield return new(new DocumentKey(kind, found.Id), found.Document);
                }
            }
            if (page.Count < ScanPage)
            {
                break;
            }
            row = page[^1].Row;
        }
        if (!withArchive)
        {
            yield break;
        }
        await foreach (var archived in ScanArchive(number, hashesInMemory, cancellation).ConfigureAwait(false))
        {
            if (!met.Contains(archived.Key.Id))
            {
                yield return new(archived.Key, AsDocument(archived.Document)!.Value);
            }
        }
    }

    /// <param name="kind">The kind's number; null: all kinds.</param>
    /// <param name="hashesInMemory">Keys whose rows may point to where a power cut took their bytes away: the journal had them.</param>
    /// <param name="cancellation">Looked at between two pages.</param>
    private async IAsyncEnumerable<ArchivedDocument> ScanArchive(
        long? kind,
        HashSet<long> hashesInMemory,
        [EnumeratorCancellation] CancellationToken cancellation
    )
    {
        var (hash, position) = (long.MinValue, long.MinValue);
        // A document that is archived again meanwhile comes once more, with the same hash and so right behind.
        var ofSameHash = new HashSet<DocumentKey>();
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            var page = _folded.Ask(reader => reader.ArchivePage(hash, position, kind, ScanPage));
            foreach (var row in page)
            {
                if (row.Hash != hash)
                {
                    ofSameHash.Clear();
                }
                (hash, position) = row;
                if (!_folded.TryReadArchived(hash, position, out var archived, out var what))
                {
                    if (hashesInMemory.Contains(hash) || _folded.IsArchivedElsewhere(hash, position))
                    {
                        continue;
                    }
                    throw _folded.Archive.Damage(position, what);
                }
                if (ofSameHash.Add(archived.Key))
                {
                    yield return archived;
                }
            }
            if (page.Count < ScanPage)
            {
                yield break;
            }
            await Task.CompletedTask.ConfigureAwait(false);
        }
    }

    private PendingResult Change(DocumentKey key, long expected, ReadOnlyMemory<byte> content, JournalRecordKind kind)
    {
        var hash = _memory.HashOf(key);
        var looked = new Looked<FoundDocument>();
        while (true)
        {
            lock (_memory.Gate)
            {
                ThrowIfStopped();
                if (_memory.UnfoldedBytes > _options.UnfoldedBytesMax)
                {
                    return new PendingResult(ChangeWhenThereIsRoom(key, expected, content.ToArray(), kind));
                }
                var entry = _memory.Find(key, hash);
                if (entry is not null || looked.IsTrueAt(_memory.Removals) || !_memory.Filter.MayContain(hash))
                {
                    return Enqueue(entry, key, hash, looked.Found, expected, content.Span, kind);
                }
                looked.Removals = _memory.Removals;
            }
            looked.Found = _folded.Find(key, hash);
        }
    }

    /// <summary>Belongs to the gate.</summary>
    private PendingResult Enqueue(
        DocumentEntry? entry,
        DocumentKey key,
        long hash,
        FoundDocument? found,
        long expected,
        ReadOnlySpan<byte> content,
        JournalRecordKind kind
    )
    {
        var newest = entry?.NewestVersion ?? found?.Document.Version ?? 0;
        if (newest != expected)
        {
            return new PendingResult(Task.FromException<long>(new VersionConflictException(key.ToString(), expected, newest)));
        }
        var deletes = kind == JournalRecordKind.DocumentDeleted;
        if (deletes && newest == 0)
        {
            return default;
        }
        var frame = _framer.Document(kind, key, newest + 1, content);
        entry ??= AddDocument(key, hash, found);
        entry.NewestVersion = deletes ? 0 : newest + 1;
        return Commit(_committer.Enqueue(entry, deletes ? null : new StoredDocument(newest + 1, frame.Payload), null, newest + 1, frame));
    }

    /// <summary>Belongs to the gate.</summary>
    private PendingResult Commit(PendingWrite write)
    {
        if (_committer.IsFirst)
        {
            _driver.WriteWaits();
        }
        return new PendingResult(write);
    }

    private async Task<long> ChangeWhenThereIsRoom(DocumentKey key, long expected, ReadOnlyMemory<byte> content, JournalRecordKind kind)
    {
        await WaitForRoom().ConfigureAwait(KeepsContext);
        return await Change(key, expected, content, kind).Version.ConfigureAwait(KeepsContext);
    }

    private Task WaitForRoom()
    {
        Task room;
        lock (_memory.Gate)
        {
            if (_memory.UnfoldedBytes <= _options.UnfoldedBytesMax)
            {
                return Task.CompletedTask;
            }
            room = _memory.WaitForRoom(_driver.ContinueOnPool);
        }
        _driver.FoldWaits();
        return room;
    }

    private DocumentEntry AddDocument(DocumentKey key, long hash, FoundDocument? found)
    {
        var entry = new DocumentEntry(key, hash) { Durable = found?.Document, Place = found?.Place ?? FoldedPlace.Nowhere };
        _memory.Add(entry);
        return entry;
    }

    private static Document? AsDocument(StoredDocument? stored) => stored is null ? null : new Document(stored.Version, stored.Content);
}
