using Marketplace.Storage;

namespace Marketplace.Grains.Tests.Ledger;

/// <summary>Tells the books of each append at the moment when it is durable, whatever its caller hears of it.</summary>
internal sealed class WatchedLog(IEventLog log, LedgerBooks books) : IEventLog
{
    public async ValueTask<long> Append(string stream, long expectedVersion, IReadOnlyList<ReadOnlyMemory<byte>> entries)
    {
        var version = await log.Append(stream, expectedVersion, entries);
        books.Enter(stream, expectedVersion, entries);
        return version;
    }

    public IAsyncEnumerable<LogEntry> Read(string stream, long fromVersion = 1, CancellationToken cancellation = default) =>
        log.Read(stream, fromVersion, cancellation);

    public IAsyncEnumerable<string> Streams(string prefix, CancellationToken cancellation = default) => log.Streams(prefix, cancellation);
}
