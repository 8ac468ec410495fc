using Npgsql;

namespace Marketplace.Storage;

/// <summary>
/// Whether stores are open on a database: each holds one advisory lock in shared mode, on a connection of its own. An export or import
/// takes it in exclusive mode. The server gives a lock free with its connection, so a process that was killed is gone at once.
/// </summary>
internal sealed class PostgresPresence : IAsyncDisposable
{
    /// <summary>"presence" in ASCII.</summary>
    private const long LockKey = 0x70726573656E6365;

    /// <summary>Between two attempts to be seen again, after a connection was lost.</summary>
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(1);

    /// <summary>Seconds between two signs of life, or a connection that a broken network took away would be waited on for ever.</summary>
    private const int KeepAliveSeconds = 10;

    /// <summary>Seconds in which a server that is there gives a lock free: one that is not does so by itself.</summary>
    private const int FreeSecondsMax = 2;

    private readonly NpgsqlDataSource _source;
    private readonly CancellationTokenSource _gone = new();
    private NpgsqlConnection _connection;
    private Task _keeping = Task.CompletedTask;

    private PostgresPresence(NpgsqlDataSource source, NpgsqlConnection connection) => (_source, _connection) = (source, connection);

    /// <exception cref="MoveRefusedException">The data is being moved at this moment.</exception>
    public static async ValueTask<PostgresPresence> BeSeen(string connectionString, CancellationToken cancellation)
    {
        // Without a pool: a connection that goes back to one would keep the lock.
        var source = NpgsqlDataSource.Create(
            new NpgsqlConnectionStringBuilder(connectionString)
            {
                Pooling = false,
                KeepAlive = KeepAliveSeconds,
                ApplicationName = "marketplace presence",
            }.ConnectionString
        );
        try
        {
            var connection =
                await TryLock(source, "pg_try_advisory_lock_shared", cancellation).ConfigureAwait(false)
                ?? throw new MoveRefusedException(
                    "The database's data is being exported or imported at this moment. Start the silo when that is done."
                );
            var presence = new PostgresPresence(source, connection);
            presence._keeping = presence.Keep();
            return presence;
        }
        catch
        {
            await source.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <param name="source">Without a pool.</param>
    /// <exception cref="MoveRefusedException">A store is open on the database, or another process moves its data.</exception>
    public static async ValueTask<IAsyncDisposable> BeAlone(NpgsqlDataSource source, CancellationToken cancellation) =>
        new Alone(
            await TryLock(source, "pg_try_advisory_lock", cancellation).ConfigureAwait(false)
                ?? throw new MoveRefusedException(
                    "Silos run on the database. Stop all of them: data that changes while it is moved would be there twice."
                )
        );

    public async ValueTask DisposeAsync()
    {
        await _gone.CancelAsync().ConfigureAwait(false);
        await _keeping.ConfigureAwait(false);
        await Free(_connection).ConfigureAwait(false);
        await _source.DisposeAsync().ConfigureAwait(false);
        _gone.Dispose();
    }

    /// <summary>
    /// Gives the lock free before the connection ends: the server notices that end a moment later, and who comes next would meet a store
    /// that is gone.
    /// </summary>
    private static async ValueTask Free(NpgsqlConnection connection)
    {
        await using var ended = connection.ConfigureAwait(false);
        try
        {
            await using var command = new NpgsqlCommand("select pg_advisory_unlock_all()", connection) { CommandTimeout = FreeSecondsMax };
            await command.ExecuteNonQueryAsync().ConfigureAwait(false);
        }
        catch (Exception lost) when (IsLost(lost))
        {
            // The lock went with the connection.
        }
    }

    private static bool IsLost(Exception failure) => failure is NpgsqlException or InvalidOperationException or IOException;

    private static async ValueTask<NpgsqlConnection?> TryLock(NpgsqlDataSource source, string function, CancellationToken cancellation)
    {
        var connection = await source.OpenConnectionAsync(cancellation).ConfigureAwait(false);
        try
        {
            await using var command = new NpgsqlCommand($"select {function}({LockKey})", connection);
            if (await command.ExecuteScalarAsync(cancellation).ConfigureAwait(false) is true)
            {
                return connection;
            }
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
        await connection.DisposeAsync().ConfigureAwait(false);
        return null;
    }

    /// <summary>
    /// Waits for the connection's end, and makes another. Until that succeeds the store works on unseen: its other connections are what
    /// tells it whether the server is there.
    /// </summary>
    private async Task Keep()
    {
        try
        {
            while (true)
            {
                if (await EndOf(_connection).ConfigureAwait(false))
                {
                    return;
                }
                await _connection.DisposeAsync().ConfigureAwait(false);
                while (await TryAgain().ConfigureAwait(false) is not { } again)
                {
                    await Task.Delay(RetryPause, _gone.Token).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The store closes.
        }
    }

    /// <returns>True where the store closes, false where the connection was lost.</returns>
    private async ValueTask<bool> EndOf(NpgsqlConnection connection)
    {
        try
        {
            // Returns at each notice of the server, which there are none of that matter.
            while (true)
            {
                await connection.WaitAsync(_gone.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            return true;
        }
        catch (Exception lost) when (IsLost(lost))
        {
            return false;
        }
    }

    private async ValueTask<NpgsqlConnection?> TryAgain()
    {
        try
        {
            return await TryLock(_source, "pg_try_advisory_lock_shared", _gone.Token).ConfigureAwait(false) is { } again
                ? _connection = again
                : null;
        }
        catch (Exception failure) when (failure is NpgsqlException or TimeoutException)
        {
            return null;
        }
    }

    private sealed class Alone(NpgsqlConnection connection) : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => Free(connection);
    }
}
