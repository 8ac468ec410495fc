using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Marketplace;

/// <summary>
/// The right and duty of one worker to run one job until a deadline. <paramref name="Start"/> is the market's durable start
/// number: results under an earlier start are refused. Text form: <c>start-sequence</c> in decimal.
/// </summary>
[JsonConverter(typeof(LeaseIdJsonConverter))]
public readonly record struct LeaseId(long Start, long Sequence)
{
    public static LeaseId Parse(string text) =>
        TryParse(text, out var id)
            ? id
            : throw new FormatException(
                $"'{(text.Length > 60 ? text[..60] + "…" : text)}' is not a lease id: expected two whole numbers joined by '-'."
            );

    public static bool TryParse([NotNullWhen(true)] string? text, out LeaseId id)
    {
        id = default;
        var dash = text?.IndexOf('-') ?? -1;
        if (
            dash < 0
            || !long.TryParse(text.AsSpan(0, dash), NumberStyles.None, CultureInfo.InvariantCulture, out var start)
            || !long.TryParse(text.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var sequence)
        )
        {
            return false;
        }
        id = new LeaseId(start, sequence);
        return true;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Start}-{Sequence}");
}

public sealed class LeaseIdJsonConverter : JsonConverter<LeaseId>
{
    public override LeaseId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && LeaseId.TryParse(reader.GetString(), out var id)
            ? id
            : throw new JsonException("Expected a lease id: two whole numbers joined by '-', as a string.");

    public override void Write(Utf8JsonWriter writer, LeaseId value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());
}
