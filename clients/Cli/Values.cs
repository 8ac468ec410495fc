using System.CommandLine;
using System.CommandLine.Parsing;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Marketplace.Cli;

/// <summary>Arguments and options whose words have a form, with one way to say what was expected.</summary>
internal static class Values
{
    public delegate bool TryParse<T>(string text, [MaybeNullWhen(false)] out T value);

    public static Argument<T> Argument<T>(string name, string description, string expected, TryParse<T> parse) =>
        new(name)
        {
            Description = description,
            // A value that is an array is one value all the same.
            Arity = ArgumentArity.ExactlyOne,
            CustomParser = result => Read(result, name, expected, parse),
        };

    public static Option<T?> Option<T>(string name, string helpName, string description, string expected, TryParse<T> parse)
        where T : struct =>
        new(name)
        {
            Description = description,
            HelpName = helpName,
            CustomParser = result => Read(result, name, expected, parse),
        };

    /// <summary>The same for a value that is a class.</summary>
    public static Option<T?> OptionOf<T>(string name, string helpName, string description, string expected, TryParse<T> parse)
        where T : class =>
        new(name)
        {
            Description = description,
            HelpName = helpName,
            CustomParser = result => Read(result, name, expected, parse),
        };

    public static Option<string?> Text(string name, string helpName, string description) =>
        new(name) { Description = description, HelpName = helpName };

    public static Option<bool> Switch(string name, string description) => new(name) { Description = description };

    public static Option<int?> Limit() =>
        Option<int>("--limit", "N", "Items to show, 1 to 1000 [50]", "a whole number from 1 to 1000", TryLimit);

    public static Option<string?> Cursor() => Text("--cursor", "CURSOR", "Continue where an earlier list ended");

    /// <summary>A time: a number and a unit.</summary>
    public static bool TryDuration(string text, out TimeSpan value)
    {
        value = default;
        var digits = text.AsSpan().IndexOfAnyExcept("0123456789.");
        if (
            digits <= 0
            || !decimal.TryParse(text.AsSpan(0, digits), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
        )
        {
            return false;
        }
        var milliseconds = text[digits..] switch
        {
            "ms" => 1m,
            "s" => 1000m,
            "m" => 60_000m,
            "h" => 3_600_000m,
            _ => 0m,
        };
        // A year: everything that the service allows lies far below, and nothing here overflows.
        if (milliseconds == 0 || number > 365m * 24 * 3_600_000m / milliseconds)
        {
            return false;
        }
        value = TimeSpan.FromMilliseconds((long)(number * milliseconds));
        return value > TimeSpan.Zero;
    }

    /// <summary>A count: digits, which may be grouped by underscores, and k, M or G for thousands, millions and billions.</summary>
    public static bool TryCount(string text, out long value)
    {
        var factor =
            text.Length == 0
                ? 1
                : text[^1] switch
                {
                    'k' => 1_000L,
                    'M' => 1_000_000L,
                    'G' => 1_000_000_000L,
                    _ => 1L,
                };
        var digits = (factor == 1 ? text : text[..^1]).Replace("_", "", StringComparison.Ordinal);
        if (!long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out value) || value > long.MaxValue / factor)
        {
            return false;
        }
        value *= factor;
        return value > 0;
    }

    /// <summary>An amount: digits, which may be grouped by commas, as amounts are printed, or by underscores.</summary>
    public static bool TryAmount(string text, out TokenAmount value)
    {
        value = default;
        return text.Length > 0
            && char.IsAsciiDigit(text[0])
            && TokenAmount.TryParse(text.Replace(",", "", StringComparison.Ordinal).Replace("_", "", StringComparison.Ordinal), out value);
    }

    private static bool TryLimit(string text, out int value) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value is >= 1 and <= 1000;

    private static T Read<T>(ArgumentResult result, string name, string expected, TryParse<T> parse)
    {
        var text = result.Tokens.Count > 0 ? result.Tokens[0].Value : "";
        if (parse(text, out var value))
        {
            return value;
        }
        result.AddError($"'{(text.Length > 80 ? text[..80] + "…" : text)}' is not a value for {name}: expected {expected}.");
        return default!;
    }
}
