using Marketplace.Grains.Tests.Simulation;
using Marketplace.Storage;

namespace Marketplace.Grains.Tests.Ledger;

/// <summary>
/// Tells the books of each append at the moment when it is durable, whatever its caller hears of it, also where its caller is dead by then.
/// </summary>
internal sealed class WatchedLog(IEventLog log, LedgerBooks books) : IEventLog
{
    private readonly OutsideOfGrains _outside = new();

    public ValueTask<long> Append(string stream, long expectedVersion, IReadOnlyList<ReadOnlyMemory<byte>> entries) =>
        _outside.Do(async () =>
        {
            var version = await log.Append(stream, expectedVersion, entries);
            books.Enter(stream, expectedVersion, entries);
            return version;
        });

    public IAsyncEnumerable<LogEntry> Read(string stream, long fromVersion = 1, CancellationToken cancellation = default) =>
        log.Read(stream, fromVersion, cancellation);

    public IAsyncEnumerable<string> Streams(string prefix, CancellationToken cancellation = default) => log.Streams(prefix, cancellation);
}
