using Marketplace.Engine;

namespace Marketplace.Reference.Generation;

/// <summary>Numbers at which operations change what they do, and arbitrary ones.</summary>
internal static class Constants
{
    private static readonly double[] Floats =
    [
        0.0,
        -0.0,
        1.0,
        -1.0,
        0.5,
        -0.5,
        1.5,
        2.5,
        -2.5,
        0.99999999999999989,
        double.Epsilon,
        -double.Epsilon,
        float.Epsilon,
        double.MaxValue,
        double.MinValue,
        float.MaxValue,
        double.PositiveInfinity,
        double.NegativeInfinity,
        2147483647.0,
        2147483648.0,
        -2147483648.0,
        -2147483649.0,
        4294967295.0,
        4294967296.0,
        9223372036854775807.0,
        -9223372036854775808.0,
        18446744073709551615.0,
        16777217.0,
        9007199254740993.0,
        3.14159265358979,
        1e-320,
        1e30,
    ];

    private static readonly ulong[] NaNs64 =
    [
        0x7FF8_0000_0000_0000,
        0xFFF8_0000_0000_0000,
        0x7FF0_0000_0000_0001,
        0xFFF4_0000_0000_1234,
        0x7FFF_FFFF_FFFF_FFFF,
    ];

    private static readonly uint[] NaNs32 = [0x7FC0_0000, 0xFFC0_0000, 0x7F80_0001, 0xFFA0_1234, 0x7FFF_FFFF];

    /// <summary>Bits of a number of the type, zero-extended.</summary>
    public static UInt128 Of(WasmType type, Dice dice, bool anyNaN) =>
        type switch
        {
            WasmType.I32 => (uint)Integer(dice, 32),
            WasmType.I64 => Integer(dice, 64),
            WasmType.F32 => Float32(dice, anyNaN),
            WasmType.F64 => Float64(dice, anyNaN),
            WasmType.V128 => Vector(dice),
            _ => 0,
        };

    /// <summary>Lanes of one kind. Their NaNs never leave the guest as such.</summary>
    private static UInt128 Vector(Dice dice)
    {
        Func<ulong> half = dice.Next(4) switch
        {
            0 => () => Float64(dice, anyNaN: true),
            1 => () => ((ulong)Float32(dice, anyNaN: true) << 32) | Float32(dice, anyNaN: true),
            2 => () => (Integer(dice, 32) << 32) | (uint)Integer(dice, 32),
            _ => () => Integer(dice, 64),
        };
        return new UInt128(half(), half());
    }

    private static ulong Integer(Dice dice, int bits) =>
        dice.Next(8) switch
        {
            0 => 0,
            1 => 1,
            2 => ulong.MaxValue,
            3 => 1UL << (bits - 1),
            4 => (1UL << (bits - 1)) - 1,
            5 => (1UL << dice.Next(bits)) + (ulong)dice.Between(-1, 1),
            6 => (ulong)(long)dice.Between(-100, 100),
            _ => dice.Next(),
        };

    private static uint Float32(Dice dice, bool anyNaN) =>
        dice.Next(8) switch
        {
            0 or 1 or 2 or 3 => BitConverter.SingleToUInt32Bits((float)dice.Pick(Floats)),
            4 => anyNaN ? dice.Pick(NaNs32) : NaNs32[0],
            5 => BitConverter.SingleToUInt32Bits(dice.Between(-1000, 1000) / 8f),
            _ => (uint)dice.Next() is var bits && !anyNaN && float.IsNaN(BitConverter.UInt32BitsToSingle(bits)) ? 0 : bits,
        };

    private static ulong Float64(Dice dice, bool anyNaN) =>
        dice.Next(8) switch
        {
            0 or 1 or 2 or 3 => BitConverter.DoubleToUInt64Bits(dice.Pick(Floats)),
            4 => anyNaN ? dice.Pick(NaNs64) : NaNs64[0],
            5 => BitConverter.DoubleToUInt64Bits(dice.Between(-1000, 1000) / 8.0),
            _ => dice.Next() is var bits && !anyNaN && double.IsNaN(BitConverter.UInt64BitsToDouble(bits)) ? 0 : bits,
        };
}
