using Microsoft.Data.Sqlite;

namespace Marketplace.Storage;

/// <summary>
/// The tables: documents that still change, streams, where ended documents lie in the archive, and the read model. Everything is narrow
/// and in the order in which it comes: names that repeat are numbers, the only random keys are 64-bit hashes (see RATIONALE.md).
/// </summary>
internal static class TableSchema
{
    public const int Version = 2;

    /// <summary>The format before rows were found by the beginnings of their ids: what differs is the index.</summary>
    private const int VersionWithoutIdHeads = 1;

    private static readonly string IdHeads = $"create index listing_id on listing(kind, owner, substr(id, 1, {ListingSql.IdHeadLength}));";

    private const string Sql = """
        create table meta(name text primary key, value integer not null) without rowid;
        create table names(number integer primary key, name text not null unique);
        create table documents(row integer primary key, hash integer not null, kind integer not null, id text not null,
            version integer not null, listing integer not null, checksum integer not null, content blob not null);
        create index documents_hash on documents(hash);
        create table archive(hash integer not null, position integer not null, kind integer not null, listing integer not null,
            primary key(hash, position)) without rowid;
        create table streams(row integer primary key, hash integer not null, name text not null, version integer not null);
        create index streams_hash on streams(hash);
        create table log(stream integer not null, version integer not null, checksum integer not null, content blob not null,
            primary key(stream, version)) without rowid;
        create table listing(row integer primary key, kind integer not null, owner integer not null, state integer not null,
            label integer not null, at integer not null, id text not null, summary blob not null);
        create index listing_at on listing(kind, at);
        create index listing_owner on listing(kind, owner, at);
        create index listing_state on listing(kind, owner, state, at);
        create index listing_label on listing(kind, label, at);
        """;

    /// <summary>
    /// Creates the tables where the file is new, with <paramref name="newSeed"/> as the secret of its <see cref="KeyHash"/>; and what is
    /// missing in a file of the format before.
    /// </summary>
    /// <exception cref="StoreDamagedException">The file is of no format that there was.</exception>
    /// <exception cref="StoreNewerException">It is of a format that this program does not know yet.</exception>
    public static void Prepare(SqliteConnection connection, string file, long newSeed)
    {
        var version = ReadInteger(connection, "pragma user_version");
        if (version == Version)
        {
            return;
        }
        if (version > Version)
        {
            throw new StoreNewerException(file, version, Version);
        }
        if (version is not (0 or VersionWithoutIdHeads))
        {
            throw new StoreDamagedException(file, 60, $"its format version is {version}, this program knows {Version}.");
        }
        using var transaction = connection.BeginTransaction();
        using var command = connection.CreateCommand();
        command.Transaction = transaction;
        var tables = version == 0 ? $"{Sql}insert into meta values('seed', {newSeed}), ('folded', 0);" : "";
        command.CommandText = $"{tables}{IdHeads} pragma user_version = {Version};";
        command.ExecuteNonQuery();
        transaction.Commit();
    }

    /// <summary>Whether the tables are those of this program, or become so when they are opened.</summary>
    public static bool IsKnown(SqliteConnection connection) =>
        ReadInteger(connection, "pragma user_version") is Version or VersionWithoutIdHeads;

    public static long ReadMeta(SqliteConnection connection, string name) =>
        ReadInteger(connection, $"select value from meta where name = '{name}'");

    public static long ReadInteger(SqliteConnection connection, string sql)
    {
        using var statement = new SqliteStatement(connection, sql);
        var value = statement.Step() ? statement.Integer(0) : 0;
        statement.Reset();
        return value;
    }
}
