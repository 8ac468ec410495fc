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

    // By time, as the index of states has it; where two are of one moment, by id.
    private const string DocumentsInState = """
        select id, version, checksum, content, at
        from (
            select id, version, checksum, content, at,
                sum(octet_length(content)) over (order by at, id rows unbounded preceding) - octet_length(content) as bytes_before
            from (
                select * from market.documents
                where kind = $1 and state = $2 and at >= $3 and (at > $3 or id > $4)
                order by at, id limit $5
            ) page
        ) sized
        where bytes_before < $6
        order by at, id
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

    // From one stream's name to the next by the index: the entries between them are not read. The bytes of a page are few.
    private const string Names = """
        with recursive names(name, number) as (
            (
                select stream, 1 from market.log
                where stream > $1 and stream < $2 || chr(1114111) and starts_with(stream, $2) order by stream limit 1
            )
            union all
            select next.stream, number + 1
            from names, lateral (select stream from market.log where stream > name order by stream limit 1) next
            where number < $3 and starts_with(next.stream, $2)
        )
        select name from names where $4 > 0 order by name
        """;

    public static StoreDamagedException Damaged(DocumentKey key) => new("market.documents", $"the checksum of '{key}' does not fit.");

    public async IAsyncEnumerable<KeyValuePair<DocumentKey, Document>> Scan(
        string kind,
        [EnumeratorCancellation] CancellationToken cancellation
    )
    {
        // No id is empty, so the first page begins after that.
        for (var after = ""; ; )
        {
            var page = await Page(Documents, () => [Text(kind), Text(after)], reader => ReadDocument(kind, reader), cancellation)
                .ConfigureAwait(false);
            foreach (var (key, document) in page)
            {
                yield return new(key, document);
            }
            if (page.Count == 0)
            {
                yield break;
            }
            after = page[^1].Key.Id;
        }
    }

    public async IAsyncEnumerable<KeyValuePair<DocumentKey, Document>> Scan(
        string kind,
        string state,
        [EnumeratorCancellation] CancellationToken cancellation
    )
    {
        for (var (at, after) = (0L, ""); ; )
        {
            var page = await Page(
                    DocumentsInState,
                    () => [Text(kind), Text(state), Number(at), Text(after)],
                    reader => (Found: ReadDocument(kind, reader), At: reader.GetInt64(4)),
                    cancellation
                )
                .ConfigureAwait(false);
            foreach (var (found, _) in page)
            {
                yield return found;
            }
            if (page.Count == 0)
            {
                yield break;
            }
            (at, after) = (page[^1].At, page[^1].Found.Key.Id);
        }
    }

    public async IAsyncEnumerable<LogEntry> Read(string stream, long fromVersion, [EnumeratorCancellation] CancellationToken cancellation)
    {
        while (true)
        {
            var page = await Page(Entries, () => [Text(stream), Number(fromVersion)], ReadEntry, cancellation).ConfigureAwait(false);
            foreach (var entry in page)
            {
                if (entry.Version != fromVersion++)
                {
                    throw new StoreDamagedException("market.log", $"the entry before {entry.Version} of the stream '{stream}' is missing.");
                }
                yield return entry;
            }
            if (page.Count == 0)
            {
                yield break;
            }
        }

        LogEntry ReadEntry(NpgsqlDataReader reader)
        {
            var (version, content) = (reader.GetInt64(0), reader.GetFieldValue<byte[]>(2));
            return reader.GetInt64(1) == RowChecksum.Of(stream, version, content)
                ? new LogEntry(version, content)
                : throw new StoreDamagedException("market.log", $"the checksum of entry {version} of the stream '{stream}' does not fit.");
        }
    }

    public async IAsyncEnumerable<string> Streams(string prefix, [EnumeratorCancellation] CancellationToken cancellation)
    {
        // A stream that is named as the prefix is comes first of all.
        for (var after = prefix[..^1]; ; )
        {
            var page = await Page(Names, () => [Text(after), Text(prefix)], reader => reader.GetString(0), cancellation)
                .ConfigureAwait(false);
            foreach (var name in page)
            {
                yield return name;
            }
            if (page.Count == 0)
            {
                yield break;
            }
            after = page[^1];
        }
    }

    private static KeyValuePair<DocumentKey, Document> ReadDocument(string kind, NpgsqlDataReader reader)
    {
        var key = new DocumentKey(kind, reader.GetString(0));
        var (version, content) = (reader.GetInt64(1), reader.GetFieldValue<byte[]>(3));
        return reader.GetInt64(2) == RowChecksum.Of(key.Id, version, content)
            ? new(key, new Document(version, content))
            : throw Damaged(key);
    }

    private static NpgsqlParameter<string> Text(string value) => new() { TypedValue = value };

    private static NpgsqlParameter<long> Number(long value) => new() { TypedValue = value };

    /// <param name="sql">Its last two parameters are the most rows and the most bytes before the last of them.</param>
    /// <param name="parameters">Makes those before, anew for each attempt.</param>
    /// <param name="read">Reads one row.</param>
    /// <param name="cancellation">Ends the question.</param>
    private Task<List<TRow>> Page<TRow>(
        string sql,
        Func<NpgsqlParameter[]> parameters,
        Func<NpgsqlDataReader, TRow> read,
        CancellationToken cancellation
    ) =>
        PostgresFailures.Read(async () =>
        {
            await using var command = source.CreateCommand(sql);
            foreach (var parameter in (NpgsqlParameter[])[.. parameters(), Number(PageRows), Number(bytesMax)])
            {
                command.Parameters.Add(parameter);
            }
            await using var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
            var page = new List<TRow>();
            while (await reader.ReadAsync(cancellation).ConfigureAwait(false))
            {
                page.Add(read(reader));
            }
            return page;
        });
}
