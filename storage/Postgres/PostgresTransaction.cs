using Npgsql;

namespace Marketplace.Storage;

/// <summary>
/// One batch of writes as one transaction in one round trip: one statement for each kind of write, over arrays. No two writes of a batch
/// have the same key, and they are in the order of their keys. Each write happens or not by its own condition, which is right under READ
/// COMMITTED: a statement that waited for another transaction's row looks at what that one left.
/// </summary>
internal sealed class PostgresTransaction
{
    private const string Create = """
        insert into market.documents(kind, id, version, checksum, content, owner, state, label, at, summary)
        select n.kind, n.id, 1, n.checksum, n.content, n.owner, n.state, n.label, n.at, n.summary
        from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9) as n(kind, id, checksum, content, owner, state, label, at, summary)
        on conflict do nothing
        returning kind, id
        """;

    private const string Update = """
        update market.documents d
        set version = n.expected + 1, checksum = n.checksum, content = n.content,
            owner = n.owner, state = n.state, label = n.label, at = n.at, summary = n.summary
        from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
            as n(kind, id, checksum, content, owner, state, label, at, summary, expected)
        where d.kind = n.kind and d.id = n.id and d.version = n.expected
        returning d.kind, d.id
        """;

    private const string Delete = """
        delete from market.documents d using unnest($1, $2, $3) as n(kind, id, expected)
        where d.kind = n.kind and d.id = n.id and d.version = n.expected
        returning d.kind, d.id
        """;

    // The first entry of an append decides: its place must be free, and the one before it taken, for there are no gaps. A join, because the
    // server may answer an "exists" beside an "or" by reading the whole log, and keeps that plan while it takes the log for small.
    private const string AppendFirst = """
        insert into market.log(stream, version, checksum, content)
        select n.stream, n.expected + 1, n.checksum, n.content
        from unnest($1, $2, $3, $4) as n(stream, expected, checksum, content)
        left join market.log p on p.stream = n.stream and p.version = n.expected
        where n.expected = 0 or p.version is not null
        on conflict do nothing
        returning '', stream
        """;

    // The other entries follow where this very transaction wrote the first one. No other writer can have taken their places: it would have
    // to see the first one committed.
    private const string AppendRest = """
        insert into market.log(stream, version, checksum, content)
        select n.stream, n.version, n.checksum, n.content
        from unnest($1, $2, $3, $4, $5) as n(stream, first, version, checksum, content)
        join market.log f on f.stream = n.stream and f.version = n.first and f.xmin = pg_current_xact_id()::xid
        """;

    private readonly NpgsqlBatch _batch;
    private readonly List<List<PostgresWrite>> _answering = [];

    private PostgresTransaction(NpgsqlConnection connection, List<PostgresWrite> writes)
    {
        _batch = new NpgsqlBatch(connection);
        Add(writes, PostgresWriteKind.Create, Create, AddDocuments);
        Add(writes, PostgresWriteKind.Update, Update, AddUpdates);
        Add(writes, PostgresWriteKind.Delete, Delete, AddDeletes);
        Add(writes, PostgresWriteKind.Append, AppendFirst, AddFirstEntries);
        AddRest(writes);
    }

    /// <summary>Runs the transaction and, once it is committed, marks the writes whose condition held.</summary>
    public static async Task Run(NpgsqlConnection connection, List<PostgresWrite> writes)
    {
        var transaction = new PostgresTransaction(connection, writes);
        await using (transaction._batch)
        {
            if (transaction._batch.BatchCommands.Count == 0)
            {
                return;
            }
            foreach (var winner in await transaction.Winners().ConfigureAwait(false))
            {
                winner.Won = true;
            }
        }
    }

    private async Task<List<PostgresWrite>> Winners()
    {
        var winners = new List<PostgresWrite>();
        // The answer to the commit follows the last statement's: the end of the reader has seen it.
        await using var reader = await _batch.ExecuteReaderAsync().ConfigureAwait(false);
        foreach (var writes in _answering)
        {
            var next = 0;
            while (await reader.ReadAsync().ConfigureAwait(false))
            {
                next = IndexOf(writes, new PostgresKey(reader.GetString(0), reader.GetString(1)), next);
                winners.Add(writes[next++]);
            }
            await reader.NextResultAsync().ConfigureAwait(false);
        }
        return winners;
    }

    /// <summary>The server goes through the array in its order, and so what it gives back is found at once.</summary>
    private static int IndexOf(List<PostgresWrite> writes, PostgresKey key, int likely)
    {
        for (var step = 0; step < writes.Count; step++)
        {
            var index = (likely + step) % writes.Count;
            if (writes[index].Key == key)
            {
                return index;
            }
        }
        throw new InvalidOperationException(
            $"The server answered for '{key}', which no call wrote; this is a bug in {nameof(PostgresTransaction)}."
        );
    }

    private void Add(
        List<PostgresWrite> all,
        PostgresWriteKind what,
        string sql,
        Action<NpgsqlBatchCommand, List<PostgresWrite>> addColumns
    )
    {
        var writes = all.FindAll(write => write.What == what);
        if (writes.Count == 0)
        {
            return;
        }
        var command = new NpgsqlBatchCommand(sql);
        addColumns(command, writes);
        _batch.BatchCommands.Add(command);
        _answering.Add(writes);
    }

    private static void AddDocuments(NpgsqlBatchCommand command, List<PostgresWrite> writes)
    {
        command.AddTexts(writes, write => write.Key.Kind);
        command.AddTexts(writes, write => write.Key.Name);
        command.AddNumbers(writes, write => RowChecksum.Of(write.Key.Name, write.VersionAfter, write.Content.Span));
        command.AddBytes(writes, write => write.Content);
        command.AddTexts(writes, write => write.Row?.Owner);
        command.AddTexts(writes, write => write.Row?.State);
        command.AddTexts(writes, write => write.Row?.Label);
        command.AddOptionalNumbers(writes, write => write.Row?.At.UtcTicks);
        command.AddBytes(writes, write => write.Row?.Summary ?? default);
    }

    private static void AddUpdates(NpgsqlBatchCommand command, List<PostgresWrite> writes)
    {
        AddDocuments(command, writes);
        command.AddNumbers(writes, write => write.Expected);
    }

    private static void AddDeletes(NpgsqlBatchCommand command, List<PostgresWrite> writes)
    {
        command.AddTexts(writes, write => write.Key.Kind);
        command.AddTexts(writes, write => write.Key.Name);
        command.AddNumbers(writes, write => write.Expected);
    }

    private static void AddFirstEntries(NpgsqlBatchCommand command, List<PostgresWrite> writes)
    {
        command.AddTexts(writes, write => write.Key.Name);
        command.AddNumbers(writes, write => write.Expected);
        command.AddNumbers(writes, write => RowChecksum.Of(write.Key.Name, write.Expected + 1, write.Entries[0].Span));
        command.AddBytes(writes, write => write.Entries[0]);
    }

    private void AddRest(List<PostgresWrite> writes)
    {
        var rest = new List<(PostgresWrite Write, int Index)>();
        foreach (var write in writes)
        {
            for (var index = 1; index < write.Entries.Count; index++)
            {
                rest.Add((write, index));
            }
        }
        if (rest.Count == 0)
        {
            return;
        }
        var command = new NpgsqlBatchCommand(AppendRest);
        command.AddTexts(rest, entry => entry.Write.Key.Name);
        command.AddNumbers(rest, entry => entry.Write.Expected + 1);
        command.AddNumbers(rest, entry => entry.Write.Expected + 1 + entry.Index);
        command.AddNumbers(
            rest,
            entry => RowChecksum.Of(entry.Write.Key.Name, entry.Write.Expected + 1 + entry.Index, entry.Write.Entries[entry.Index].Span)
        );
        command.AddBytes(rest, entry => entry.Write.Entries[entry.Index]);
        _batch.BatchCommands.Add(command);
    }
}
