using System.Runtime.CompilerServices;

namespace Marketplace.Storage;

/// <summary>
/// Everything that an embedded store holds, read without changing it: nothing is written and nothing folded. The mover does not know the
/// projections that the read model is made with, and folding without them would empty it. Meanwhile no other process can open the store.
/// </summary>
public sealed class EmbeddedContents : IStoreContents
{
    private readonly EmbeddedStore _store;

    private EmbeddedContents(EmbeddedStore store) => _store = store;

    /// <exception cref="StoreLockedException">A silo runs on it.</exception>
    /// <exception cref="StoreDamagedException">What is on disk is not what was written.</exception>
    /// <exception cref="StoreUnfinishedException">It is the beginning of an import.</exception>
    public static EmbeddedContents Open(string folder, TimeProvider time)
    {
        if (!Directory.Exists(Path.Combine(folder, DataDirectory.JournalFolder)))
        {
            throw new MoveRefusedException($"'{folder}' holds no store: the folder '{DataDirectory.JournalFolder}' is missing.");
        }
        return ImportMark.Read(folder) == ImportState.Unfinished
            ? throw new StoreUnfinishedException(folder)
            : OpenUnfinished(folder, time);
    }

    internal static EmbeddedContents OpenUnfinished(string folder, TimeProvider time) => new(EmbeddedStore.OpenToRead(folder, time));

    public IAsyncEnumerable<KeyValuePair<DocumentKey, Document>> Documents(CancellationToken cancellation = default) =>
        _store.AllDocuments(cancellation);

    public async IAsyncEnumerable<StreamEntryContent> Entries([EnumeratorCancellation] CancellationToken cancellation = default)
    {
        foreach (var stream in _store.AllStreams(cancellation))
        {
            await foreach (var entry in _store.Read(stream, 1, cancellation).ConfigureAwait(false))
            {
                yield return new StreamEntryContent(stream, entry);
            }
        }
    }

    public ValueTask DisposeAsync() => _store.DisposeAsync();
}
