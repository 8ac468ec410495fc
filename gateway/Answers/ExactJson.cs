using System.Buffers;
using System.Numerics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Marketplace.Gateway;

/// <summary>Reads texts, and says what it found instead: another kind of value, bytes that are not UTF-8, half a character.</summary>
internal sealed class ExactText : JsonConverter<string>
{
    public override string Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        Expect.Token(ref reader, JsonTokenType.String, "a text");
        return Decode(ref reader);
    }

    /// <summary>Names of files and variables are members of an object.</summary>
    public override string ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Decode(ref reader);

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteStringValue(value);

    public override void WriteAsPropertyName(Utf8JsonWriter writer, string value, JsonSerializerOptions options) =>
        writer.WritePropertyName(value);

    private static string Decode(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException broken)
        {
            throw new JsonException(
                broken.InnerException is DecoderFallbackException ? GatewayMessages.NotUtf8 : GatewayMessages.HalfCharacter,
                broken
            );
        }
    }
}

/// <summary>Reads whole numbers, and says whether what it found is none or is one that the type cannot hold.</summary>
internal sealed class ExactNumber<TNumber> : JsonConverter<TNumber>
    where TNumber : struct, IBinaryInteger<TNumber>, IMinMaxValue<TNumber>
{
    private const int DigitsShownMax = 40;

    private static readonly long Min = long.CreateChecked(TNumber.MinValue);
    private static readonly long Max = long.CreateChecked(TNumber.MaxValue);

    public override TNumber Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        Expect.Token(ref reader, JsonTokenType.Number, "a whole number");
        if (reader.TryGetInt64(out var number) && number >= Min && number <= Max)
        {
            return TNumber.CreateChecked(number);
        }
        var bytes = reader.HasValueSequence ? reader.ValueSequence.ToArray() : reader.ValueSpan;
        var seen = Encoding.ASCII.GetString(bytes[..Math.Min(bytes.Length, DigitsShownMax)]) + (bytes.Length > DigitsShownMax ? "…" : "");
        throw bytes.ContainsAny(".eE"u8) ? new JsonException(GatewayMessages.NotWhole(seen)) : new NumberOutsideException(seen, Min, Max);
    }

    public override void Write(Utf8JsonWriter writer, TNumber value, JsonSerializerOptions options) =>
        writer.WriteNumberValue(long.CreateChecked(value));
}

/// <summary>Reads bytes in base64.</summary>
internal sealed class ExactBytes : JsonConverter<ReadOnlyMemory<byte>>
{
    public override ReadOnlyMemory<byte> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        Expect.Token(ref reader, JsonTokenType.String, "bytes as a text in base64");
        return reader.TryGetBytesFromBase64(out var bytes) ? bytes : throw new JsonException(GatewayMessages.NotBase64);
    }

    public override void Write(Utf8JsonWriter writer, ReadOnlyMemory<byte> value, JsonSerializerOptions options) =>
        writer.WriteBase64StringValue(value.Span);
}

/// <summary>
/// A number that its member cannot have. Which numbers it can have depends on the member, which is known where the path is.
/// </summary>
internal sealed class NumberOutsideException(string seen, long min, long max) : JsonException($"{seen} is outside {min} to {max}.")
{
    public string Seen => seen;

    public long Min => min;

    public long Max => max;
}

internal static class Expect
{
    public static void Token(ref Utf8JsonReader reader, JsonTokenType wanted, string words)
    {
        if (reader.TokenType != wanted)
        {
            throw new JsonException(GatewayMessages.WrongType(words, Words(reader.TokenType)));
        }
    }

    private static string Words(JsonTokenType token) =>
        token switch
        {
            JsonTokenType.StartObject => "an object",
            JsonTokenType.StartArray => "a list",
            JsonTokenType.Number => "a number",
            JsonTokenType.String => "a text",
            JsonTokenType.True or JsonTokenType.False => "true or false",
            _ => "null",
        };
}
