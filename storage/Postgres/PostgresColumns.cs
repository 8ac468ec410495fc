using Npgsql;
using NpgsqlTypes;

namespace Marketplace.Storage;

/// <summary>Adds the columns of a batch to a command: one array a column, one element an item.</summary>
internal static class PostgresColumns
{
    public static void AddTexts<TItem>(this NpgsqlBatchCommand command, IReadOnlyList<TItem> items, Func<TItem, string?> value) =>
        Add(command, items, value, NpgsqlDbType.Text);

    public static void AddNumbers<TItem>(this NpgsqlBatchCommand command, IReadOnlyList<TItem> items, Func<TItem, long> value) =>
        Add(command, items, value, NpgsqlDbType.Bigint);

    public static void AddOptionalNumbers<TItem>(this NpgsqlBatchCommand command, IReadOnlyList<TItem> items, Func<TItem, long?> value) =>
        Add(command, items, value, NpgsqlDbType.Bigint);

    public static void AddBytes<TItem>(
        this NpgsqlBatchCommand command,
        IReadOnlyList<TItem> items,
        Func<TItem, ReadOnlyMemory<byte>> value
    ) => Add(command, items, value, NpgsqlDbType.Bytea);

    private static void Add<TItem, TValue>(
        NpgsqlBatchCommand command,
        IReadOnlyList<TItem> items,
        Func<TItem, TValue> value,
        NpgsqlDbType type
    )
    {
        var column = new TValue[items.Count];
        for (var index = 0; index < column.Length; index++)
        {
            column[index] = value(items[index]);
        }
        command.Parameters.Add(new NpgsqlParameter<TValue[]> { TypedValue = column, NpgsqlDbType = NpgsqlDbType.Array | type });
    }
}
