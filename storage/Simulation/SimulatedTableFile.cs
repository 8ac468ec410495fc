using Microsoft.Data.Sqlite;

namespace Marketplace.Storage;

/// <summary>
/// SQLite in memory, so that the real statements run. Its commits are atomic; a power cut keeps all of them, or only those before the last
/// checkpoint. What SQLite itself does with a torn log is SQLite's to test.
/// </summary>
internal sealed class SimulatedTableFile(SimulatedDisk disk) : ITableFile
{
    private static long _names;

    private string _name = NewName();
    private SqliteConnection? _keeper;
    private SqliteConnection? _checkpointed;

    public string Name => "tables.db";

    public bool IsSingleConnection => true;

    public SqliteConnection Connect()
    {
        disk.ThrowIfOff();
        _keeper ??= OpenMemory(_name);
        var connection = OpenMemory(_name);
        SQLitePCL.raw.sqlite3_commit_hook(connection.Handle, _ => OnCommit(), null);
        return connection;
    }

    public bool Checkpoint(SqliteConnection writer)
    {
        if (!disk.DoFlush(() => { }))
        {
            return true;
        }
        Replace(ref _checkpointed, Copy(writer));
        return true;
    }

    public void CutPower(Random random)
    {
        var kept = random.Next(2) == 0 ? _keeper : _checkpointed;
        var name = NewName();
        var keeper = OpenMemory(name);
        kept?.BackupDatabase(keeper);
        var checkpointed = Copy(keeper);
        DropAll();
        (_name, _keeper, _checkpointed) = (name, keeper, checkpointed);
    }

    /// <summary>The next process starts from a copy: this one's connections may still be open, and would be in its way.</summary>
    public void EndProcess()
    {
        if (_keeper is null)
        {
            return;
        }
        var name = NewName();
        var keeper = OpenMemory(name);
        _keeper.BackupDatabase(keeper);
        Replace(ref _keeper, keeper);
        _name = name;
    }

    public void Dispose()
    {
        // The store is closed; the disk stays.
    }

    public void DropAll()
    {
        Replace(ref _keeper, null);
        Replace(ref _checkpointed, null);
    }

    /// <returns>Not zero: SQLite rolls back, and the commit fails.</returns>
    private int OnCommit()
    {
        try
        {
            disk.Do(growing: true);
        }
        catch (SimulatedDiskException)
        {
            return 1;
        }
        return 0;
    }

    private static string NewName() => $"simulated-tables-{Interlocked.Increment(ref _names)}";

    private static SqliteConnection OpenMemory(string name)
    {
        SQLitePCL.Batteries_V2.Init();
        var inMemory = new SqliteConnectionStringBuilder
        {
            DataSource = name,
            Mode = SqliteOpenMode.Memory,
            Cache = SqliteCacheMode.Shared,
            Pooling = false,
        };
        var connection = new SqliteConnection(inMemory.ToString());
        connection.Open();
        return connection;
    }

    private static SqliteConnection Copy(SqliteConnection from)
    {
        var copy = OpenMemory(NewName());
        from.BackupDatabase(copy);
        return copy;
    }

    private static void Replace(ref SqliteConnection? connection, SqliteConnection? by)
    {
        connection?.Dispose();
        connection = by;
    }
}
