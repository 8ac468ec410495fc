using Marketplace.Storage;

namespace Marketplace.Tests.Orleans.Cluster;

/// <summary>A store that cannot read the documents with one id, whatever their kind.</summary>
internal sealed class UnreadableDocuments(IDocumentStore store) : IDocumentStore
{
    public static readonly string Id = new WorkerId(new Bytes32([.. Enumerable.Repeat((byte)0xBA, Bytes32.Size)])).ToString();

    public ValueTask<Document?> Read(DocumentKey key, CancellationToken cancellation = default) =>
        key.Id == Id
            ? throw new StoreUnavailableException("The database does not answer.", mayHaveHappened: false)
            : store.Read(key, cancellation);

    public ValueTask<long> Write(DocumentKey key, long expectedVersion, ReadOnlyMemory<byte> content) =>
        store.Write(key, expectedVersion, content);

    public ValueTask Delete(DocumentKey key, long expectedVersion) => store.Delete(key, expectedVersion);

    public IAsyncEnumerable<KeyValuePair<DocumentKey, Document>> Scan(string kind, CancellationToken cancellation = default) =>
        store.Scan(kind, cancellation);

    public IAsyncEnumerable<KeyValuePair<DocumentKey, Document>> Scan(
        string kind,
        string state,
        CancellationToken cancellation = default
    ) => store.Scan(kind, state, cancellation);
}
