using Npgsql;

namespace Marketplace.Storage;

/// <summary>
/// One connection for batches of reads or writes: made when it is first needed, and anew after it failed. One user at a time.
/// </summary>
internal sealed class PostgresSession(NpgsqlDataSource source, bool requireDurableServer, TimeProvider time) : IAsyncDisposable
{
    /// <summary>
    /// After so long without use a connection is asked whether it lives before a batch is entrusted to it. Servers, proxies and firewalls
    /// end idle connections after minutes and without a word; the first writes after a quiet time would be of unknown outcome.
    /// </summary>
    private static readonly TimeSpan UncheckedIdleMax = TimeSpan.FromSeconds(5);

    /// <summary>How long the answer to that may take: longer is as good as dead, and a new connection is made faster.</summary>
    private const int SignOfLifeSecondsMax = 2;

    // A batch is an array of keys, each looked up in an index in the array's order: that is fast whatever the statistics say, and two
    // processes that lock the same rows do so in the same order. The planner, which does not know that, must not choose otherwise.
    //
    // A process that vanishes with its machine leaves a half-sent batch, and its row locks, with the server. It finds out after 25 s this
    // way; by its own settings after two hours.
    private const string Settings = """
        set enable_hashjoin = off; set enable_mergejoin = off; set enable_seqscan = off; set enable_bitmapscan = off; set jit = off;
        set plan_cache_mode = force_generic_plan; set default_transaction_isolation = 'read committed';
        set tcp_keepalives_idle = 10; set tcp_keepalives_interval = 5; set tcp_keepalives_count = 3;

        """;

    private NpgsqlConnection? _connection;
    private long _usedAt;

    /// <exception cref="StoreUnavailableException">No connection could be made; nothing was sent.</exception>
    /// <exception cref="PostgresSettingsException">The server is not one to keep books on.</exception>
    public async ValueTask<NpgsqlConnection> Connection()
    {
        if (_connection is { } open)
        {
            var idle = time.GetElapsedTime(_usedAt);
            _usedAt = time.GetTimestamp();
            if (idle < UncheckedIdleMax || await Lives(open).ConfigureAwait(false))
            {
                return open;
            }
            await DisposeAsync().ConfigureAwait(false);
        }
        _usedAt = time.GetTimestamp();
        return _connection = await Open(source, requireDurableServer).ConfigureAwait(false);
    }

    /// <summary>Makes a connection to a server that is one to keep books on.</summary>
    /// <inheritdoc cref="Connection" path="/exception"/>
    public static async Task<NpgsqlConnection> Open(NpgsqlDataSource source, bool requireDurableServer)
    {
        var connection = source.CreateConnection();
        try
        {
            await connection.OpenAsync().ConfigureAwait(false);
            await PostgresServerCheck.Run(connection, Settings, requireDurableServer).ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            if (failure is NpgsqlException or TimeoutException)
            {
                throw new StoreUnavailableException(
                    $"No connection to the database could be made ({failure.Message}).",
                    mayHaveHappened: false,
                    failure
                );
            }
            throw;
        }
        return connection;
    }

    /// <summary>Gives the connection up: what it would answer next is unknown.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_connection is { } connection)
        {
            _connection = null;
            await connection.DisposeAsync().ConfigureAwait(false);
        }
    }

    private static async Task<bool> Lives(NpgsqlConnection connection)
    {
        try
        {
            await using var command = new NpgsqlCommand("select", connection) { CommandTimeout = SignOfLifeSecondsMax };
            await command.ExecuteNonQueryAsync().ConfigureAwait(false);
            return true;
        }
        catch (Exception failure) when (failure is NpgsqlException or IOException or TimeoutException)
        {
            return false;
        }
    }
}
