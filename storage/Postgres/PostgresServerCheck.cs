using Npgsql;

namespace Marketplace.Storage;

/// <summary>Asks, at each new connection, whether the server is one to keep books on: a failover may have led to another one.</summary>
internal static class PostgresServerCheck
{
    /// <summary>The oldest release that its makers still repair.</summary>
    private const int ServerVersionMin = 140000;

    private const string Question = """
        select current_setting('server_version_num')::integer, current_setting('server_encoding'), current_setting('fsync'),
            current_setting('synchronous_commit'), pg_is_in_recovery()
        """;

    /// <param name="connection">The new connection.</param>
    /// <param name="settings">Statements, each with its semicolon, to run in the same round trip.</param>
    /// <param name="requireDurableServer">See <see cref="PostgresStoreOptions.RequireDurableServer"/>.</param>
    /// <exception cref="PostgresSettingsException">It is set up in a way that breaks the store's promises.</exception>
    /// <exception cref="StoreUnavailableException">It is a standby: it takes no writes, and may answer with what was.</exception>
    public static async Task Run(NpgsqlConnection connection, string settings, bool requireDurableServer)
    {
        await using var command = new NpgsqlCommand(settings + Question, connection);
        await using var reader = await command.ExecuteReaderAsync().ConfigureAwait(false);
        await reader.ReadAsync().ConfigureAwait(false);
        Check(reader.GetInt32(0), encoding: reader.GetString(1));
        if (requireDurableServer)
        {
            CheckDurable(fsync: reader.GetString(2), synchronousCommit: reader.GetString(3));
        }
        if (reader.GetBoolean(4))
        {
            throw new StoreUnavailableException("The server is a standby; only the primary can be used.", mayHaveHappened: false);
        }
    }

    private static void Check(int version, string encoding)
    {
        if (version < ServerVersionMin)
        {
            throw new PostgresSettingsException("server_version_num", $"{version}", $"at least {ServerVersionMin}");
        }
        if (encoding != "UTF8")
        {
            throw new PostgresSettingsException("server_encoding", encoding, "UTF8 ('create database … encoding UTF8 template template0')");
        }
    }

    private static void CheckDurable(string fsync, string synchronousCommit)
    {
        if (synchronousCommit == "off")
        {
            throw new PostgresSettingsException(
                "synchronous_commit",
                synchronousCommit,
                "on, or any other value that waits for the server's disk"
            );
        }
        if (fsync != "on")
        {
            throw new PostgresSettingsException("fsync", fsync, "on: without it a power cut loses or breaks the database");
        }
    }
}

/// <summary>The server is set up in a way that breaks the store's promises. The way out is to change the setting.</summary>
public sealed class PostgresSettingsException(string setting, string value, string wanted)
    : Exception($"The PostgreSQL server has {setting} = {value}; the store needs {wanted}.")
{
    public string Setting { get; } = setting;
    public string Value { get; } = value;
}
