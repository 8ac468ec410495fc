using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Marketplace.Verify.FuzzNet;

/// <summary>
/// Changes one place of a JSON text as an attacker would: members that are gone, twice there, unknown or of another type, values at and
/// beyond limits, lists that are too long, nesting, text that is no UTF-8. The same chance gives the same text.
/// </summary>
/// <param name="chance">Where and how.</param>
/// <param name="words">Texts that mean something here: ids, own and foreign.</param>
internal sealed partial class JsonMutator(Random chance, IReadOnlyList<string> words)
{
    private static readonly string[] Numbers =
    [
        "-1",
        "0",
        "1",
        "2",
        "64",
        "65",
        "1024",
        "1025",
        "4097",
        "16384",
        "16385",
        "2147483647",
        "2147483648",
        "-2147483649",
        "9223372036854775807",
        "-9223372036854775808",
        "-0",
        "9223372036854775808",
        "340282366920938463463374607431768211456",
        "1.5",
        "1e3",
        "1e400",
        "-1e-400",
        "NaN",
        "Infinity",
        "007",
        "+1",
        "0x10",
        "\"1\"",
        "\"NaN\"",
    ];

    /// <summary>So many of the numbers are whole and have 64 bits.</summary>
    private const int WholeNumbers = 16;

    private static readonly string[] Texts =
    [
        "\"\"",
        "\" \"",
        "\"\\u0000\"",
        "\"\\ud800\"",
        "\"\\udc00\\ud800\"",
        "\"\\ud83d\\ude00\"",
        "\"\u202e\u0130\"",
        "\"0-0\"",
        "\"1-1\"",
        "\"-1-1\"",
        "\"01-1\"",
        "\"9223372036854775807-9223372036854775807\"",
        "\"9223372036854775808-1\"",
        "\"340282366920938463463374607431768211455\"",
        "\"340282366920938463463374607431768211456\"",
        "\"-5\"",
        "\"00000000000000000000000000000000000000000000000001\"",
        "\"0001-01-01T00:00:00+14:00\"",
        "\"9999-12-31T23:59:59.9999999-14:00\"",
        "\"2026-02-30T00:00:00Z\"",
        "\"2026-01-01\"",
        "\"====\"",
        "\"AAA\"",
        "\"AAAA\\u0000\"",
        "\"2026-11-22T00:00:00+00:00\"",
        "\"1970-01-01T00:00:00Z\"",
        "\"0\"",
        "\"1000000\"",
        "\"completed\"",
        "\"failed\"",
        "\"cancelled\"",
        "\"input_unavailable\"",
        "\"invalid_module\"",
        "\"COMPLETED\"",
        "\"trapped, timed_out\"",
        "\"returned, worker_fault\"",
        "\"running,reporting\"",
        "\"../../etc/passwd\"",
        "\"region=\"",
        "\"=x\"",
    ];

    private static readonly string[] Others = ["null", "true", "{}", "[]", "[null]", "[[]]", "{\"a\":1}", "[1,\"a\",null]"];

    private static readonly string[] Members = ["call", "more", "worker", "lease", "__proto__", "$type", "$id", "", "Call", "unknown"];

    private static readonly int[] Repeats = [2, 17, 33, 65, 121, 4097, 20_000];

    private static readonly int[] Depths = [2, 7, 8, 9, 64, 5_000];

    /// <summary>The changed text, and what was done to it.</summary>
    public (byte[] Json, string What) Mutate(byte[] json)
    {
        if (chance.Next(16) == 0)
        {
            return MutateText(json);
        }
        var root = JsonNode.Parse(json)!;
        var places = new List<Place>();
        Collect(root, places);
        var place = places[chance.Next(places.Count)];
        var (text, what) = Change(place);
        return (Encoding.UTF8.GetBytes(Write(root, place, text)), $"{place.Name}: {what}");
    }

    /// <summary>What stands there instead of the member or item with its value: any text at all, also none or several.</summary>
    private (string Text, string What) Change(Place place)
    {
        var value = place.Value?.ToJsonString() ?? "null";
        var label = place.Key is null ? "" : Quote(place.Key) + ":";
        switch (chance.Next(20))
        {
            case 0:
                return ("", "removed");
            case 1:
                return ($"{label}{value},{label}{(chance.Next(2) == 0 ? value : Any())}", "doubled");
            case 2 when place.Key is not null:
                return ($"{Quote(chance.Next(2) == 0 ? place.Key.ToUpperInvariant() : place.Key + " ")}:{value}", "renamed");
            case 3 when place.Key is not null:
                return ($"{label}{value},{Quote(Members[chance.Next(Members.Length)])}:{Any()}", "with an unknown one");
            case 4:
                var depth = Depths[chance.Next(Depths.Length)];
                return ($"{label}{new string('[', depth)}{value}{new string(']', depth)}", $"nested {depth}");
            case 5 when place.Value is JsonArray { Count: > 0 } list:
                var times = Repeats[chance.Next(Repeats.Length)];
                var item = list[0]?.ToJsonString() ?? "null";
                return ($"{label}[{string.Join(',', Enumerable.Repeat(item, times))}]", $"{times} times the first item");
            case 6 when place.Value is JsonArray list:
                return ($"{label}[{string.Join(',', list.Select(one => one?.ToJsonString() ?? "null").Append(Any()))}]", "an item more");
            case 7:
                return (label + Long(), "a long text");
            case 8:
                return (label + Others[chance.Next(Others.Length)], "of another type");
            default:
                return (label + Alike(place.Value), "another value");
        }
    }

    /// <summary>The text as a whole: cut, with something before or behind it, or no UTF-8.</summary>
    private (byte[] Json, string What) MutateText(byte[] json)
    {
        switch (chance.Next(7))
        {
            case 0:
                return (json[..chance.Next(json.Length)], "cut");
            case 1:
                return ([.. json, .. "{}"u8], "two documents");
            case 2:
                return ([0xEF, 0xBB, 0xBF, .. json], "with a byte order mark");
            case 3:
                return ([.. "/* */"u8, .. json], "with a comment");
            case 4:
                return ([.. json[..^1], .. ",}"u8], "with a comma at the end");
            case 5:
                return ([.. Enumerable.Repeat((byte)' ', chance.Next(70_000)), .. json, (byte)'\n'], "with white space");
            default:
                var changed = (byte[])json.Clone();
                changed[chance.Next(changed.Length)] = (byte)chance.Next(128);
                return (changed, "a byte changed");
        }
    }

    /// <summary>Mostly of the same form: what only looks wrong is told from what is wrong deeper inside.</summary>
    private string Alike(JsonNode? value)
    {
        if (IsNumber(value))
        {
            return Numbers[chance.Next(chance.Next(4) > 0 ? WholeNumbers : Numbers.Length)];
        }
        var form = value is JsonValue text && text.GetValueKind() == JsonValueKind.String ? FormOf(Quote(text.GetValue<string>())) : "";
        string[] alike = [.. words.Select(Quote).Concat(Texts).Where(word => FormOf(word) == form)];
        return alike.Length > 0 && chance.Next(4) > 0 ? alike[chance.Next(alike.Length)] : Word();
    }

    /// <summary>The classes of a text's characters, one for each that differs from the one before.</summary>
    private static string FormOf(string quoted) =>
        Digits64().IsMatch(quoted) ? "id"
        : Dated().IsMatch(quoted) ? "time"
        : Leased().IsMatch(quoted) ? "lease"
        : Amount().IsMatch(quoted) ? "amount"
        : Worded().IsMatch(quoted) ? "word"
        : "";

    [GeneratedRegex("^\"(blob|prog)?[0-9a-f]{64}\"$")]
    private static partial Regex Digits64();

    [GeneratedRegex("^\"[0-9]{4}-[0-9]{2}-[0-9]{2}T")]
    private static partial Regex Dated();

    [GeneratedRegex("^\"[0-9]+-[0-9]+\"$")]
    private static partial Regex Leased();

    [GeneratedRegex("^\"[0-9]+\"$")]
    private static partial Regex Amount();

    [GeneratedRegex("^\"[a-z_, =0-9A-Z]+\"$")]
    private static partial Regex Worded();

    private string Any() =>
        chance.Next(3) switch
        {
            0 => Numbers[chance.Next(Numbers.Length)],
            1 => Others[chance.Next(Others.Length)],
            _ => Word(),
        };

    private string Word() => chance.Next(3) > 0 ? Quote(words[chance.Next(words.Count)]) : Texts[chance.Next(Texts.Length)];

    private string Long() => Quote(new string("aA0=\n"[chance.Next(5)], chance.Next(3) == 0 ? 200_000 : chance.Next(2_000)));

    private static string Quote(string text) => JsonValue.Create(text).ToJsonString();

    private static bool IsNumber(JsonNode? value) => value is JsonValue leaf && leaf.GetValueKind() == JsonValueKind.Number;

    private static void Collect(JsonNode parent, List<Place> places)
    {
        if (parent is JsonObject members)
        {
            foreach (var (key, value) in members)
            {
                Add(new Place(parent, key, 0, value), places);
            }
        }
        else if (parent is JsonArray items)
        {
            for (var index = 0; index < items.Count; index++)
            {
                Add(new Place(parent, null, index, items[index]), places);
            }
        }
    }

    private static void Add(Place place, List<Place> places)
    {
        places.Add(place);
        if (place.Value is JsonObject or JsonArray)
        {
            Collect(place.Value, places);
        }
    }

    private static string Write(JsonNode? node, Place changed, string text)
    {
        if (node is JsonObject members)
        {
            var parts = members.Select(member =>
                changed.Is(node, member.Key, 0) ? text : $"{Quote(member.Key)}:{Write(member.Value, changed, text)}"
            );
            return $"{{{string.Join(',', parts.Where(part => part.Length > 0))}}}";
        }
        if (node is JsonArray items)
        {
            var parts = items.Select((item, index) => changed.Is(node, null, index) ? text : Write(item, changed, text));
            return $"[{string.Join(',', parts.Where(part => part.Length > 0))}]";
        }
        return node?.ToJsonString() ?? "null";
    }

    private sealed record Place(JsonNode Parent, string? Key, int Index, JsonNode? Value)
    {
        public string Name => Key ?? $"[{Index}]";

        public bool Is(JsonNode parent, string? key, int index) => ReferenceEquals(parent, Parent) && key == Key && index == Index;
    }
}
