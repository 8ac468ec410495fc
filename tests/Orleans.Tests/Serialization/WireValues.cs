using System.Collections;
using System.Reflection;

namespace Marketplace.Tests.Orleans.Serialization;

/// <summary>
/// Compares what was sent with what arrived, field by field: the equality of records compares arrays and bytes by their place in memory,
/// and times without their offset.
/// </summary>
internal static class WireValues
{
    private const BindingFlags Fields = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.DeclaredOnly;

    /// <returns>Null where they are the same, else the path of the first difference.</returns>
    public static string? Difference(object? sent, object? arrived, string path = "")
    {
        if (sent is null || arrived is null)
        {
            return sent is null && arrived is null ? null : $"{path}: {Show(sent)} arrived as {Show(arrived)}";
        }
        if (sent.GetType() != arrived.GetType())
        {
            return $"{path}: {sent.GetType()} arrived as {arrived.GetType()}";
        }
        return sent switch
        {
            DateTimeOffset time => time.EqualsExact((DateTimeOffset)arrived) ? null : Differs(),
            ReadOnlyMemory<byte> bytes => bytes.Span.SequenceEqual(((ReadOnlyMemory<byte>)arrived).Span) ? null : Differs(),
            _ when IsPlain(sent.GetType()) => sent.Equals(arrived) ? null : Differs(),
            IList items => Items(items, (IList)arrived, path),
            Exception failure => Failure(failure, (Exception)arrived, path),
            _ => Members(sent, arrived, sent.GetType(), path),
        };

        string Differs() => $"{path}: {Show(sent)} arrived as {Show(arrived)}";
    }

    private static bool IsPlain(Type type) =>
        type.IsPrimitive || type.IsEnum || type == typeof(string) || type == typeof(UInt128) || type == typeof(TimeSpan);

    private static string? Items(IList sent, IList arrived, string path)
    {
        // Only immutable arrays come here, and one that was never made must not arrive as an empty one.
        bool WasMade(IList list) => !(bool)list.GetType().GetProperty("IsDefault")!.GetValue(list)!;
        if (WasMade(sent) != WasMade(arrived))
        {
            return WasMade(sent)
                ? $"{path}: an array that was made arrived as one that was not."
                : $"{path}: an array that was not made arrived as one that was.";
        }
        if (!WasMade(sent))
        {
            return null;
        }
        if (sent.Count != arrived.Count)
        {
            return $"{path}: {sent.Count} items arrived as {arrived.Count}";
        }
        return Enumerable
            .Range(0, sent.Count)
            .Select(index => Difference(sent[index], arrived[index], $"{path}[{index}]"))
            .FirstOrDefault(found => found is not null);
    }

    private static string? Failure(Exception sent, Exception arrived, string path) =>
        Difference(sent.Message, arrived.Message, $"{path}.Message")
        ?? Difference(sent.HResult, arrived.HResult, $"{path}.HResult")
        ?? Difference(sent.InnerException, arrived.InnerException, $"{path}.InnerException")
        ?? Members(sent, arrived, sent.GetType(), path);

    private static string? Members(object sent, object arrived, Type type, string path) =>
        type.GetFields(Fields)
            .Select(field => Difference(field.GetValue(sent), field.GetValue(arrived), $"{path}.{field.Name}"))
            .FirstOrDefault(found => found is not null);

    private static string Show(object? value) =>
        value switch
        {
            null => "null",
            string text => $"'{(text.Length > 40 ? text[..40] : text)}' of {text.Length}",
            ReadOnlyMemory<byte> bytes => $"{bytes.Length} bytes",
            _ => $"{value}",
        };
}
