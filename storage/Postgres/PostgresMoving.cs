using System.Runtime.CompilerServices;
using Npgsql;

namespace Marketplace.Storage;

/// <summary>
/// What exports and imports of a database have in common: a connection without a time limit, and the market's data for themselves.
/// </summary>
internal sealed class PostgresMoving : IAsyncDisposable
{
    private readonly NpgsqlDataSource _source;
    private readonly IAsyncDisposable _alone;

    private PostgresMoving(NpgsqlDataSource source, IAsyncDisposable alone) => (_source, _alone) = (source, alone);

    /// <summary>Belongs to the caller.</summary>
    public ValueTask<NpgsqlConnection> Connect(CancellationToken cancellation) => _source.OpenConnectionAsync(cancellation);

    /// <exception cref="MoveRefusedException">Silos run on the database.</exception>
    /// <exception cref="StoreUnavailableException">It cannot be reached.</exception>
    public static async ValueTask<PostgresMoving> Open(string connectionString, bool requireDurableServer, CancellationToken cancellation)
    {
        var source = Source(connectionString);
        try
        {
            await (await PostgresSession.Open(source, requireDurableServer).ConfigureAwait(false)).DisposeAsync().ConfigureAwait(false);
            return new PostgresMoving(source, await PostgresPresence.BeAlone(source, cancellation).ConfigureAwait(false));
        }
        catch (Exception failure)
        {
            await source.DisposeAsync().ConfigureAwait(false);
            throw Translate(failure) ?? failure;
        }
    }

    /// <summary>A statement may take as long as there are rows, and nothing is prepared: each is used once.</summary>
    /// <exception cref="MoveRefusedException">That is no connection string.</exception>
    public static NpgsqlDataSource Source(string connectionString)
    {
        try
        {
            return NpgsqlDataSource.Create(
                new NpgsqlConnectionStringBuilder(connectionString)
                {
                    Pooling = false,
                    CommandTimeout = 0,
                    ApplicationName = "marketplace move",
                }.ConnectionString
            );
        }
        catch (ArgumentException)
        {
            // Not its message, which repeats what it could not read: that may be a password.
            throw new MoveRefusedException(
                "The connection string is none of Npgsql's. Expected for example 'Host=127.0.0.1;Username=market;Database=market'."
            );
        }
    }

    /// <summary>The rows of a query, each valid until the next, in whatever transaction the connection has.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached, or not any more.</exception>
    public static async IAsyncEnumerable<NpgsqlDataReader> Rows(
        NpgsqlConnection connection,
        string sql,
        [EnumeratorCancellation] CancellationToken cancellation
    )
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await Ask(() => command.ExecuteReaderAsync(cancellation)).ConfigureAwait(false);
        while (await Ask(() => reader.ReadAsync(cancellation)).ConfigureAwait(false))
        {
            yield return reader;
        }
    }

    /// <summary>What the database answers, or throws as this store's own.</summary>
    public static async ValueTask<TAnswer> Ask<TAnswer>(Func<Task<TAnswer>> question)
    {
        try
        {
            return await question().ConfigureAwait(false);
        }
        catch (Exception failure) when (Translate(failure) is { } translated)
        {
            throw translated;
        }
    }

    /// <returns>Null where it is nothing of the database's.</returns>
    public static Exception? Translate(Exception failure) =>
        failure is NpgsqlException or TimeoutException ? PostgresFailures.Translate(failure, mayHaveHappened: false) : null;

    public async ValueTask DisposeAsync()
    {
        await _alone.DisposeAsync().ConfigureAwait(false);
        await _source.DisposeAsync().ConfigureAwait(false);
    }
}
