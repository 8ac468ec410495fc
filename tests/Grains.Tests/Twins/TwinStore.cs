using Marketplace.GrainHost.Simulation;
using Marketplace.GrainInterfaces;
using Marketplace.Grains.Tests.Simulation;
using Marketplace.Storage;

namespace Marketplace.Grains.Tests.Twins;

/// <summary>
/// The store that all hosts share, as one of them sees it: over a network on which reads and writes take their time, and fail before or
/// after they happened. Without its safeguard, for a run that must find that out, it writes whatever version was expected.
/// </summary>
internal sealed class TwinStore(
    string host,
    EmbeddedStore store,
    TwinWatch watch,
    FaultPlan plan,
    SeededChance chance,
    TimeProvider time,
    bool isUnconditional
) : IDocumentStore, IEventLog
{
    private const int NetworkMicrosecondsMax = 4000;

    public async ValueTask<Document?> Read(DocumentKey key, CancellationToken cancellation = default)
    {
        await Travel();
        var document = await store.Read(key, cancellation);
        await Travel();
        return document;
    }

    public ValueTask<long> Write(DocumentKey key, long expectedVersion, ReadOnlyMemory<byte> content)
    {
        var own = content.ToArray();
        return Do(GrainOf(key), expectedVersion, version => store.Write(key, version, own));
    }

    public async ValueTask Delete(DocumentKey key, long expectedVersion) =>
        await Do(
            GrainOf(key),
            expectedVersion,
            async version =>
            {
                await store.Delete(key, version);
                return 0;
            }
        );

    public ValueTask<long> Append(string stream, long expectedVersion, IReadOnlyList<ReadOnlyMemory<byte>> entries) =>
        Do(stream, expectedVersion, version => store.Append(stream, version, entries));

    public IAsyncEnumerable<KeyValuePair<DocumentKey, Document>> Scan(string kind, CancellationToken cancellation = default) =>
        store.Scan(kind, cancellation);

    public IAsyncEnumerable<KeyValuePair<DocumentKey, Document>> Scan(
        string kind,
        string state,
        CancellationToken cancellation = default
    ) => store.Scan(kind, state, cancellation);

    public IAsyncEnumerable<LogEntry> Read(string stream, long fromVersion = 1, CancellationToken cancellation = default) =>
        store.Read(stream, fromVersion, cancellation);

    public IAsyncEnumerable<string> Streams(string prefix, CancellationToken cancellation = default) => store.Streams(prefix, cancellation);

    /// <summary>
    /// Whose state a document is; null for snapshots of accounts and states, which may be lost without consequence, and for the market's
    /// start, for which it tries again.
    /// </summary>
    private static string? GrainOf(DocumentKey key) =>
        key.Kind is "job" or "key" or "program" or "blob" or "worker" ? key.ToString() : null;

    private async ValueTask<long> Do(string? grain, long expectedVersion, Func<long, ValueTask<long>> write)
    {
        await Travel();
        if (plan.Happens(chance, "write lost", 5_000))
        {
            throw new IOException("The write was lost.");
        }
        long version;
        try
        {
            version = await write(expectedVersion);
        }
        catch (VersionConflictException conflict)
        {
            plan.Count("conflict");
            if (isUnconditional)
            {
                return await write(conflict.Stored);
            }
            if (grain is not null)
            {
                watch.Lost(host, grain);
            }
            throw;
        }

        if (grain is not null)
        {
            watch.Written(host, grain);
        }
        await Travel();
        return plan.Happens(chance, "write unconfirmed", 5_000) ? throw new IOException("The write was not confirmed.") : version;
    }

    private Task Travel() =>
        chance.Below(4) == 0 ? Task.Delay(TimeSpan.FromMicroseconds(1 + chance.Below(NetworkMicrosecondsMax)), time) : Task.CompletedTask;
}
