using Npgsql;

namespace Marketplace.Storage;

/// <summary>A read that waits for its batch, and the answer to its caller.</summary>
internal sealed class PostgresRead(DocumentKey key) : TaskCompletionSource<Document?>(TaskCreationOptions.RunContinuationsAsynchronously)
{
    public DocumentKey Key { get; } = key;
}

/// <summary>The reads of all callers, in batches: one statement answers all that gathered while the one before was on its way.</summary>
internal sealed class PostgresReader(IReadOnlyList<PostgresSession> sessions, PostgresStoreOptions options)
    : BatchLoops<PostgresRead>(sessions, options.BatchItemsMax, options.BatchBytesMax, options.WaitingMax)
{
    // At 4 MiB a document a batch could have gigabytes, so the answer is cut: what is beyond comes with the next one. Sizes are known
    // without reading the content.
    private const string Documents = """
        with found as materialized (
            select n.ordinal, d.version, d.checksum, d.content,
                sum(octet_length(d.content)) over (order by n.ordinal) - octet_length(d.content) as bytes_before
            from unnest($1, $2) with ordinality as n(kind, id, ordinal)
            join market.documents d on d.kind = n.kind and d.id = n.id
        )
        select ordinal, version, checksum, case when bytes_before < $3 then content end from found
        """;

    public Task<Document?> Read(DocumentKey key)
    {
        var read = new PostgresRead(key);
        lock (Gate)
        {
            Admit();
            Enqueue(read);
        }
        return read.Task;
    }

    protected override long BytesOf(PostgresRead item) => 0;

    protected override async Task Run(PostgresSession session, List<PostgresRead> batch)
    {
        var reads = batch;
        try
        {
            while (reads.Count > 0)
            {
                reads = await PostgresFailures.Read(() => Answer(session, reads)).ConfigureAwait(false);
            }
        }
        catch (Exception failure)
        {
            // Those that have their answer keep it.
            batch.ForEach(read => read.TrySetException(failure));
        }
        lock (Gate)
        {
            Finished(batch.Count);
        }
    }

    private async Task<List<PostgresRead>> Answer(PostgresSession session, List<PostgresRead> reads)
    {
        var connection = await session.Connection().ConfigureAwait(false);
        try
        {
            return await Answer(connection, reads).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is not PostgresException { InvariantSeverity: "ERROR" })
        {
            await session.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <returns>Those that did not fit into the answer.</returns>
    private async Task<List<PostgresRead>> Answer(NpgsqlConnection connection, List<PostgresRead> reads)
    {
        await using var batch = new NpgsqlBatch(connection);
        var command = new NpgsqlBatchCommand(Documents);
        command.AddTexts(reads, read => read.Key.Kind);
        command.AddTexts(reads, read => read.Key.Id);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = options.BatchBytesMax });
        batch.BatchCommands.Add(command);
        var later = new List<PostgresRead>();
        var found = new bool[reads.Count];
        await using (var reader = await batch.ExecuteReaderAsync().ConfigureAwait(false))
        {
            while (await reader.ReadAsync().ConfigureAwait(false))
            {
                var index = (int)reader.GetInt64(0) - 1;
                found[index] = true;
                if (await reader.IsDBNullAsync(3).ConfigureAwait(false))
                {
                    later.Add(reads[index]);
                }
                else
                {
                    Complete(reads[index], reader.GetInt64(1), reader.GetInt64(2), reader.GetFieldValue<byte[]>(3));
                }
            }
        }
        for (var index = 0; index < found.Length; index++)
        {
            if (!found[index])
            {
                reads[index].TrySetResult(null);
            }
        }
        return later;
    }

    private static void Complete(PostgresRead read, long version, long checksum, byte[] content)
    {
        if (checksum == RowChecksum.Of(read.Key.Id, version, content))
        {
            read.TrySetResult(new Document(version, content));
        }
        else
        {
            read.TrySetException(PostgresPages.Damaged(read.Key));
        }
    }
}
