using System.Buffers.Binary;
using System.Numerics;

namespace Marketplace.Crypto;

/// <summary>A number below 2^256 in four words, the lowest first.</summary>
internal readonly record struct Number256(ulong A, ulong B, ulong C, ulong D)
{
    public const int Size = 32;

    public static readonly Number256 One = new(1, 0, 0, 0);

    public bool IsZero => (A | B | C | D) == 0;

    public bool IsOdd => (A & 1) != 0;

    public int BitLength =>
        D != 0 ? 256 - BitOperations.LeadingZeroCount(D)
        : C != 0 ? 192 - BitOperations.LeadingZeroCount(C)
        : B != 0 ? 128 - BitOperations.LeadingZeroCount(B)
        : 64 - BitOperations.LeadingZeroCount(A);

    public static Number256 FromBigEndian(ReadOnlySpan<byte> bytes) =>
        new(
            BinaryPrimitives.ReadUInt64BigEndian(bytes[24..]),
            BinaryPrimitives.ReadUInt64BigEndian(bytes[16..]),
            BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]),
            BinaryPrimitives.ReadUInt64BigEndian(bytes)
        );

    public void WriteBigEndian(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt64BigEndian(bytes, D);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], C);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[16..], B);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[24..], A);
    }

    public bool Bit(int index) =>
        (
            (
                index < 128
                    ? index < 64
                        ? A
                        : B
                    : index < 192
                        ? C
                        : D
            ) >> (index & 63)
            & 1
        ) != 0;

    public bool IsBelow(Number256 other) =>
        D != other.D ? D < other.D
        : C != other.C ? C < other.C
        : B != other.B ? B < other.B
        : A < other.A;

    /// <returns>The sum's lower 256 bits; <paramref name="carry"/> is the rest.</returns>
    public static Number256 Add(Number256 left, Number256 right, out ulong carry)
    {
        var a = (UInt128)left.A + right.A;
        var b = (UInt128)left.B + right.B + (a >> 64);
        var c = (UInt128)left.C + right.C + (b >> 64);
        var d = (UInt128)left.D + right.D + (c >> 64);
        carry = (ulong)(d >> 64);
        return new Number256((ulong)a, (ulong)b, (ulong)c, (ulong)d);
    }

    /// <returns>The difference modulo 2^256; <paramref name="borrow"/> is 1 where it was below zero.</returns>
    public static Number256 Subtract(Number256 left, Number256 right, out ulong borrow)
    {
        var a = (UInt128)left.A - right.A;
        var b = (UInt128)left.B - right.B - ((a >> 64) & 1);
        var c = (UInt128)left.C - right.C - ((b >> 64) & 1);
        var d = (UInt128)left.D - right.D - ((c >> 64) & 1);
        borrow = (ulong)(d >> 64) & 1;
        return new Number256((ulong)a, (ulong)b, (ulong)c, (ulong)d);
    }
}
