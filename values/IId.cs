using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Marketplace;

/// <summary>An id of 32 bytes with one text form, which JSON, grain keys, routes and the command line share.</summary>
public interface IId<TSelf>
    where TSelf : struct, IId<TSelf>
{
    Bytes32 Value { get; }

    /// <exception cref="FormatException">The text is not an id of this kind; the message says what was seen and what is
    /// expected.</exception>
    static abstract TSelf Parse(string text);

    static abstract bool TryParse([NotNullWhen(true)] string? text, out TSelf id);
}

/// <summary>Writes an id as its text form, also as a property name.</summary>
public sealed class IdJsonConverter<TId> : JsonConverter<TId>
    where TId : struct, IId<TId>
{
    public override TId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String ? Parse(reader.GetString()!) : throw new JsonException("Expected an id as a string.");

    public override void Write(Utf8JsonWriter writer, TId value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());

    public override TId ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Parse(reader.GetString()!);

    public override void WriteAsPropertyName(Utf8JsonWriter writer, TId value, JsonSerializerOptions options) =>
        writer.WritePropertyName(value.ToString()!);

    private static TId Parse(string text)
    {
        try
        {
            return TId.Parse(text);
        }
        catch (FormatException malformed)
        {
            throw new JsonException(malformed.Message, malformed);
        }
    }
}
