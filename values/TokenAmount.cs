using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Marketplace;

/// <summary>
/// Money in base units: an integer of 128 bits, never negative. Arithmetic is checked: an overflow or a negative result throws
/// <see cref="OverflowException"/>. Every division names its rounding. Text and JSON form: decimal digits in a string, because
/// JSON numbers lose digits above 2^53.
/// </summary>
[JsonConverter(typeof(TokenAmountJsonConverter))]
public readonly record struct TokenAmount
    : IComparable<TokenAmount>,
        IAdditionOperators<TokenAmount, TokenAmount, TokenAmount>,
        ISubtractionOperators<TokenAmount, TokenAmount, TokenAmount>
{
    public static readonly TokenAmount Zero;

    /// <summary>Halves: what has a <see cref="UInt128"/> inside, and each method that has such a type, is not compiled ahead.</summary>
    private readonly ulong _upper;
    private readonly ulong _lower;

    public TokenAmount(UInt128 baseUnits) => (_upper, _lower) = ((ulong)(baseUnits >> 64), (ulong)baseUnits);

    public TokenAmount(ulong baseUnits)
        : this(0, baseUnits) { }

    private TokenAmount(ulong upper, ulong lower) => (_upper, _lower) = (upper, lower);

    public UInt128 BaseUnits => new(_upper, _lower);

    /// <summary>2^128 - 1 has 39 digits; longer texts cannot be an amount.</summary>
    public const int DigitsMax = 39;

    public bool IsZero => (_upper | _lower) == 0;

    public static TokenAmount operator +(TokenAmount left, TokenAmount right)
    {
        var lower = unchecked(left._lower + right._lower);
        return new(checked(left._upper + right._upper + (lower < left._lower ? 1ul : 0)), lower);
    }

    public static TokenAmount operator -(TokenAmount left, TokenAmount right) =>
        new(checked(left._upper - right._upper - (left._lower < right._lower ? 1ul : 0)), unchecked(left._lower - right._lower));

    public static TokenAmount operator *(TokenAmount amount, uint count) => new(checked(amount.BaseUnits * count));

    public static bool operator <(TokenAmount left, TokenAmount right) => left.CompareTo(right) < 0;

    public static bool operator >(TokenAmount left, TokenAmount right) => left.CompareTo(right) > 0;

    public static bool operator <=(TokenAmount left, TokenAmount right) => left.CompareTo(right) <= 0;

    public static bool operator >=(TokenAmount left, TokenAmount right) => left.CompareTo(right) >= 0;

    public static TokenAmount Min(TokenAmount left, TokenAmount right) => left < right ? left : right;

    /// <summary>amount × numerator ÷ denominator, rounded up: what a buyer is asked to cover.</summary>
    /// <exception cref="OverflowException">The result does not fit.</exception>
    public TokenAmount MultiplyDivideRoundingUp(UInt128 numerator, UInt128 denominator)
    {
        if (denominator == 0)
        {
            throw new ArgumentOutOfRangeException(nameof(denominator), "An amount cannot be divided by zero.");
        }
        // What nearly all amounts are fits; the rest needs more than 128 bits on the way.
        if (BaseUnits <= ulong.MaxValue && numerator <= ulong.MaxValue && denominator <= ulong.MaxValue)
        {
            var (quotient, rest) = UInt128.DivRem(BaseUnits * numerator, denominator);
            return new TokenAmount(rest == 0 ? quotient : quotient + 1);
        }
        var product = (BigInteger)BaseUnits * (BigInteger)numerator;
        return new TokenAmount(checked((UInt128)((product + (BigInteger)denominator - 1) / (BigInteger)denominator)));
    }

    /// <summary>amount × numerator ÷ denominator, rounded down: a share, of which all together are never more than the amount.</summary>
    /// <exception cref="OverflowException">The result does not fit.</exception>
    public TokenAmount MultiplyDivideRoundingDown(UInt128 numerator, UInt128 denominator)
    {
        if (denominator == 0)
        {
            throw new ArgumentOutOfRangeException(nameof(denominator), "An amount cannot be divided by zero.");
        }
        return new TokenAmount(checked((UInt128)((BigInteger)BaseUnits * (BigInteger)numerator / (BigInteger)denominator)));
    }

    public int CompareTo(TokenAmount other) => _upper == other._upper ? _lower.CompareTo(other._lower) : _upper.CompareTo(other._upper);

    public static TokenAmount Parse(string text) =>
        TryParse(text, out var amount)
            ? amount
            : throw new FormatException(
                $"'{(text.Length > 60 ? text[..60] + "…" : text)}' is not an amount: "
                    + $"expected 1 to {DigitsMax} decimal digits, at most 2^128 - 1."
            );

    public static bool TryParse([NotNullWhen(true)] string? text, out TokenAmount amount)
    {
        amount = Zero;
        if (text is null || text.Length > DigitsMax)
        {
            return false;
        }
        if (ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var units))
        {
            amount = new TokenAmount(units);
            return true;
        }
        return TryParseWide(text, out amount);
    }

    private static bool TryParseWide(string text, out TokenAmount amount)
    {
        var parsed = UInt128.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var units);
        amount = new TokenAmount(units);
        return parsed;
    }

    public override string ToString() => _upper == 0 ? _lower.ToString(CultureInfo.InvariantCulture) : ToWideString();

    private string ToWideString() => BaseUnits.ToString(CultureInfo.InvariantCulture);
}

public sealed class TokenAmountJsonConverter : JsonConverter<TokenAmount>
{
    public override TokenAmount Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.Number && reader.TryGetUInt64(out var number))
        {
            return new TokenAmount(number);
        }
        if (reader.TokenType == JsonTokenType.String && TokenAmount.TryParse(reader.GetString(), out var amount))
        {
            return amount;
        }
        throw new JsonException("Expected an amount: a whole number of base units, not negative, as a string of digits or a number.");
    }

    public override void Write(Utf8JsonWriter writer, TokenAmount value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());
}
