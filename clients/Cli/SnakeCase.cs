using System.Text.Json;

namespace Marketplace.Cli;

/// <summary>The names that enums have on the wire, which are also those of the command line.</summary>
internal static class SnakeCase
{
    public static string Of<TEnum>(TEnum value)
        where TEnum : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());

    public static bool TryParse<TEnum>(string text, out TEnum value)
        where TEnum : struct, Enum
    {
        foreach (var candidate in Enum.GetValues<TEnum>())
        {
            if (Of(candidate) != text)
            {
                continue;
            }
            value = candidate;
            return true;
        }
        value = default;
        return false;
    }

    public static string AllOf<TEnum>()
        where TEnum : struct, Enum => string.Join(", ", Enum.GetValues<TEnum>().Select(value => Of(value)));
}
