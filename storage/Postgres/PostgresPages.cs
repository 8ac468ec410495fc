using System.Runtime.CompilerServices;
using Npgsql;

namespace Marketplace.Storage;

/// <summary>Scans and streams, a page at a time: a connection is held for a page, never while the caller works on it.</summary>
internal sealed class PostgresPages(NpgsqlDataSource source, int bytesMax)
{
    /// <summary>Rows of a page: enough that the round trip does not count.</summary>
    private const int PageRows = 256;

    // A page ends early where its content is large, after its first row at the soonest. Sizes are known without reading the content.
    private const string Documents = """
        select id, version, checksum, content
        from (
            select id, version, checksum, content,
                sum(octet_length(content)) over (order by id rows unbounded preceding) - octet_length(content) as bytes_before
            from (select * from market.documents where kind = $1 and id > $2 order by id limit $3) page
        ) sized
        where bytes_before < $4
        order by id
        """;

    private const string Entries = """
        select version, checksum, content
        from (
            select version, checksum, content,
                sum(octet_length(content)) over (order by version rows unbounded preceding) - octet_length(content) as bytes_before
            from (select * from market.log where stream = $1 and version >= $2 order by version limit $3) page
        ) sized
        where bytes_before < $4
        order by version
        """;

    public static StoreDamagedException Damaged(DocumentKey key) => new("market.documents", $"the checksum of '{key}' does not fit.");

    public async IAsyncEnumerable<KeyValuePair<DocumentKey, Document>> Scan(
        string kind, [EnumeratorCancellation] CancellationToken cancellation)
    {
        // No id is empty, so the first page begins after that.
        for (var after = ""; ;)
        {
            var page = await Page(Documents, kind, after, ReadDocument, cancellation).ConfigureAwait(false);
            foreach (var (key, document) in page)
                yield return new(key, document);
            if (page.Count == 0)
                yield break;
            after = page[^1].Key.Id;
        }

        KeyValuePair<DocumentKey, Document> ReadDocument(NpgsqlDataReader reader)
        {
            var key = new DocumentKey(kind, reader.GetString(0));
            var (version, content) = (reader.GetInt64(1), reader.GetFieldValue<byte[]>(3));
            return reader.GetInt64(2) == RowChecksum.Of(key.Id, version, content)
                ? new(key, new Document(version, content))
                : throw Damaged(key);
        }
    }

    public async IAsyncEnumerable<LogEntry> Read(
        string stream, long fromVersion, [EnumeratorCancellation] CancellationToken cancellation)
    {
        while (true)
        {
            var page = await Page(Entries, stream, fromVersion, ReadEntry, cancellation).ConfigureAwait(false);
            foreach (var entry in page)
            {
                if (entry.Version != fromVersion++)
                    throw new StoreDamagedException("market.log", $"the entry before {entry.Version} of the stream '{stream}' is missing.");
                yield return entry;
            }
            if (page.Count == 0)
                yield break;
        }

        LogEntry ReadEntry(NpgsqlDataReader reader)
        {
            var (version, content) = (reader.GetInt64(0), reader.GetFieldValue<byte[]>(2));
            return reader.GetInt64(1) == RowChecksum.Of(stream, version, content)
                ? new LogEntry(version, content)
                : throw new StoreDamagedException("market.log", $"the checksum of entry {version} of the stream '{stream}' does not fit.");
        }
    }

    private Task<List<TRow>> Page<TRow, TFrom>(
        string sql, string name, TFrom from, Func<NpgsqlDataReader, TRow> read, CancellationToken cancellation) =>
        PostgresFailures.Read(async () =>
        {
            await using var command = source.CreateCommand(sql);
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name });
            command.Parameters.Add(new NpgsqlParameter<TFrom> { TypedValue = from });
            command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = PageRows });
            command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = bytesMax });
            await using var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
            var page = new List<TRow>();
            while (await reader.ReadAsync(cancellation).ConfigureAwait(false))
                page.Add(read(reader));
            return page;
        });
}
