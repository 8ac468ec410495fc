using System.Runtime.CompilerServices;

namespace Marketplace.Storage;

// Only while nothing is written or folded, see QuietDriver: then a document is in memory or in the tables or in the archive, and what is in
// memory overrules the others.
public sealed partial class EmbeddedStore
{
    internal async IAsyncEnumerable<KeyValuePair<DocumentKey, Document>> AllDocuments(
        [EnumeratorCancellation] CancellationToken cancellation
    )
    {
        Dictionary<DocumentKey, StoredDocument?> inMemory;
        lock (_memory.Gate)
        {
            inMemory = _memory.Documents().ToDictionary(entry => entry.Key, entry => entry.Durable);
        }
        foreach (var (key, document) in inMemory)
        {
            if (document is not null)
            {
                yield return new(key, AsDocument(document)!.Value);
            }
        }
        for (long row = 0; ; )
        {
            cancellation.ThrowIfCancellationRequested();
            var page = _folded.Ask(reader => reader.AnyDocumentPage(row, ScanPage));
            foreach (var found in page)
            {
                if (!inMemory.ContainsKey(found.Key))
                {
                    yield return new(found.Key, found.Document);
                }
            }
            if (page.Count < ScanPage)
            {
                break;
            }
            row = page[^1].Row;
            await Task.CompletedTask.ConfigureAwait(false);
        }
        var hashesInMemory = inMemory.Keys.Select(_memory.HashOf).ToHashSet();
        await foreach (var archived in ScanArchive(null, hashesInMemory, cancellation).ConfigureAwait(false))
        {
            if (!inMemory.ContainsKey(archived.Key))
            {
                yield return new(archived.Key, AsDocument(archived.Document)!.Value);
            }
        }
    }

    internal IEnumerable<string> AllStreams(CancellationToken cancellation)
    {
        HashSet<string> inMemory;
        lock (_memory.Gate)
        {
            inMemory = [.. _memory.Streams().Select(entry => entry.Stream)];
        }
        for (long row = 0; ; )
        {
            cancellation.ThrowIfCancellationRequested();
            var page = _folded.Ask(reader => reader.StreamPage(row, ScanPage));
            foreach (var (_, name) in page)
            {
                inMemory.Remove(name);
                yield return name;
            }
            if (page.Count < ScanPage)
            {
                break;
            }
            row = page[^1].Row;
        }
        foreach (var name in inMemory)
        {
            yield return name;
        }
    }
}
