using Marketplace.Engine.Decode;

namespace Marketplace.Reference.Numerics;

/// <summary>Vector instructions on floats.</summary>
internal sealed partial class NumericTable
{
    private void DefineLaneFloats()
    {
        Each(32, Opcode.F32x4Ceil, Opcode.F32Ceil, Opcode.F32Floor, Opcode.F32Trunc, Opcode.F32Nearest);
        Each(32, Opcode.F32x4Abs, Opcode.F32Abs, Opcode.F32Neg);
        Each(32, Opcode.F32x4Sqrt, Opcode.F32Sqrt);
        Both(32, Opcode.F32x4Add, Opcode.F32Add, Opcode.F32Sub, Opcode.F32Mul, Opcode.F32Div, Opcode.F32Min, Opcode.F32Max);
        Compare(32, Opcode.F32x4Eq, Opcode.F32Eq, Opcode.F32Ne, Opcode.F32Lt, Opcode.F32Gt, Opcode.F32Le, Opcode.F32Ge);
        Each(64, Opcode.F64x2Ceil, Opcode.F64Ceil, Opcode.F64Floor);
        Each(64, Opcode.F64x2Trunc, Opcode.F64Trunc);
        Each(64, Opcode.F64x2Nearest, Opcode.F64Nearest);
        Each(64, Opcode.F64x2Abs, Opcode.F64Abs, Opcode.F64Neg);
        Each(64, Opcode.F64x2Sqrt, Opcode.F64Sqrt);
        Both(64, Opcode.F64x2Add, Opcode.F64Add, Opcode.F64Sub, Opcode.F64Mul, Opcode.F64Div, Opcode.F64Min, Opcode.F64Max);
        Compare(64, Opcode.F64x2Eq, Opcode.F64Eq, Opcode.F64Ne, Opcode.F64Lt, Opcode.F64Gt, Opcode.F64Le, Opcode.F64Ge);

        // The second operand if it is the smaller, or the greater, and else the first: no new NaN, whatever is compared.
        Choose(32, Opcode.F32x4Pmin, (a, b) => Floats.ToF32(b) < Floats.ToF32(a));
        Choose(32, Opcode.F32x4Pmax, (a, b) => Floats.ToF32(a) < Floats.ToF32(b));
        Choose(64, Opcode.F64x2Pmin, (a, b) => Floats.ToF64(b) < Floats.ToF64(a));
        Choose(64, Opcode.F64x2Pmax, (a, b) => Floats.ToF64(a) < Floats.ToF64(b));
    }

    private void Each(int n, Opcode first, params Opcode[] scalars)
    {
        for (var i = 0; i < scalars.Length; i++)
        {
            var scalar = _unary[scalars[i]]!;
            _unary[(Opcode)((int)first + i)] = a => Lanes.Map(n, a, x => (ulong)scalar(x));
        }
    }

    private void Both(int n, Opcode first, params Opcode[] scalars)
    {
        for (var i = 0; i < scalars.Length; i++)
        {
            var scalar = _binary[scalars[i]]!;
            _binary[(Opcode)((int)first + i)] = (a, b) => Lanes.Zip(n, a, b, (x, y) => (ulong)scalar(x, y));
        }
    }

    private void Compare(int n, Opcode first, params Opcode[] scalars)
    {
        for (var i = 0; i < scalars.Length; i++)
        {
            var scalar = _binary[scalars[i]]!;
            _binary[(Opcode)((int)first + i)] = (a, b) => Lanes.Zip(n, a, b, (x, y) => scalar(x, y) == 1 ? ulong.MaxValue : 0);
        }
    }

    private void Choose(int n, Opcode opcode, Func<ulong, ulong, bool> second) =>
        _binary[opcode] = (a, b) => Lanes.Zip(n, a, b, (x, y) => second(x, y) ? y : x);

    private void DefineLaneConversions()
    {
        Each(32, Opcode.I32x4TruncSatF32x4S, Opcode.I32TruncSatF32S, Opcode.I32TruncSatF32U);
        Each(32, Opcode.F32x4ConvertI32x4S, Opcode.F32ConvertI32S, Opcode.F32ConvertI32U);
        Narrow(Opcode.I32x4TruncSatF64x2SZero, Opcode.I32TruncSatF64S);
        Narrow(Opcode.I32x4TruncSatF64x2UZero, Opcode.I32TruncSatF64U);
        Narrow(Opcode.F32x4DemoteF64x2Zero, Opcode.F32DemoteF64);
        Widen(Opcode.F64x2ConvertLowI32x4S, Opcode.F64ConvertI32S);
        Widen(Opcode.F64x2ConvertLowI32x4U, Opcode.F64ConvertI32U);
        Widen(Opcode.F64x2PromoteLowF32x4, Opcode.F64PromoteF32);

        // Two lanes of 64 bits become the low two of 32, above zeros.
        void Narrow(Opcode opcode, Opcode scalar)
        {
            var conversion = _unary[scalar]!;
            _unary[opcode] = a => Lanes.Make(32, i => i < 2 ? (ulong)conversion(Lanes.Get(a, 64, i)) : 0);
        }

        void Widen(Opcode opcode, Opcode scalar)
        {
            var conversion = _unary[scalar]!;
            _unary[opcode] = a => Lanes.Make(64, i => (ulong)conversion(Lanes.Get(a, 32, i)));
        }
    }
}
