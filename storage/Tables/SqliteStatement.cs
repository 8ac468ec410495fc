using Microsoft.Data.Sqlite;
using SQLitePCL;
using static SQLitePCL.raw;

namespace Marketplace.Storage;

/// <summary>
/// A prepared statement without ADO.NET's parameter objects, which cost more than the statements of the fold themselves. One thread at a
/// time; parameters and columns count as SQLite counts them (from 1 and from 0).
/// </summary>
internal sealed class SqliteStatement : IDisposable
{
    private readonly sqlite3 _database;
    private readonly sqlite3_stmt _statement;

    public SqliteStatement(SqliteConnection connection, string sql)
    {
        _database = connection.Handle ?? throw new InvalidOperationException("The connection is not open.");
        SqliteException.ThrowExceptionForRC(sqlite3_prepare_v2(_database, sql, out _statement), _database);
    }

    public SqliteStatement Bind(int parameter, long value)
    {
        Check(sqlite3_bind_int64(_statement, parameter, value));
        return this;
    }

    public SqliteStatement Bind(int parameter, string value)
    {
        Check(sqlite3_bind_text(_statement, parameter, value));
        return this;
    }

    public SqliteStatement Bind(int parameter, ReadOnlySpan<byte> value)
    {
        Check(value.IsEmpty ? sqlite3_bind_zeroblob(_statement, parameter, 0) : sqlite3_bind_blob(_statement, parameter, value));
        return this;
    }

    /// <returns>True where a row is there to be read; after false the statement is ready for its next use.</returns>
    public bool Step()
    {
        var code = sqlite3_step(_statement);
        if (code == SQLITE_ROW)
        {
            return true;
        }
        _ = sqlite3_reset(_statement);
        if (code != SQLITE_DONE)
        {
            SqliteException.ThrowExceptionForRC(code, _database);
        }
        return false;
    }

    public void Run()
    {
        while (Step())
        {
            // A statement that is only run may still give rows, for example a pragma. They are ignored.
        }
    }

    public void Reset() => _ = sqlite3_reset(_statement);

    public long Integer(int column) => sqlite3_column_int64(_statement, column);

    /// <returns>An empty string for null.</returns>
    public string Text(int column) => sqlite3_column_text(_statement, column).utf8_to_string() ?? "";

    public byte[] Blob(int column) => sqlite3_column_blob(_statement, column).ToArray();

    public void Dispose() => _statement.Dispose();

    private void Check(int code) => SqliteException.ThrowExceptionForRC(code, _database);
}
