using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Numerics;

namespace Marketplace.Cli;

/// <summary>An amount of a token, as people read it: whole tokens, and behind the point what is left.</summary>
/// <param name="Amount">In base units.</param>
/// <param name="Symbol">The token.</param>
/// <param name="Decimals">A token has 10 to this power base units.</param>
internal readonly record struct Money(TokenAmount Amount, string Symbol, int Decimals)
{
    public override string ToString()
    {
        var (whole, rest) = BigInteger.DivRem((BigInteger)Amount.BaseUnits, BigInteger.Pow(10, Decimals));
        var digits = rest.IsZero ? "" : $".{rest.ToString(CultureInfo.InvariantCulture).PadLeft(Decimals, '0').TrimEnd('0')}";
        return $"{whole.ToString("#,0", CultureInfo.InvariantCulture)}{digits} {Symbol}";
    }
}

/// <summary>
/// An amount as it was typed, before the market's token is known: base units, or tokens with the token's symbol behind them.
/// </summary>
/// <param name="Typed">The words.</param>
/// <param name="Digits">Without groups; a point is among them only where there is a symbol.</param>
/// <param name="Symbol">Null: base units.</param>
internal sealed record TypedMoney(string Typed, string Digits, string? Symbol)
{
    public const string Expected = "a whole number of base units, or tokens with their symbol, such as 1.5DEV";

    public static bool TryParse(string text, [MaybeNullWhen(false)] out TypedMoney money)
    {
        money = null;
        var end = text.AsSpan().IndexOfAnyExcept("0123456789.,_");
        var (number, symbol) = end < 0 ? (text, null) : (text[..end], text[end..].Trim());
        var digits = number.Replace(",", "", StringComparison.Ordinal).Replace("_", "", StringComparison.Ordinal);
        if (!IsNumber(number, digits) || symbol?.Length == 0 || (symbol is null && !TokenAmount.TryParse(digits, out _)))
        {
            return false;
        }
        money = new TypedMoney(text, digits, symbol);
        return true;
    }

    /// <summary>Commas part thousands, as amounts are printed: elsewhere one may be meant as the point of other languages.</summary>
    private static bool IsNumber(string number, string digits)
    {
        var groups = number.Split('.')[0].Split(',');
        return digits.Length > 0
            && char.IsAsciiDigit(number[0])
            && char.IsAsciiDigit(number[^1])
            && digits.Count('.') <= 1
            && number.LastIndexOf(',') < (number.IndexOf('.', StringComparison.Ordinal) is >= 0 and var point ? point : number.Length)
            && groups.Skip(1).All(group => group.Length == 3)
            && (groups.Length == 1 || groups[0].Length <= 3);
    }

    /// <exception cref="CommandException">It is not of this token, or has more decimals.</exception>
    public TokenAmount Of(string symbol, int decimals)
    {
        if (Symbol is null)
        {
            return TokenAmount.Parse(Digits);
        }
        if (!Symbol.Equals(symbol, StringComparison.OrdinalIgnoreCase))
        {
            throw CommandException.Usage($"'{Typed}' is in {Symbol}; the market pays in {symbol}.", $"Such as: 1.5{symbol}.");
        }
        var parts = Digits.Split('.');
        var rest = parts.Length > 1 ? parts[1].TrimEnd('0') : "";
        return
            rest.Length <= decimals
            && TokenAmount.TryParse((parts[0] + rest.PadRight(decimals, '0')).TrimStart('0').PadLeft(1, '0'), out var amount)
            ? amount
            : throw CommandException.Usage(
                $"'{Typed}' is no amount of {symbol}, which has {decimals} decimals and below 2^128 base units.",
                "Give fewer digits."
            );
    }
}
