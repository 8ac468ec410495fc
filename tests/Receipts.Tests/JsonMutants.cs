using System.Text;
using System.Text.Json;

namespace Marketplace.Receipts.Tests;

/// <summary>Changes JSON at one place, chosen by chance: in most cases to what is JSON still, so that not only its reader is met.</summary>
internal static class JsonMutants
{
    private static readonly string[] Values =
    [
        "null",
        "true",
        "0",
        "-1",
        "1e400",
        "[]",
        "{}",
        "[null]",
        "[[]]",
        "\"\"",
        "\"0\"",
        "\"-1\"",
        "\"00\"",
        "\"18446744073709551615\"",
        "\"18446744073709551616\"",
        "\"340282366920938463463374607431768211455\"",
        "\"340282366920938463463374607431768211456\"",
        "\"1e9\"",
        "\" 1\"",
        "\"\\u0000\"",
        "\"\\ud800\"",
        "\"\\udc00\\ud800\"",
        "\"\\u0041\"",
        "\"\ufeff\"",
        "\"committee:16\"",
        "\"quorum:2/3\"",
        "\"audit:100%\"",
        "\"none\"",
        "\"open\"",
        "\"not_run\"",
        "\"timed_out\"",
        "\"juror\"",
        $"\"{new string('0', 64)}\"",
        $"\"{new string('f', 64)}\"",
        $"\"{new string('f', 128)}\"",
        $"\"{new string('0', 5000)}\"",
        $"{new string('[', 80)}{new string(']', 80)}",
    ];

    public static byte[] Of(byte[] json, Random random)
    {
        var spans = SpansOf(json);
        var (start, end) = spans[random.Next(spans.Count)];
        var value = json[start..end];
        return random.Next(8) switch
        {
            0 or 1 or 2 => Replace(Encoding.UTF8.GetBytes(Values[random.Next(Values.Length)])),
            // Another value of the same file.
            3 or 4 => Replace(Other()),
            // The value many times, where a list takes that.
            5 => Replace([.. Enumerable.Repeat(value, random.Next(2, 40)).SelectMany((item, at) => at == 0 ? item : [(byte)',', .. item])]),
            6 => Replace([.. value[..random.Next(value.Length)], (byte)random.Next(256), .. value[random.Next(value.Length)..]]),
            _ => json[..random.Next(json.Length)],
        };

        byte[] Replace(byte[] other) => [.. json[..start], .. other, .. json[end..]];

        byte[] Other()
        {
            var (from, to) = spans[random.Next(spans.Count)];
            return json[from..to];
        }
    }

    /// <summary>Where values stand: texts, lists, objects.</summary>
    private static List<(int Start, int End)> SpansOf(byte[] json)
    {
        var reader = new Utf8JsonReader(json);
        var (spans, open) = (new List<(int, int)>(), new Stack<int>());
        while (reader.Read())
        {
            var (start, end) = ((int)reader.TokenStartIndex, (int)reader.BytesConsumed);
            switch (reader.TokenType)
            {
                case JsonTokenType.StartArray or JsonTokenType.StartObject:
                    open.Push(start);
                    break;
                case JsonTokenType.EndArray or JsonTokenType.EndObject:
                    spans.Add((open.Pop(), end));
                    break;
                case not JsonTokenType.PropertyName:
                    spans.Add((start, end));
                    break;
            }
        }
        return spans;
    }
}
