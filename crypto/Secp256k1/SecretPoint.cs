using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Marketplace.Crypto;

/// <summary>
/// A point of y² = x³ + 7 in homogeneous coordinates, x = X/Z and y = Y/Z, for secret multiples of the generator. The one addition is
/// complete: it is right for equal points and for infinity, (0 : 1 : 0), so nothing is asked about the points
/// (<see href="https://eprint.iacr.org/2015/1060">Renes, Costello, Batina: algorithm 7</see>).
/// </summary>
internal struct SecretPoint
{
    private const int DigitBits = 4;
    private const int Digits = 1 << DigitBits;
    private const int Rows = 256 / DigitBits;
    private const int WordCount = 12;

    public static readonly SecretResidues Field = new(CurvePoint.Field.Prime);

    private static readonly Number256 ThreeB = Field.ToForm(new Number256(21, 0, 0, 0));

    /// <summary>Row i holds 0 to 15 times 16^i G, 96 KiB; computed at the first key in less than two milliseconds.</summary>
    private static readonly SecretPoint[] Multiples = BuildMultiples();

    private Number256 _x,
        _y,
        _z;

    private static SecretPoint Infinity => new() { _y = Field.One };

    /// <summary>The affine coordinates, as plain numbers, of <paramref name="scalar"/> (from 1 to n - 1) times G. Constant time.</summary>
    public static (Number256 X, Number256 Y) MultiplyGenerator(in Number256 scalar)
    {
        var sum = Infinity;
        for (var row = 0; row < Rows; row++)
        {
            var bit = row * DigitBits;
            var word =
                bit < 128
                    ? bit < 64
                        ? scalar.A
                        : scalar.B
                    : bit < 192
                        ? scalar.C
                        : scalar.D;
            Select(row, (word >> (bit & 63)) & (Digits - 1), out var multiple);
            sum = sum.Add(in multiple);
        }
        var inverse = Field.Invert(in sum._z);
        var x = Field.FromForm(Field.Multiply(in sum._x, in inverse));
        var y = Field.FromForm(Field.Multiply(in sum._y, in inverse));
        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(new Span<SecretPoint>(ref sum)));
        return (x, y);
    }

    /// <summary>Reads the whole row and keeps one entry by masks.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Select(int row, ulong digit, out SecretPoint point)
    {
        point = default;
        ref var to = ref Unsafe.As<SecretPoint, ulong>(ref point);
        ref var from = ref Unsafe.As<SecretPoint, ulong>(ref Multiples[row * Digits]);
        for (nuint i = 0; i < Digits; i++)
        {
            // All ones where the digit is i: only then is the difference 0, and 0 - 1 negative.
            var mask = (ulong)((long)((digit ^ i) - 1) >> 63);
            for (nuint word = 0; word < WordCount; word++)
            {
                Unsafe.Add(ref to, word) |= mask & Unsafe.Add(ref from, (i * WordCount) + word);
            }
        }
    }

    private readonly SecretPoint Add(in SecretPoint other)
    {
        var t0 = Field.Multiply(in _x, in other._x);
        var t1 = Field.Multiply(in _y, in other._y);
        var t2 = Field.Multiply(in _z, in other._z);
        var xy = Cross(in _x, in _y, in other._x, in other._y, in t0, in t1);
        var yz = Cross(in _y, in _z, in other._y, in other._z, in t1, in t2);
        var xz = Field.Multiply(ThreeB, Cross(in _x, in _z, in other._x, in other._z, in t0, in t2));
        var threeXx = Field.Add(Field.Add(in t0, in t0), in t0);
        var zz = Field.Multiply(in ThreeB, in t2);
        var sum = Field.Add(in t1, in zz);
        var difference = Field.Subtract(in t1, in zz);
        return new SecretPoint
        {
            _x = Field.Subtract(Field.Multiply(in xy, in difference), Field.Multiply(in yz, in xz)),
            _y = Field.Add(Field.Multiply(in difference, in sum), Field.Multiply(in xz, in threeXx)),
            _z = Field.Add(Field.Multiply(in sum, in yz), Field.Multiply(in threeXx, in xy)),
        };
    }

    /// <summary>a * d + b * c, from the products a * c and b * d.</summary>
    private static Number256 Cross(in Number256 a, in Number256 b, in Number256 c, in Number256 d, in Number256 ac, in Number256 bd) =>
        Field.Subtract(Field.Multiply(Field.Add(in a, in b), Field.Add(in c, in d)), Field.Add(in ac, in bd));

    private static SecretPoint[] BuildMultiples()
    {
        var multiples = new SecretPoint[Rows * Digits];
        var one = new SecretPoint
        {
            _x = Field.ToForm(CurvePoint.Generator.X),
            _y = Field.ToForm(CurvePoint.Generator.Y),
            _z = Field.One,
        };
        for (var row = 0; row < Rows; row++)
        {
            var sum = Infinity;
            for (var digit = 0; digit < Digits; digit++)
            {
                multiples[(row * Digits) + digit] = sum;
                sum = sum.Add(in one);
            }
            one = sum;
        }
        return multiples;
    }
}
