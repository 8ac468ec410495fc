using System.Runtime.CompilerServices;

namespace Marketplace.Storage;

public sealed partial class EmbeddedStore
{
    /// <summary>
    /// Only while nothing is written or folded, see <see cref="QuietDriver"/>: then a document is in memory or in the tables or in the
    /// archive, and what is in memory overrules the others.
    /// </summary>
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

    /// <summary>
    /// At any time: what is folded meanwhile was in memory at the beginning, and rows of streams stay in the tables.
    /// </summary>
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
