using System.Runtime.CompilerServices;

namespace Marketplace.Storage;

/// <summary>Reads all rows of a market's database, also beside running silos, and reports every damage; repairs nothing.</summary>
public static class PostgresCheck
{
    private const string Documents = "select kind, id, version, checksum, content from market.documents";

    /// <summary>In order, so that gaps are seen.</summary>
    private const string Entries = "select stream, version, checksum, content from market.log order by stream, version";

    /// <exception cref="StoreUnavailableException">The database cannot be reached, or holds no market.</exception>
    public static async IAsyncEnumerable<StoreFinding> Findings(
        string connectionString,
        [EnumeratorCancellation] CancellationToken cancellation = default
    )
    {
        await using var source = PostgresMoving.Source(connectionString);
        await using var connection = await PostgresMoving
            .Ask(() => source.OpenConnectionAsync(cancellation).AsTask())
            .ConfigureAwait(false);
        await using var transaction = await PostgresMoving
            .Ask(() => connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancellation).AsTask())
            .ConfigureAwait(false);
        await foreach (var row in PostgresMoving.Rows(connection, Documents, cancellation).ConfigureAwait(false))
        {
            var key = new DocumentKey(row.GetString(0), row.GetString(1));
            if (row.GetInt64(3) != RowChecksum.Of(key.Id, row.GetInt64(2), row.GetFieldValue<byte[]>(4)))
            {
                yield return new StoreFinding("market.documents", 0, $"the checksum of '{key}' does not fit.");
            }
        }
        var (stream, next) = ("", 1L);
        await foreach (var row in PostgresMoving.Rows(connection, Entries, cancellation).ConfigureAwait(false))
        {
            var (name, version) = (row.GetString(0), row.GetInt64(1));
            if (name != stream)
            {
                (stream, next) = (name, 1);
            }
            if (version != next)
            {
                yield return new StoreFinding("market.log", 0, $"the entry before {version} of the stream '{stream}' is missing.");
            }
            next = version + 1;
            if (row.GetInt64(2) != RowChecksum.Of(stream, version, row.GetFieldValue<byte[]>(3)))
            {
                yield return new StoreFinding("market.log", 0, $"the checksum of entry {version} of the stream '{stream}' does not fit.");
            }
        }
    }
}
