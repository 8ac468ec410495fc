using System.Numerics;
using System.Runtime.InteropServices;

namespace Marketplace.Crypto;

/// <summary>Inverse and square root.</summary>
internal partial struct Fp
{
    private const int WindowBits = 4;

    /// <summary>Zero gives zero.</summary>
    public static void Invert(in Fp value, out Fp inverse)
    {
        var plain = value.ToPlain();
        Span<ulong> limbs = MemoryMarshal.CreateSpan(ref plain._0, LimbCount);
        DivisionSteps.Invert(limbs, limbs);
        Multiply(in plain, in RadixSquare, out inverse);
    }

    /// <summary>
    /// value^((p - 3) / 4), t: where the value is a square, t * value is a root of it and t the inverse of that root; where it is none,
    /// t * value is a root of -value and -t the inverse of that.
    /// </summary>
    public static void InverseRoot(in Fp value, out Fp root) => Power(in value, RootWindows, out root);

    public static bool TryRoot(in Fp value, out Fp root)
    {
        InverseRoot(in value, out root);
        Multiply(in root, in value, out root);
        Square(in root, out var square);
        return AreEqual(in square, in value);
    }

    /// <summary>The exponent, digits of four bits with the highest first, is public; what is done does not depend on the value.</summary>
    private static void Power(in Fp value, ReadOnlySpan<byte> windows, out Fp power)
    {
        Span<Fp> powers = stackalloc Fp[1 << WindowBits];
        powers[0] = One;
        for (var i = 1; i < powers.Length; i++)
        {
            Multiply(in powers[i - 1], in value, out powers[i]);
        }
        power = powers[windows[0]];
        foreach (var digit in windows[1..])
        {
            for (var i = 0; i < WindowBits; i++)
            {
                Square(in power, out power);
            }
            if (digit != 0)
            {
                Multiply(in power, in powers[digit], out power);
            }
        }
    }

    private static byte[] Windows(BigInteger exponent)
    {
        var windows = new List<byte>();
        for (; !exponent.IsZero; exponent >>= WindowBits)
        {
            windows.Insert(0, (byte)(exponent & ((1 << WindowBits) - 1)));
        }
        return [.. windows];
    }
}
