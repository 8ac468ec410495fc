using System.Buffers;
using System.Globalization;

namespace Marketplace.Chain;

/// <summary>Names in descriptions. They become part of texts that are hashed, so they must not hold commas and brackets.</summary>
internal static class AbiNames
{
    private const string Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_$";

    private static readonly SearchValues<char> Characters = SearchValues.Create(Letters + "0123456789");

    /// <summary>A stranger's text, cut to fit into a message, without what moves a terminal's cursor or turns text around.</summary>
    public static string Shown(string text)
    {
        var cut = text.Length > AbiPolicy.ShownCharsMax ? text[..AbiPolicy.ShownCharsMax] + "…" : text;
        return string.Create(
            cut.Length,
            cut,
            static (shown, given) =>
            {
                for (var index = 0; index < given.Length; index++)
                {
                    shown[index] = char.GetUnicodeCategory(given[index])
                        is UnicodeCategory.Control
                            or UnicodeCategory.Format
                            or UnicodeCategory.Surrogate
                            or UnicodeCategory.LineSeparator
                            or UnicodeCategory.ParagraphSeparator
                        ? '\ufffd'
                        : given[index];
                }
            }
        );
    }

    /// <exception cref="AbiException">The name is no identifier of Solidity.</exception>
    public static string Require(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return
            name.Length is > 0 and <= AbiPolicy.NameCharsMax && !char.IsAsciiDigit(name[0]) && !name.AsSpan().ContainsAnyExcept(Characters)
            ? name
            : throw new AbiException(
                $"'{Shown(name)}' is no name: 1 to {AbiPolicy.NameCharsMax} letters of ASCII, digits, '_' and '$', and no digit first."
            );
    }
}
