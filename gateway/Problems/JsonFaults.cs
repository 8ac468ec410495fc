using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Marketplace.Gateway;

/// <summary>Tells a client where its JSON is wrong and why, without the names of our types that the reader's own texts hold.</summary>
internal static partial class JsonFaults
{
    private const int CharactersMax = 300;

    public static string Describe(JsonException fault)
    {
        var position = fault.LineNumber is { } line
            ? string.Create(CultureInfo.InvariantCulture, $" (line {line + 1}, byte {fault.BytePositionInLine.GetValueOrDefault() + 1})")
            : "";
        var path = string.IsNullOrEmpty(fault.Path) ? "$" : fault.Path;
        var reason = fault switch
        {
            NumberOutsideException outside => Bounds(outside, path),
            { InnerException: InvalidOperationException { InnerException: DecoderFallbackException } } => GatewayMessages.NotUtf8,
            _ => Reason(fault.Message),
        };
        return GatewayMessages.BadJson(Cut(path) + position, Cut(reason));
    }

    /// <summary>The bounds of the member, which are those that the market checks; of its type where the market has none.</summary>
    private static string Bounds(NumberOutsideException outside, string path)
    {
        var (min, max) = NumberBounds.Of(path[(path.LastIndexOf('.') + 1)..]) ?? (outside.Min, outside.Max);
        return GatewayMessages.NumberOutside(outside.Seen, min, max);
    }

    /// <summary>
    /// Our converters write whole sentences about the value, which pass as they are. The reader's own texts end with path and position,
    /// which stand elsewhere already, and name .NET types, which say nothing to a client. Tests pin the outcome for each kind of fault.
    /// </summary>
    private static string Reason(string message)
    {
        var tail = message.IndexOf(" Path: ", StringComparison.Ordinal);
        var text = tail >= 0 ? message[..tail] : message;
        tail = text.IndexOf(" LineNumber: ", StringComparison.Ordinal);
        if (tail >= 0)
        {
            text = text[..tail];
        }
        if (WrongType().Match(text) is { Success: true } type)
        {
            return GatewayMessages.WrongType(Expected(type.Groups[1].Value), "another value");
        }
        if (Duplicate().Match(text) is { Success: true } duplicate)
        {
            return GatewayMessages.DuplicateMember($"the member '{duplicate.Groups[1].Value}'");
        }
        // Of an object of names the reader does not say which.
        if (text.StartsWith("Duplicate properties", StringComparison.Ordinal))
        {
            return GatewayMessages.DuplicateMember("one of its members");
        }
        if (text.StartsWith("The maximum configured depth", StringComparison.Ordinal))
        {
            return GatewayMessages.TooDeep(GatewayPolicy.JsonDepthMax);
        }
        if (UnknownMember().Match(text) is { Success: true } unknown)
        {
            return $"there is no member '{unknown.Groups[1].Value}'; names are in camelCase and spelled exactly.";
        }
        if (MissingMembers().Match(text) is { Success: true } missing)
        {
            return $"these members are missing: {missing.Groups[1].Value}.";
        }
        if (text.Contains("doesn't allow null values", StringComparison.Ordinal))
        {
            return "null is not allowed here; leave the member out or give a value.";
        }
        return text.Contains("System.", StringComparison.Ordinal) || text.Contains("Marketplace.", StringComparison.Ordinal)
            ? "the value is not what is expected here."
            : text;
    }

    /// <summary>What no converter of ours reads: records, lists and objects of names.</summary>
    private static string Expected(string type) =>
        type.Contains("Dictionary", StringComparison.Ordinal) ? "an object with one member for each name"
        : type.Contains("Collections", StringComparison.Ordinal) ? "a list"
        : type.EndsWith(nameof(Scope), StringComparison.Ordinal) ? "one of read, submit, deploy, admin"
        : "an object";

    /// <summary>Names that the client chose stand in both texts.</summary>
    private static string Cut(string text) => text.Length > CharactersMax ? string.Concat(text.AsSpan(0, CharactersMax), "…") : text;

    [GeneratedRegex("^The JSON property '(.*)' could not be mapped", RegexOptions.Singleline)]
    private static partial Regex UnknownMember();

    [GeneratedRegex("could not be converted to (.+?)\\.?$", RegexOptions.Singleline)]
    private static partial Regex WrongType();

    [GeneratedRegex("^Duplicate property '(.*)' encountered", RegexOptions.Singleline)]
    private static partial Regex Duplicate();

    [GeneratedRegex("missing required properties including: (.*?)\\.?$", RegexOptions.Singleline)]
    private static partial Regex MissingMembers();
}
