using Microsoft.Data.Sqlite;

namespace Marketplace.Storage;

/// <summary>The file of the tables, so that a simulated one can take its place.</summary>
public interface ITableFile : IDisposable
{
    /// <summary>What a message calls the file.</summary>
    string Name { get; }

    /// <summary>True: there is one connection for reading and writing, and so only one thread.</summary>
    bool IsSingleConnection { get; }

    SqliteConnection Connect();

    /// <summary>
    /// Returns true once everything that was committed before the call is durable; false where a reader stood in the way.
    /// </summary>
    bool Checkpoint(SqliteConnection writer);
}

/// <summary>
/// A SQLite file with a write-ahead log that is made durable by <see cref="Checkpoint"/> only: until then the journal has it all.
/// </summary>
public sealed class RealTableFile(string path) : ITableFile
{
    static RealTableFile() => SQLitePCL.Batteries_V2.Init();

    public string Name => path;

    public bool IsSingleConnection => false;

    public SqliteConnection Connect()
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        connection.Open();
        using var command = connection.CreateCommand();
        // synchronous=normal: the log is synced when it is checkpointed, not at every commit. Checkpoints are called for, never automatic.
        command.CommandText =
            "pragma journal_mode=wal; pragma synchronous=normal; pragma wal_autocheckpoint=0; pragma cache_size=-16384; "
            + "pragma temp_store=memory; pragma busy_timeout=5000;";
        command.ExecuteNonQuery();
        return connection;
    }

    public bool Checkpoint(SqliteConnection writer)
    {
        using var statement = new SqliteStatement(writer, "pragma wal_checkpoint(passive)");
        statement.Step();
        var complete = statement.Integer(0) == 0 && statement.Integer(1) == statement.Integer(2);
        statement.Reset();
        return complete;
    }

    public void Dispose() { }
}
