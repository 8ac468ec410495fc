using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Marketplace.Receipts;

/// <summary>
/// What is wrong with a file's JSON, for the person who has it: the reader's own texts name .NET types and settings, which say nothing to
/// him.
/// </summary>
internal static partial class FileFault
{
    /// <param name="fault">Of reading a file, by the reader or by one of our types, whose texts pass as they are.</param>
    public static string Describe(Exception fault) =>
        fault is JsonException json ? ReceiptCheck.Cut(Reason(json)) + Position(json) : ReceiptCheck.Cut(fault.Message);

    private static string Reason(JsonException fault)
    {
        if (fault.InnerException is InvalidOperationException { InnerException: DecoderFallbackException })
        {
            return "a text has bytes that are not UTF-8.";
        }
        var text = Tail().Replace(fault.Message, "");
        if (text.Contains("does not contain any JSON", StringComparison.Ordinal))
        {
            return "there is nothing in it.";
        }
        if (UnknownMember().Match(text) is { Success: true } unknown)
        {
            return $"it has the member '{unknown.Groups[1].Value}', which there is not.";
        }
        if (MissingMembers().Match(text) is { Success: true } missing)
        {
            return $"these members are missing: {missing.Groups[1].Value}.";
        }
        return
            text.Contains("System.", StringComparison.Ordinal)
            || text.Contains("Marketplace.", StringComparison.Ordinal)
            || text.Contains(".NET", StringComparison.Ordinal)
            ? "a value is not of the kind that is expected there."
            : text;
    }

    private static string Position(JsonException fault) =>
        fault.LineNumber is { } line
            ? string.Create(CultureInfo.InvariantCulture, $" (line {line + 1}, byte {fault.BytePositionInLine.GetValueOrDefault() + 1})")
            : "";

    [GeneratedRegex(" (Path|LineNumber): .*$", RegexOptions.Singleline)]
    private static partial Regex Tail();

    [GeneratedRegex("^The JSON property '(.*)' could not be mapped", RegexOptions.Singleline)]
    private static partial Regex UnknownMember();

    [GeneratedRegex("missing required properties including: (.*?)\\.?$", RegexOptions.Singleline)]
    private static partial Regex MissingMembers();
}
