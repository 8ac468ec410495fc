using Npgsql;
using NpgsqlTypes;

namespace Marketplace.Storage;

/// <summary>
/// Makes the read model of a whole database, where an import has left a note that it is missing: the import does not know the projections,
/// and the first store that opens does. The note is a document, so that it comes and goes in the transaction that it speaks of.
/// </summary>
internal static class PostgresReadModel
{
    /// <summary>A kind that stays behind when data is moved.</summary>
    public static readonly DocumentKey Note = new("import", "read model is missing");

    private const int RowsPerStatement = 512;

    // Pages by id: each names the last one of the page before. A page ends early where its content is large, after its first row at the
    // soonest: what is projected may hold on to what it was made of.
    private const string Page = """
        select id, content
        from (
            select id, content,
                sum(octet_length(content)) over (order by id rows unbounded preceding) - octet_length(content) as bytes_before
            from (select id, content from market.documents where kind = $1 and id > $2 order by id limit $3) page
        ) sized
        where bytes_before < $4
        order by id
        """;

    private const string Update = """
        update market.documents
        set owner = row.owner, state = row.state, label = row.label, at = row.at, summary = row.summary
        from unnest($2, $3, $4, $5, $6, $7) as row(id, owner, state, label, at, summary)
        where documents.kind = $1 and documents.id = row.id
        """;

    /// <summary>Stores that open at the same time wait for the first one.</summary>
    public static async Task MakeWhereMissing(PostgresStoreOptions options, CancellationToken cancellation)
    {
        var projections = options.Projections;
        if (projections.Count == 0)
        {
            return;
        }
        await using var source = PostgresMoving.Source(options.ConnectionString);
        await using var connection = await source.OpenConnectionAsync(cancellation).ConfigureAwait(false);
        await using var transaction = await connection.BeginTransactionAsync(cancellation).ConfigureAwait(false);
        await using var note = new NpgsqlCommand("select 1 from market.documents where kind = $1 and id = $2 for update", connection);
        AddNote(note);
        if (await note.ExecuteScalarAsync(cancellation).ConfigureAwait(false) is null)
        {
            return;
        }
        foreach (var projection in projections)
        {
            await Make(connection, projection, options.BatchBytesMax, cancellation).ConfigureAwait(false);
        }
        await using var done = new NpgsqlCommand("delete from market.documents where kind = $1 and id = $2", connection);
        AddNote(done);
        await done.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
        await transaction.CommitAsync(cancellation).ConfigureAwait(false);
    }

    /// <summary>Leaves the note.</summary>
    public static async Task Want(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            "insert into market.documents(kind, id, version, checksum, content) values($1, $2, 1, $3, '')",
            connection
        );
        AddNote(command);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = RowChecksum.Of(Note.Id, 1, []) });
        await command.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
    }

    private static void AddNote(NpgsqlCommand command)
    {
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = Note.Kind });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = Note.Id });
    }

    private static async Task Make(NpgsqlConnection connection, IProjection projection, int bytesMax, CancellationToken cancellation)
    {
        for (var after = ""; ; )
        {
            var (rows, last) = await ReadPage(connection, projection, after, bytesMax, cancellation).ConfigureAwait(false);
            if (last is null)
            {
                return;
            }
            after = last;
            await using var command = new NpgsqlCommand(Update, connection);
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = projection.Kind });
            Add(command, rows, row => row.Id, NpgsqlDbType.Text);
            Add(command, rows, row => row.Owner, NpgsqlDbType.Text);
            Add(command, rows, row => row.State, NpgsqlDbType.Text);
            Add(command, rows, row => row.Label, NpgsqlDbType.Text);
            Add(command, rows, row => row.At.UtcTicks, NpgsqlDbType.Bigint);
            Add(command, rows, row => row.Summary.ToArray(), NpgsqlDbType.Bytea);
            await command.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
        }
    }

    private static async Task<(List<ListingRow> Rows, string? Last)> ReadPage(
        NpgsqlConnection connection,
        IProjection projection,
        string after,
        int bytesMax,
        CancellationToken cancellation
    )
    {
        await using var command = new NpgsqlCommand(Page, connection);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = projection.Kind });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = after });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = RowsPerStatement });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = bytesMax });
        await using var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        var rows = new List<ListingRow>();
        string? last = null;
        while (await reader.ReadAsync(cancellation).ConfigureAwait(false))
        {
            last = reader.GetString(0);
            if (projection.Project(last, reader.GetFieldValue<byte[]>(1), out _) is { } row)
            {
                rows.Add(row);
            }
        }
        return (rows, last);
    }

    private static void Add<TValue>(NpgsqlCommand command, List<ListingRow> rows, Func<ListingRow, TValue> value, NpgsqlDbType type) =>
        command.Parameters.Add(
            new NpgsqlParameter<TValue[]> { TypedValue = [.. rows.Select(value)], NpgsqlDbType = NpgsqlDbType.Array | type }
        );
}
