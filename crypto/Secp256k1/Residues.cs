using System.Runtime.CompilerServices;

namespace Marketplace.Crypto;

/// <summary>
/// Arithmetic modulo a prime that lies just below 2^256: what is over 2^256 comes back multiplied by the small complement. Arguments and
/// results are below the prime. Time depends on the values: for public ones only.
/// </summary>
internal sealed class Residues
{
    private readonly Number256 _prime;
    private readonly Number256 _complement;
    private readonly Number256 _inverseExponent;
    private readonly bool _complementIsWord;

    public Residues(Number256 prime)
    {
        _prime = prime;
        _complement = Number256.Subtract(default, prime, out _);
        _complementIsWord = (_complement.B | _complement.C | _complement.D) == 0;
        _inverseExponent = Number256.Subtract(prime, new Number256(2, 0, 0, 0), out _);
    }

    public Number256 Prime => _prime;

    public bool Contains(Number256 value) => value.IsBelow(_prime);

    public Number256 Reduce(Number256 value) => Contains(value) ? value : Number256.Subtract(value, _prime, out _);

    public Number256 Add(Number256 left, Number256 right)
    {
        var sum = Number256.Add(left, right, out var carry);
        return carry != 0 || !Contains(sum) ? Number256.Subtract(sum, _prime, out _) : sum;
    }

    public Number256 Subtract(Number256 left, Number256 right)
    {
        var difference = Number256.Subtract(left, right, out var borrow);
        return borrow != 0 ? Number256.Add(difference, _prime, out _) : difference;
    }

    public Number256 Negate(Number256 value) => value.IsZero ? value : Number256.Subtract(_prime, value, out _);

    public Number256 Double(Number256 value) => Add(value, value);

    public Number256 Square(Number256 value) => Multiply(value, value);

    public Number256 Multiply(Number256 left, Number256 right)
    {
        Product(left, right, out var low, out var high);
        while (!high.IsZero)
        {
            if (_complementIsWord)
            {
                Row(high, _complement.A, low, out var a, out var rest);
                low = new Number256(a, rest.A, rest.B, rest.C);
                high = new Number256(rest.D, 0, 0, 0);
                continue;
            }

            Product(high, _complement, out var folded, out high);
            low = Number256.Add(low, folded, out var carry);
            high = Number256.Add(high, new Number256(carry, 0, 0, 0), out _);
        }

        return Reduce(low);
    }

    public Number256 Power(Number256 value, Number256 exponent)
    {
        var power = Number256.One;
        for (var i = exponent.BitLength - 1; i >= 0; i--)
        {
            power = Square(power);
            if (exponent.Bit(i))
            {
                power = Multiply(power, value);
            }
        }

        return power;
    }

    /// <summary>By Fermat's little theorem; zero has none and gives zero.</summary>
    public Number256 Invert(Number256 value) => Power(value, _inverseExponent);

    private static void Product(Number256 left, Number256 right, out Number256 low, out Number256 high)
    {
        Row(left, right.A, default, out var a, out var rest);
        Row(left, right.B, rest, out var b, out rest);
        Row(left, right.C, rest, out var c, out rest);
        Row(left, right.D, rest, out var d, out high);
        low = new Number256(a, b, c, d);
    }

    /// <summary>left * factor + addend, whose lowest word is finished.</summary>
    private static void Row(Number256 left, ulong factor, Number256 addend, out ulong lowest, out Number256 rest)
    {
        lowest = Cell(left.A, factor, addend.A, 0, out var carry);
        var b = Cell(left.B, factor, addend.B, carry, out carry);
        var c = Cell(left.C, factor, addend.C, carry, out carry);
        var d = Cell(left.D, factor, addend.D, carry, out carry);
        rest = new Number256(b, c, d, carry);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong Cell(ulong left, ulong right, ulong first, ulong second, out ulong carry)
    {
        carry = Math.BigMul(left, right, out var low);
        low += first;
        carry += low < first ? 1UL : 0;
        low += second;
        carry += low < second ? 1UL : 0;
        return low;
    }
}
