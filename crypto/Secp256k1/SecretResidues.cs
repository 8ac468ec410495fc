using System.Runtime.CompilerServices;

namespace Marketplace.Crypto;

/// <summary>
/// Arithmetic modulo an odd prime of 256 bits for secret values: no branch and no address depends on an argument. Values are in
/// Montgomery's form, v * 2^256 modulo the prime, and below the prime
/// (<see href="https://cetinkayakoc.net/docs/j37.pdf">Koç, Acar, Kaliski: CIOS</see>).
/// </summary>
internal sealed class SecretResidues
{
    private const int Bits = 256;

    private readonly Number256 _prime;
    private readonly Number256 _inverseExponent;
    private readonly Number256 _square;
    private readonly ulong _factor;

    public SecretResidues(Number256 prime)
    {
        _prime = prime;
        _inverseExponent = Number256.Subtract(prime, new Number256(2, 0, 0, 0), out _);
        // Newton's step doubles the correct bits of 1/prime modulo 2^64: an odd number is its own inverse in three bits.
        var inverse = prime.A;
        for (var bits = 3; bits < 64; bits *= 2)
        {
            inverse *= 2 - (prime.A * inverse);
        }
        _factor = 0 - inverse;
        var power = Number256.One;
        for (var i = 0; i < 2 * Bits; i++)
        {
            One = i == Bits ? power : One;
            power = Add(power, power);
        }
        _square = power;
    }

    /// <summary>1 in Montgomery's form.</summary>
    public Number256 One { get; }

    public Number256 ToForm(in Number256 value) => Multiply(in value, in _square);

    public Number256 FromForm(in Number256 value) => Multiply(in value, Number256.One);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public Number256 Add(in Number256 left, in Number256 right)
    {
        var a = AddWord(left.A, right.A, 0, out var carry);
        var b = AddWord(left.B, right.B, carry, out carry);
        var c = AddWord(left.C, right.C, carry, out carry);
        var d = AddWord(left.D, right.D, carry, out carry);
        return BelowPrime(a, b, c, d, carry);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public Number256 Subtract(in Number256 left, in Number256 right)
    {
        var a = SubtractWord(left.A, right.A, 0, out var borrow);
        var b = SubtractWord(left.B, right.B, borrow, out borrow);
        var c = SubtractWord(left.C, right.C, borrow, out borrow);
        var d = SubtractWord(left.D, right.D, borrow, out borrow);
        var mask = 0 - borrow;
        a = AddWord(a, mask & _prime.A, 0, out var carry);
        b = AddWord(b, mask & _prime.B, carry, out carry);
        c = AddWord(c, mask & _prime.C, carry, out carry);
        d = AddWord(d, mask & _prime.D, carry, out _);
        return new Number256(a, b, c, d);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public Number256 Multiply(in Number256 left, in Number256 right)
    {
        ulong t0 = 0,
            t1 = 0,
            t2 = 0,
            t3 = 0,
            t4 = 0;
        Step(in left, right.A, ref t0, ref t1, ref t2, ref t3, ref t4);
        Step(in left, right.B, ref t0, ref t1, ref t2, ref t3, ref t4);
        Step(in left, right.C, ref t0, ref t1, ref t2, ref t3, ref t4);
        Step(in left, right.D, ref t0, ref t1, ref t2, ref t3, ref t4);
        return BelowPrime(t0, t1, t2, t3, t4);
    }

    /// <summary>By Fermat's little theorem; the exponent's bits, which are branched on, are public. Zero gives zero.</summary>
    public Number256 Invert(in Number256 value)
    {
        var power = One;
        for (var i = _inverseExponent.BitLength - 1; i >= 0; i--)
        {
            power = Multiply(in power, in power);
            if (_inverseExponent.Bit(i))
            {
                power = Multiply(in power, in value);
            }
        }
        return power;
    }

    /// <summary>Brings any number below 2^256 below the prime; for plain numbers too.</summary>
    /// <param name="wasAbove">1 where the prime was subtracted, else 0.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public Number256 Reduce(in Number256 value, out ulong wasAbove)
    {
        wasAbove = IsBelow(in value, in _prime) ^ 1;
        return BelowPrime(value.A, value.B, value.C, value.D, 0);
    }

    /// <returns>1 or 0; for plain numbers too.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static ulong IsBelow(in Number256 left, in Number256 right)
    {
        _ = SubtractWord(left.A, right.A, 0, out var borrow);
        _ = SubtractWord(left.B, right.B, borrow, out borrow);
        _ = SubtractWord(left.C, right.C, borrow, out borrow);
        _ = SubtractWord(left.D, right.D, borrow, out borrow);
        return borrow;
    }

    /// <summary><paramref name="other"/> where <paramref name="mask"/> is all ones, <paramref name="value"/> where it is zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static Number256 Choose(ulong mask, in Number256 value, in Number256 other) =>
        new(
            value.A ^ (mask & (value.A ^ other.A)),
            value.B ^ (mask & (value.B ^ other.B)),
            value.C ^ (mask & (value.C ^ other.C)),
            value.D ^ (mask & (value.D ^ other.D))
        );

    /// <summary>t = (t + left * word) / 2^64, made exact by adding the multiple of the prime that clears the lowest word.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Step(in Number256 left, ulong word, ref ulong t0, ref ulong t1, ref ulong t2, ref ulong t3, ref ulong t4)
    {
        t0 = Residues.Cell(left.A, word, t0, 0, out var carry);
        t1 = Residues.Cell(left.B, word, t1, carry, out carry);
        t2 = Residues.Cell(left.C, word, t2, carry, out carry);
        t3 = Residues.Cell(left.D, word, t3, carry, out carry);
        t4 = AddWord(t4, carry, 0, out var top);
        var multiple = t0 * _factor;
        _ = Residues.Cell(_prime.A, multiple, t0, 0, out carry);
        t0 = Residues.Cell(_prime.B, multiple, t1, carry, out carry);
        t1 = Residues.Cell(_prime.C, multiple, t2, carry, out carry);
        t2 = Residues.Cell(_prime.D, multiple, t3, carry, out carry);
        t3 = AddWord(t4, carry, 0, out carry);
        t4 = top + carry;
    }

    /// <summary>Subtracts the prime where the number, whose fifth word is <paramref name="carry"/>, is not below it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Number256 BelowPrime(ulong a, ulong b, ulong c, ulong d, ulong carry)
    {
        var a1 = SubtractWord(a, _prime.A, 0, out var borrow);
        var b1 = SubtractWord(b, _prime.B, borrow, out borrow);
        var c1 = SubtractWord(c, _prime.C, borrow, out borrow);
        var d1 = SubtractWord(d, _prime.D, borrow, out borrow);
        SubtractWord(carry, 0, borrow, out borrow);
        var keep = 0 - borrow;
        return new Number256(a1 ^ (keep & (a1 ^ a)), b1 ^ (keep & (b1 ^ b)), c1 ^ (keep & (c1 ^ c)), d1 ^ (keep & (d1 ^ d)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong AddWord(ulong left, ulong right, ulong carryIn, out ulong carry)
    {
        var sum = left + right;
        carry = sum < left ? 1UL : 0;
        sum += carryIn;
        carry += sum < carryIn ? 1UL : 0;
        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong SubtractWord(ulong left, ulong right, ulong borrowIn, out ulong borrow)
    {
        var difference = left - right;
        borrow = left < right ? 1UL : 0;
        borrow += difference < borrowIn ? 1UL : 0;
        return difference - borrowIn;
    }
}
