using Dapper;
using Npgsql;

namespace Marketplace.Storage;

/// <summary>
/// Brings a database to this build's schema. Each script is applied once, in order, and recorded with its checksum in
/// <c>market.schema_scripts</c>.
/// </summary>
public static class PostgresSchema
{
    /// <summary>
    /// The advisory lock of a process that changes the schema: "market" in ASCII. Two silos that start at once apply one after the other.
    /// </summary>
    private const long LockKey = 0x6D61726B6574;

    /// <summary>
    /// How long one statement may take, and so how long a silo waits for another one that applies: building an index takes minutes.
    /// </summary>
    private static readonly TimeSpan StatementTimeMax = TimeSpan.FromMinutes(10);

    private const string IsNew = "select to_regclass('market.schema_scripts') is null";

    private const string ReadBook =
        "select number as Number, name as Name, checksum as Checksum from market.schema_scripts order by number";

    private const string CreateBook = """
        create schema market;
        create table market.schema_scripts (
            number integer primary key,
            name text not null,
            checksum text not null,
            applied_at timestamptz not null default now()
        );
        """;

    /// <summary>
    /// Applies what the database does not have yet, all of it or nothing. May be called any number of times, also by several processes at
    /// once. The role needs the right to create schemas only while there is something to apply.
    /// </summary>
    /// <exception cref="PostgresSchemaException">
    /// The database's scripts are not a beginning of this build's: nothing was changed.
    /// </exception>
    public static async Task Apply(string connectionString, CancellationToken cancellation = default)
    {
        await using var source = NpgsqlDataSource.Create(connectionString);
        await Apply(source, SchemaScript.All, cancellation).ConfigureAwait(false);
    }

    internal static async Task Apply(NpgsqlDataSource source, IReadOnlyList<SchemaScript> scripts, CancellationToken cancellation)
    {
        await using var connection = await source.OpenConnectionAsync(cancellation).ConfigureAwait(false);
        await using var transaction = await connection.BeginTransactionAsync(cancellation).ConfigureAwait(false);
        await Run($"select pg_advisory_xact_lock({LockKey})").ConfigureAwait(false);
        if (await connection.ExecuteScalarAsync<bool>(IsNew, transaction).ConfigureAwait(false))
        {
            await Run(CreateBook).ConfigureAwait(false);
        }
        var applied = await connection.QueryAsync<AppliedScript>(ReadBook, transaction: transaction).ConfigureAwait(false);
        foreach (var script in Missing([.. applied], scripts))
        {
            await Run(script.Sql).ConfigureAwait(false);
            await connection
                .ExecuteAsync(
                    "insert into market.schema_scripts(number, name, checksum) values(@Number, @Name, @Checksum)",
                    script,
                    transaction
                )
                .ConfigureAwait(false);
        }
        await transaction.CommitAsync(cancellation).ConfigureAwait(false);

        async Task Run(string sql)
        {
            await using var command = new NpgsqlCommand(sql, connection, transaction)
            {
                CommandTimeout = (int)StatementTimeMax.TotalSeconds,
            };
            await command.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
        }
    }

    /// <returns>The scripts that the database does not have.</returns>
    private static IEnumerable<SchemaScript> Missing(IReadOnlyList<AppliedScript> applied, IReadOnlyList<SchemaScript> scripts)
    {
        foreach (var (index, before) in applied.Index())
        {
            if (index >= scripts.Count || scripts[index].Number > before.Number)
            {
                throw new PostgresSchemaException(
                    before.Name,
                    $"the database has the script '{before.Name}', which this build does not know."
                        + " A newer build was here: start that one."
                );
            }
            if (scripts[index].Number < before.Number)
            {
                throw new PostgresSchemaException(
                    scripts[index].Name,
                    $"this build has the script '{scripts[index].Name}', but the database went on to '{before.Name}' without it."
                        + " Scripts are only added at the end: start the build that the database belongs to."
                );
            }
            if (scripts[index].Checksum != before.Checksum)
            {
                throw new PostgresSchemaException(
                    before.Name,
                    $"the script '{before.Name}' was applied with checksum {before.Checksum}, in this build it has"
                        + $" {scripts[index].Checksum}. An applied script is never changed: put the change into a new one."
                );
            }
        }
        return scripts.Skip(applied.Count);
    }

    // Dapper fills it by property name.
    private sealed class AppliedScript
    {
        public int Number { get; set; }
        public string Name { get; set; } = "";
        public string Checksum { get; set; } = "";
    }
}

/// <summary>The database belongs to another build. Nothing was changed.</summary>
public sealed class PostgresSchemaException(string script, string what) : Exception($"The database does not fit this build: {what}")
{
    /// <summary>The script that does not fit.</summary>
    public string Script { get; } = script;
}
