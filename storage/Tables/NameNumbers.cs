using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;

namespace Marketplace.Storage;

/// <summary>
/// The numbers that stand for kinds, owners, states and labels. Names are only ever added, by the fold; readers ask for kinds, which are
/// few, so those stay in memory for good, while owners and labels are forgotten when there are too many of them.
/// </summary>
internal sealed class NameNumbers : IDisposable
{
    /// <summary>At 200 bytes a name, some 13 MB.</summary>
    private const int CachedNamesMax = 1 << 16;

    private readonly ConcurrentDictionary<string, long> _kinds = [];
    private readonly Dictionary<string, long> _cached = [];
    private readonly SqliteStatement _find;
    private readonly SqliteStatement _insert;

    public NameNumbers(SqliteConnection writer)
    {
        _find = new(writer, "select number from names where name = ?1");
        _insert = new(writer, "insert into names(name) values(?1) returning number");
        using var kinds = new SqliteStatement(
            writer,
            "select name, number from names where number in (select kind from documents union select kind from archive)"
        );
        while (kinds.Step())
        {
            _kinds[kinds.Text(0)] = kinds.Integer(1);
        }
    }

    /// <returns>Null where the tables hold no document of the kind.</returns>
    public long? FindKind(string kind) => _kinds.TryGetValue(kind, out var number) ? number : null;

    public long OfKind(string kind)
    {
        if (!_kinds.TryGetValue(kind, out var number))
        {
            _kinds[kind] = number = Of(kind);
        }
        return number;
    }

    public long Of(string name)
    {
        if (_cached.TryGetValue(name, out var number))
        {
            return number;
        }
        if (_cached.Count == CachedNamesMax)
        {
            _cached.Clear();
        }
        number = Read(_find.Bind(1, name)) ?? Read(_insert.Bind(1, name))!.Value;
        _cached.Add(name, number);
        return number;
    }

    public void Dispose()
    {
        _find.Dispose();
        _insert.Dispose();
    }

    private static long? Read(SqliteStatement statement)
    {
        if (!statement.Step())
        {
            return null;
        }
        var number = statement.Integer(0);
        statement.Run();
        return number;
    }
}
