using Marketplace.GrainInterfaces;
using Marketplace.Storage;

namespace Marketplace.Grains.Tests.Simulation;

/// <summary>
/// Tells of each job's document at the moment when it is durable, whatever its writer hears of it, also where that one is dead.
/// </summary>
internal sealed class WatchedJobs(IDocumentStore store, Action<JobId, ReadOnlyMemory<byte>> stored) : IDocumentStore
{
    private readonly OutsideOfGrains _outside = new();

    public ValueTask<Document?> Read(DocumentKey key, CancellationToken cancellation = default) => store.Read(key, cancellation);

    public ValueTask<long> Write(DocumentKey key, long expectedVersion, ReadOnlyMemory<byte> content)
    {
        if (key.Kind != JobStateCodec.Kind)
        {
            return store.Write(key, expectedVersion, content);
        }
        var own = content.ToArray();
        return _outside.Do(async () =>
        {
            var version = await store.Write(key, expectedVersion, own);
            stored(JobId.Parse(key.Id), own);
            return version;
        });
    }

    public ValueTask Delete(DocumentKey key, long expectedVersion) => store.Delete(key, expectedVersion);

    public IAsyncEnumerable<KeyValuePair<DocumentKey, Document>> Scan(string kind, CancellationToken cancellation = default) =>
        store.Scan(kind, cancellation);

    public IAsyncEnumerable<KeyValuePair<DocumentKey, Document>> Scan(
        string kind,
        string state,
        CancellationToken cancellation = default
    ) => store.Scan(kind, state, cancellation);
}
