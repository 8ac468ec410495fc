using Marketplace.GrainHost.Simulation;
using Marketplace.GrainInterfaces;
using Marketplace.Storage;

namespace Marketplace.Grains.Tests.Simulation;

/// <summary>The real store, with writes that fail before or after they happened, as chance says.</summary>
internal sealed class FaultyStore(IDocumentStore store, IEventLog log, SeededChance chance, FaultPlan plan) : IDocumentStore, IEventLog
{
    public ValueTask<Document?> Read(DocumentKey key, CancellationToken cancellation = default) => store.Read(key, cancellation);

    public ValueTask<long> Write(DocumentKey key, long expectedVersion, ReadOnlyMemory<byte> content)
    {
        var own = content.ToArray();
        return Do(() => store.Write(key, expectedVersion, own));
    }

    public async ValueTask Delete(DocumentKey key, long expectedVersion) =>
        await Do(async () =>
        {
            await store.Delete(key, expectedVersion);
            return 0;
        });

    public ValueTask<long> Append(string stream, long expectedVersion, IReadOnlyList<ReadOnlyMemory<byte>> entries) =>
        Do(() => log.Append(stream, expectedVersion, entries));

    public IAsyncEnumerable<KeyValuePair<DocumentKey, Document>> Scan(string kind, CancellationToken cancellation = default) =>
        store.Scan(kind, cancellation);

    public IAsyncEnumerable<KeyValuePair<DocumentKey, Document>> Scan(
        string kind,
        string state,
        CancellationToken cancellation = default
    ) => store.Scan(kind, state, cancellation);

    public IAsyncEnumerable<LogEntry> Read(string stream, long fromVersion = 1, CancellationToken cancellation = default) =>
        log.Read(stream, fromVersion, cancellation);

    public IAsyncEnumerable<string> Streams(string prefix, CancellationToken cancellation = default) => log.Streams(prefix, cancellation);

    private async ValueTask<long> Do(Func<ValueTask<long>> write)
    {
        if (plan.Happens(chance, "write lost", 5_000))
        {
            throw new IOException("The write was lost.");
        }
        var version = await write();
        return plan.Happens(chance, "write unconfirmed", 5_000) ? throw new IOException("The write was not confirmed.") : version;
    }
}
