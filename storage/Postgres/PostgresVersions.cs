using Npgsql;

namespace Marketplace.Storage;

/// <summary>Asks which versions the keys of some writes have; keys that are not there are not in the answer.</summary>
internal static class PostgresVersions
{
    private const string OfDocuments = """
        select d.kind, d.id, d.version
        from unnest($1, $2) as n(kind, id) join market.documents d on d.kind = n.kind and d.id = n.id
        """;

    private const string OfStreams = """
        select '', n.stream, l.version
        from unnest($1) as n(stream)
        cross join lateral (select version from market.log where stream = n.stream order by version desc limit 1) l
        """;

    public static async Task<Dictionary<PostgresKey, long>> Read(NpgsqlConnection connection, List<PostgresWrite> writes)
    {
        await using var batch = new NpgsqlBatch(connection);
        if (writes.FindAll(write => write.What != PostgresWriteKind.Append) is { Count: > 0 } documents)
        {
            var command = new NpgsqlBatchCommand(OfDocuments);
            command.AddTexts(documents, write => write.Key.Kind);
            command.AddTexts(documents, write => write.Key.Name);
            batch.BatchCommands.Add(command);
        }
        if (writes.FindAll(write => write.What == PostgresWriteKind.Append) is { Count: > 0 } streams)
        {
            var command = new NpgsqlBatchCommand(OfStreams);
            command.AddTexts(streams, write => write.Key.Name);
            batch.BatchCommands.Add(command);
        }
        var versions = new Dictionary<PostgresKey, long>();
        await using var reader = await batch.ExecuteReaderAsync().ConfigureAwait(false);
        do
        {
            while (await reader.ReadAsync().ConfigureAwait(false))
            {
                versions[new PostgresKey(reader.GetString(0), reader.GetString(1))] = reader.GetInt64(2);
            }
        } while (await reader.NextResultAsync().ConfigureAwait(false));
        return versions;
    }
}
