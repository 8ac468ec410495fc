using System.Runtime.CompilerServices;
using Npgsql;

namespace Marketplace.Storage;

/// <summary>Everything that a database holds, as of the moment of the first enumeration, while no silo runs on it.</summary>
public sealed class PostgresContents : IStoreContents
{
    private const string AllDocuments = "select kind, id, version, checksum, content from market.documents order by kind, id";

    /// <summary>
    /// States that Orleans keeps are documents to all others, and newer than one of the same name. They have no checksum.
    /// </summary>
    private const string AllDocumentsAndStates = """
        select kind, id, version, checksum, content from market.documents
        where not exists(select from orleans.state where name = kind and key = id)
        union all
        select name, key, version, null, content from orleans.state
        order by kind, id
        """;
    private const string AllEntries = "select stream, version, checksum, content from market.log order by stream, version";

    private readonly PostgresMoving _moving;
    private NpgsqlConnection? _connection;
    private NpgsqlTransaction? _transaction;

    private PostgresContents(PostgresMoving moving) => _moving = moving;

    /// <exception cref="MoveRefusedException">Silos run on the database, or it holds no market.</exception>
    /// <exception cref="StoreUnavailableException">It cannot be reached.</exception>
    public static async ValueTask<PostgresContents> Open(
        string connectionString,
        bool requireDurableServer = true,
        CancellationToken cancellation = default
    )
    {
        var moving = await PostgresMoving.Open(connectionString, requireDurableServer, cancellation).ConfigureAwait(false);
        try
        {
            await using var connection = await moving.Connect(cancellation).ConfigureAwait(false);
            await using var command = new NpgsqlCommand("select to_regclass('market.documents') is null", connection);
            if (await command.ExecuteScalarAsync(cancellation).ConfigureAwait(false) is true)
            {
                throw new MoveRefusedException("The database holds no market: there is no table market.documents.");
            }
            return new PostgresContents(moving);
        }
        catch (Exception failure)
        {
            await moving.DisposeAsync().ConfigureAwait(false);
            throw PostgresMoving.Translate(failure) ?? failure;
        }
    }

    public async IAsyncEnumerable<KeyValuePair<DocumentKey, Document>> Documents(
        [EnumeratorCancellation] CancellationToken cancellation = default
    )
    {
        var connection = await Snapshot(cancellation).ConfigureAwait(false);
        await foreach (var document in Documents(connection, cancellation).ConfigureAwait(false))
        {
            yield return document;
        }
    }

    public async IAsyncEnumerable<StreamEntryContent> Entries([EnumeratorCancellation] CancellationToken cancellation = default)
    {
        var connection = await Snapshot(cancellation).ConfigureAwait(false);
        await foreach (var entry in Entries(connection, cancellation).ConfigureAwait(false))
        {
            yield return entry;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_transaction is not null)
        {
            await _transaction.DisposeAsync().ConfigureAwait(false);
        }
        if (_connection is not null)
        {
            await _connection.DisposeAsync().ConfigureAwait(false);
        }
        await _moving.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>In whatever transaction the connection has.</summary>
    internal static async IAsyncEnumerable<KeyValuePair<DocumentKey, Document>> Documents(
        NpgsqlConnection connection,
        [EnumeratorCancellation] CancellationToken cancellation
    )
    {
        // A database that only earlier builds have used has no states.
        await using var command = new NpgsqlCommand("select to_regclass('orleans.state') is null", connection);
        var hasNone = await PostgresMoving.Ask(() => command.ExecuteScalarAsync(cancellation)).ConfigureAwait(false) is true;
        var all = hasNone ? AllDocuments : AllDocumentsAndStates;
        await foreach (var reader in PostgresMoving.Rows(connection, all, cancellation).ConfigureAwait(false))
        {
            var key = new DocumentKey(reader.GetString(0), reader.GetString(1));
            var (version, content) = (reader.GetInt64(2), reader.GetFieldValue<byte[]>(4));
            if (!reader.IsDBNull(3) && reader.GetInt64(3) != RowChecksum.Of(key.Id, version, content))
            {
                throw PostgresPages.Damaged(key);
            }
            yield return new(key, new Document(version, content));
        }
    }

    /// <inheritdoc cref="Documents(NpgsqlConnection, CancellationToken)"/>
    internal static async IAsyncEnumerable<StreamEntryContent> Entries(
        NpgsqlConnection connection,
        [EnumeratorCancellation] CancellationToken cancellation
    )
    {
        var (stream, next) = ("", 1L);
        await foreach (var reader in PostgresMoving.Rows(connection, AllEntries, cancellation).ConfigureAwait(false))
        {
            var (name, version, content) = (reader.GetString(0), reader.GetInt64(1), reader.GetFieldValue<byte[]>(3));
            if (name != stream)
            {
                (stream, next) = (name, 1);
            }
            if (version != next++)
            {
                throw new StoreDamagedException("market.log", $"the entry before {version} of the stream '{stream}' is missing.");
            }
            if (reader.GetInt64(2) != RowChecksum.Of(stream, version, content))
            {
                throw new StoreDamagedException("market.log", $"the checksum of entry {version} of the stream '{stream}' does not fit.");
            }
            yield return new StreamEntryContent(stream, new LogEntry(version, content));
        }
    }

    private async ValueTask<NpgsqlConnection> Snapshot(CancellationToken cancellation)
    {
        if (_connection is { } open)
        {
            return open;
        }
        var connection = _connection = await PostgresMoving.Ask(() => _moving.Connect(cancellation).AsTask()).ConfigureAwait(false);
        _transaction = await PostgresMoving
            .Ask(() => connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancellation).AsTask())
            .ConfigureAwait(false);
        return connection;
    }
}
