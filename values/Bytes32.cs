using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Marketplace;

/// <summary>
/// Thirty-two bytes: the common body of every id, key and hash. Text form: 64 hexadecimal digits, written in lower case, read in
/// either case. Ordered as a big-endian number, which is also the order of the text form.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
[JsonConverter(typeof(Bytes32JsonConverter))]
public readonly record struct Bytes32 : IComparable<Bytes32>
{
    public const int Size = 32;
    public const int TextSize = 64;

    private readonly ulong _a;
    private readonly ulong _b;
    private readonly ulong _c;
    private readonly ulong _d;

    /// <exception cref="ArgumentException"><paramref name="bytes"/> is not 32 bytes long.</exception>
    public Bytes32(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Size)
        {
            throw new ArgumentException($"Expected {Size} bytes, got {bytes.Length}.", nameof(bytes));
        }
        _a = BinaryPrimitives.ReadUInt64BigEndian(bytes);
        _b = BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]);
        _c = BinaryPrimitives.ReadUInt64BigEndian(bytes[16..]);
        _d = BinaryPrimitives.ReadUInt64BigEndian(bytes[24..]);
    }

    public bool IsZero => (_a | _b | _c | _d) == 0;

    /// <summary>The first eight bytes as a big-endian number: a ready hash, because ids are themselves hashes or keys.</summary>
    public ulong Prefix => _a;

    /// <summary>One bit; 0 is the highest of the first byte.</summary>
    public bool BitAt(int bit) => ((WordAt(bit >> 6) >> (63 - (bit & 63))) & 1) != 0;

    /// <summary>The first bit in which the two differ; 256 where they are equal.</summary>
    public int FirstDifference(in Bytes32 other)
    {
        for (var word = 0; word < Size / sizeof(ulong); word++)
        {
            if ((WordAt(word) ^ other.WordAt(word)) is var difference && difference != 0)
            {
                return (64 * word) + BitOperations.LeadingZeroCount(difference);
            }
        }
        return 8 * Size;
    }

    public override int GetHashCode() => (int)(_a ^ (_a >> 32) ^ _d);

    public int CompareTo(Bytes32 other)
    {
        var order = _a.CompareTo(other._a);
        if (order == 0)
        {
            order = _b.CompareTo(other._b);
        }
        if (order == 0)
        {
            order = _c.CompareTo(other._c);
        }
        return order == 0 ? _d.CompareTo(other._d) : order;
    }

    /// <exception cref="ArgumentException"><paramref name="destination"/> has less than 32 bytes.</exception>
    public void CopyTo(Span<byte> destination)
    {
        if (destination.Length < Size)
        {
            throw new ArgumentException($"Expected room for {Size} bytes, got {destination.Length}.", nameof(destination));
        }
        BinaryPrimitives.WriteUInt64BigEndian(destination, _a);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], _b);
        BinaryPrimitives.WriteUInt64BigEndian(destination[16..], _c);
        BinaryPrimitives.WriteUInt64BigEndian(destination[24..], _d);
    }

    public byte[] ToArray()
    {
        var bytes = new byte[Size];
        CopyTo(bytes);
        return bytes;
    }

    public override string ToString() => ToString("");

    internal string ToString(string prefix) =>
        string.Create(
            prefix.Length + TextSize,
            (prefix, this),
            static (text, state) =>
            {
                state.prefix.CopyTo(text);
                Span<byte> bytes = stackalloc byte[Size];
                state.Item2.CopyTo(bytes);
                Convert.TryToHexStringLower(bytes, text[state.prefix.Length..], out _);
            }
        );

    private ulong WordAt(int word) =>
        word switch
        {
            0 => _a,
            1 => _b,
            2 => _c,
            _ => _d,
        };

    public static Bytes32 Parse(ReadOnlySpan<char> text) =>
        TryParse(text, out var value) ? value : throw new FormatException(Malformed("a value", "", text));

    public static bool TryParse(ReadOnlySpan<char> text, out Bytes32 value)
    {
        Span<byte> bytes = stackalloc byte[Size];
        value = default;
        if (
            text.Length != TextSize
            || Convert.FromHexString(text, bytes, out _, out var written) != System.Buffers.OperationStatus.Done
            || written != Size
        )
        {
            return false;
        }
        value = new Bytes32(bytes);
        return true;
    }

    internal static bool TryParse(string prefix, [NotNullWhen(true)] string? text, out Bytes32 value)
    {
        value = default;
        return text is not null && text.StartsWith(prefix, StringComparison.Ordinal) && TryParse(text.AsSpan(prefix.Length), out value);
    }

    internal static Bytes32 Parse(string what, string prefix, string? text) =>
        TryParse(prefix, text, out var value) ? value : throw new FormatException(Malformed(what, prefix, text));

    private static string Malformed(string what, string prefix, ReadOnlySpan<char> text)
    {
        var seen = text.Length > 80 ? string.Concat(text[..80], "…") : text.ToString();
        var form = prefix.Length == 0 ? "64 hexadecimal digits" : $"'{prefix}' and 64 hexadecimal digits";
        return $"'{seen}' is not {what}: expected {form}.";
    }
}

/// <summary>Writes thirty-two bytes as their text form.</summary>
public sealed class Bytes32JsonConverter : JsonConverter<Bytes32>
{
    public override Bytes32 Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && Bytes32.TryParse(reader.GetString(), out var value)
            ? value
            : throw new JsonException($"Expected {Bytes32.TextSize} hexadecimal digits as a string.");

    public override void Write(Utf8JsonWriter writer, Bytes32 value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());
}
