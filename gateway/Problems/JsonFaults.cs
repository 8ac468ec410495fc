using System.Globalization;
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
        return GatewayMessages.BadJson(Cut(path) + position, Cut(Reason(fault.Message)));
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
            text = text[..tail];
        if (text.Contains("could not be converted to", StringComparison.Ordinal))
            return "the value does not have the expected type.";
        if (UnknownMember().Match(text) is { Success: true } unknown)
            return $"there is no member '{unknown.Groups[1].Value}'; names are in camelCase and spelled exactly.";
        if (MissingMembers().Match(text) is { Success: true } missing)
            return $"these members are missing: {missing.Groups[1].Value}.";
        if (text.Contains("doesn't allow null values", StringComparison.Ordinal))
            return "null is not allowed here; leave the member out or give a value.";
        return text.Contains("System.", StringComparison.Ordinal) || text.Contains("Marketplace.", StringComparison.Ordinal)
            ? "the value is not what is expected here."
            : text;
    }

    /// <summary>Names that the client chose stand in both texts.</summary>
    private static string Cut(string text) => text.Length > CharactersMax ? string.Concat(text.AsSpan(0, CharactersMax), "…") : text;

    [GeneratedRegex("^The JSON property '(.*)' could not be mapped", RegexOptions.Singleline)]
    private static partial Regex UnknownMember();

    [GeneratedRegex("missing required properties including: (.*?)\\.?$", RegexOptions.Singleline)]
    private static partial Regex MissingMembers();
}
