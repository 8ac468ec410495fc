using System.Numerics;
using Marketplace.Engine;
using Marketplace.Engine.Decode;

namespace Marketplace.Reference.Numerics;

/// <summary>Conversions (core specification, 4.3.4).</summary>
internal sealed partial class NumericTable
{
    /// <summary>The truncated integer, which must fit.</summary>
    public static ulong Truncate(double value, int n, bool signed)
    {
        if (double.IsNaN(value))
        {
            throw new TrapException(TrapKind.InvalidConversionToInteger);
        }

        var (least, greatest) = Range(n, signed);
        if (double.IsInfinity(value) || new BigInteger(Floats.Trunc(value)) is var integer && (integer < least || integer > greatest))
        {
            throw new TrapException(TrapKind.IntegerOverflow);
        }

        return Bits(n, integer);
    }

    /// <summary>The truncated integer, or the nearest that fits; 0 for a NaN.</summary>
    public static ulong TruncateSaturating(double value, int n, bool signed)
    {
        if (double.IsNaN(value))
        {
            return 0;
        }

        var (least, greatest) = Range(n, signed);
        var integer = double.IsInfinity(value) ? (value > 0 ? greatest : least) : new BigInteger(Floats.Trunc(value));
        return Bits(n, BigInteger.Clamp(integer, least, greatest));
    }

    private static (BigInteger Least, BigInteger Greatest) Range(int n, bool signed) =>
        signed ? (-BigInteger.Pow(2, n - 1), BigInteger.Pow(2, n - 1) - 1) : (BigInteger.Zero, BigInteger.Pow(2, n) - 1);

    private static ulong Bits(int n, BigInteger integer) => (ulong)(integer < 0 ? integer + BigInteger.Pow(2, n) : integer);

    private void DefineFloatsToIntegers()
    {
        foreach (var (first, n) in new[] { (Opcode.I32TruncF32S, 32), (Opcode.I64TruncF32S, 64) })
        {
            _unary[first] = a => Truncate(Floats.ToF32(a), n, signed: true);
            _unary[first + 1] = a => Truncate(Floats.ToF32(a), n, signed: false);
            _unary[first + 2] = a => Truncate(Floats.ToF64(a), n, signed: true);
            _unary[first + 3] = a => Truncate(Floats.ToF64(a), n, signed: false);
        }

        foreach (var (first, n) in new[] { (Opcode.I32TruncSatF32S, 32), (Opcode.I64TruncSatF32S, 64) })
        {
            _unary[first] = a => TruncateSaturating(Floats.ToF32(a), n, signed: true);
            _unary[first + 1] = a => TruncateSaturating(Floats.ToF32(a), n, signed: false);
            _unary[first + 2] = a => TruncateSaturating(Floats.ToF64(a), n, signed: true);
            _unary[first + 3] = a => TruncateSaturating(Floats.ToF64(a), n, signed: false);
        }
    }

    private void DefineOtherConversions()
    {
        Convert(Opcode.F32ConvertI32S, a => Floats.OfF32((float)Floats.OfInteger((int)(uint)a, 24)));
        Convert(Opcode.F32ConvertI32U, a => Floats.OfF32((float)Floats.OfInteger((uint)a, 24)));
        Convert(Opcode.F32ConvertI64S, a => Floats.OfF32((float)Floats.OfInteger((long)(ulong)a, 24)));
        Convert(Opcode.F32ConvertI64U, a => Floats.OfF32((float)Floats.OfInteger((ulong)a, 24)));
        Convert(Opcode.F32DemoteF64, a => Floats.OfF32((float)Floats.ToF64(a)));
        Convert(Opcode.F64ConvertI32S, a => Floats.OfF64(Floats.OfInteger((int)(uint)a, 53)));
        Convert(Opcode.F64ConvertI32U, a => Floats.OfF64(Floats.OfInteger((uint)a, 53)));
        Convert(Opcode.F64ConvertI64S, a => Floats.OfF64(Floats.OfInteger((long)(ulong)a, 53)));
        Convert(Opcode.F64ConvertI64U, a => Floats.OfF64(Floats.OfInteger((ulong)a, 53)));
        Convert(Opcode.F64PromoteF32, a => Floats.OfF64(Floats.ToF32(a)));
        Convert(Opcode.I32WrapI64, a => (uint)a);
        Convert(Opcode.I64ExtendI32S, a => Integers.Extend(64, 32, (ulong)a));
        Convert(Opcode.I64ExtendI32U, a => a);
        Convert(Opcode.I32Extend8S, a => Integers.Extend(32, 8, (ulong)a));
        Convert(Opcode.I32Extend16S, a => Integers.Extend(32, 16, (ulong)a));
        Convert(Opcode.I64Extend8S, a => Integers.Extend(64, 8, (ulong)a));
        Convert(Opcode.I64Extend16S, a => Integers.Extend(64, 16, (ulong)a));
        Convert(Opcode.I64Extend32S, a => Integers.Extend(64, 32, (ulong)a));
        foreach (
            var reinterpret in (Opcode[])
                [Opcode.I32ReinterpretF32, Opcode.I64ReinterpretF64, Opcode.F32ReinterpretI32, Opcode.F64ReinterpretI64]
        )
        {
            Convert(reinterpret, a => a);
        }

        void Convert(Opcode opcode, Func<UInt128, UInt128> conversion) => _unary[opcode] = conversion;
    }
}
