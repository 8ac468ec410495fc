using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.RegularExpressions;

namespace Marketplace.Verify.Receipts;

/// <summary>Changes of a receipt's text, each of one kind. A change that the receipt has no place for gives null.</summary>
internal static partial class TextMutants
{
    private static readonly string[] Spaces = [" ", "\t", "\n", "\r", "\r\n    "];
    private static readonly string[] OtherValues = ["{}", "[]", "true", "1", "\"\"", "[[[[]]]]"];

    /// <summary>White space beside JSON's own: none of it is free.</summary>
    private static readonly string[] OtherSpaces = ["\f", "\v", "\u00a0", "\u2028", "\ufeff", "\0", "/**/"];

    public static readonly (string Kind, Func<Random, byte[], byte[]?> Make)[] All =
    [
        ("bit_flip", FlipBit),
        ("swapped_members", SwapMembers),
        ("doubled_member", DoubleMember),
        ("missing_member", RemoveMember),
        ("further_member", AddMember),
        ("changed_number", ChangeNumber),
        ("other_form_of_a_number", RewriteNumber),
        ("upper_case_digit", RaiseDigit),
        ("changed_digit", ChangeDigit),
        ("needless_escape", Escape),
        ("null", (random, json) => Replace(random, json, "null")),
        ("other_value", (random, json) => Replace(random, json, Pick(random, OtherValues))),
        ("other_space", (random, json) => Insert(random, json, Pick(random, OtherSpaces))),
        ("more_or_less_text", Cut),
    ];

    /// <summary>The one change that leaves a receipt good.</summary>
    public static byte[] AddSpace(Random random, byte[] json)
    {
        var gaps = new JsonParts(json).Gaps.Distinct().OrderDescending();
        var text = Encoding.Latin1.GetString(json);
        foreach (var gap in gaps.Where(_ => random.Next(4) == 0).DefaultIfEmpty(0))
        {
            text = text.Insert(gap, Pick(random, Spaces));
        }
        return Encoding.Latin1.GetBytes(text);
    }

    public static T Pick<T>(Random random, IReadOnlyList<T> items) => items[random.Next(items.Count)];

    private static byte[] FlipBit(Random random, byte[] json)
    {
        var changed = (byte[])json.Clone();
        changed[random.Next(json.Length)] ^= (byte)(1 << random.Next(8));
        return changed;
    }

    private static byte[] SwapMembers(Random random, byte[] json)
    {
        var members = Pick(random, [.. new JsonParts(json).Objects.Where(members => members.Count > 1)]);
        var index = random.Next(members.Count - 1);
        var (first, second) = (members[index].Whole, members[index + 1].Whole);
        return [.. json[..first.Start], .. Of(json, second), .. json[first.End..second.Start], .. Of(json, first), .. json[second.End..]];
    }

    private static byte[] DoubleMember(Random random, byte[] json)
    {
        var member = Pick(random, [.. new JsonParts(json).Members]).Whole;
        return [.. json[..member.End], .. ","u8, .. Of(json, member), .. json[member.End..]];
    }

    private static byte[] RemoveMember(Random random, byte[] json)
    {
        var members = Pick(random, [.. new JsonParts(json).Objects.Where(members => members.Count > 0)]);
        var index = random.Next(members.Count);
        var (start, end) = (members[index].Whole.Start, members[index].Whole.End);
        return index + 1 < members.Count ? [.. json[..start], .. json[members[index + 1].Whole.Start..]]
            : index > 0 ? [.. json[..members[index - 1].Whole.End], .. json[end..]]
            : [.. json[..start], .. json[end..]];
    }

    private static byte[] AddMember(Random random, byte[] json)
    {
        var member = Pick(random, [.. new JsonParts(json).Members]).Whole;
        var name = Pick(random, ["more", "", "__proto__", "constructor", "toString", "length"]);
        return [.. json[..member.Start], .. Encoding.UTF8.GetBytes($"\"{name}\":\"1\","), .. json[member.Start..]];
    }

    private static byte[] ChangeNumber(Random random, byte[] json) =>
        Change(
            json,
            Number(random, json),
            text =>
            {
                var number = BigInteger.Parse(text, CultureInfo.InvariantCulture);
                return (number + (number.IsZero || random.Next(2) == 0 ? 1 : -1)).ToString(CultureInfo.InvariantCulture);
            }
        );

    private static byte[] RewriteNumber(Random random, byte[] json)
    {
        var part = Number(random, json);
        return random.Next(5) == 0
            ? [.. json[..part.Start], .. json[(part.Start + 1)..(part.End - 1)], .. json[part.End..]]
            : Change(json, part, text => Pick(random, ["0" + text, "+" + text, text + ".0", " " + text, "-" + text, text + "e0", ""]));
    }

    private static Part Number(Random random, byte[] json) =>
        Pick(random, [.. new JsonParts(json).Texts.Where(part => Decimals().IsMatch(Text(json, part)))]);

    private static byte[] RaiseDigit(Random random, byte[] json) =>
        Change(
            json,
            Pick(random, [.. Ids(json).Where(part => Text(json, part)[Letters..].AsSpan().ContainsAnyInRange('a', 'f'))]),
            text =>
            {
                var places = Enumerable.Range(Letters, text.Length - Letters).Where(place => text[place] is >= 'a' and <= 'f').ToArray();
                var place = Pick(random, places);
                return text[..place] + char.ToUpperInvariant(text[place]) + text[(place + 1)..];
            }
        );

    private static byte[] ChangeDigit(Random random, byte[] json) =>
        Change(
            json,
            Pick(random, [.. Ids(json)]),
            text =>
            {
                var place = random.Next(Letters, text.Length);
                return text[..place] + (text[place] == '7' ? '8' : '7') + text[(place + 1)..];
            }
        );

    /// <summary>The first four characters of an id may be letters: behind them are digits.</summary>
    private const int Letters = 4;

    private static IEnumerable<Part> Ids(byte[] json) => new JsonParts(json).Texts.Where(part => Digits().IsMatch(Text(json, part)));

    private static byte[]? Escape(Random random, byte[] json)
    {
        var parts = new JsonParts(json);
        Part[] places = [.. parts.Texts, .. parts.Members.Select(member => new Part(member.Whole.Start, member.Value.Start - 1))];
        var part = Pick(random, places);
        var text = Text(json, part);
        if (text.Length == 0 || text.Contains('\\', StringComparison.Ordinal) || !Ascii.IsValid(text))
        {
            return null;
        }
        var place = random.Next(text.Length);
        return Change(json, part, text => $"{text[..place]}\\u{(int)text[place]:x4}{text[(place + 1)..]}");
    }

    private static byte[] Replace(Random random, byte[] json, string other)
    {
        var parts = new JsonParts(json);
        var part = Pick(random, [.. parts.Members.Select(member => member.Value), .. parts.Items]);
        return [.. json[..part.Start], .. Encoding.UTF8.GetBytes(other), .. json[part.End..]];
    }

    private static byte[] Insert(Random random, byte[] json, string other)
    {
        var gap = Pick(random, new JsonParts(json).Gaps);
        return [.. json[..gap], .. Encoding.UTF8.GetBytes(other), .. json[gap..]];
    }

    private static byte[] Cut(Random random, byte[] json) =>
        random.Next(7) switch
        {
            0 => json[..random.Next(json.Length)],
            1 => [.. json, .. "{}"u8],
            2 => [.. json, .. ","u8],
            3 => [.. json, 0xff],
            4 => [.. "\ufeff"u8, .. json],
            5 => [.. "["u8, .. json, .. "]"u8],
            _ => Encoding.Unicode.GetBytes(Encoding.UTF8.GetString(json)),
        };

    /// <summary>A text without its quotation marks, as it stands in the file.</summary>
    private static string Text(byte[] json, Part part) => Encoding.UTF8.GetString(json[(part.Start + 1)..(part.End - 1)]);

    private static byte[] Change(byte[] json, Part part, Func<string, string> change) =>
        [.. json[..(part.Start + 1)], .. Encoding.UTF8.GetBytes(change(Text(json, part))), .. json[(part.End - 1)..]];

    private static byte[] Of(byte[] json, Part part) => json[part.Start..part.End];

    [GeneratedRegex("^-?[0-9]{1,39}$")]
    private static partial Regex Decimals();

    [GeneratedRegex("^([a-z]{4})?[0-9a-f]{64,128}$")]
    private static partial Regex Digits();
}
