using Marketplace.Engine.Decode;

namespace Marketplace.Reference.Numerics;

/// <summary>
/// Vector instructions without immediates, lane by lane (core specification, 4.3.5): those on floats by the instructions on single
/// floats, those on integers by the operations of their width.
/// </summary>
internal sealed partial class NumericTable
{
    private void DefineVectors()
    {
        _unary[Opcode.V128Not] = a => ~a;
        _binary[Opcode.V128And] = (a, b) => a & b;
        _binary[Opcode.V128Andnot] = (a, b) => a & ~b;
        _binary[Opcode.V128Or] = (a, b) => a | b;
        _binary[Opcode.V128Xor] = (a, b) => a ^ b;
        _unary[Opcode.V128AnyTrue] = a => Truth(a != 0);
        _binary[Opcode.I8x16Swizzle] = (a, b) => Lanes.Map(8, b, i => i < 16 ? Lanes.Get(a, 8, (int)i) : 0);
        foreach (
            var (splat, n) in new[]
            {
                (Opcode.I8x16Splat, 8),
                (Opcode.I16x8Splat, 16),
                (Opcode.I32x4Splat, 32),
                (Opcode.I64x2Splat, 64),
                (Opcode.F32x4Splat, 32),
                (Opcode.F64x2Splat, 64),
            }
        )
        {
            _unary[splat] = a => Lanes.Splat(n, (ulong)a);
        }

        DefineLaneComparisons();
        DefineLaneIntegers();
        DefineNarrowIntegers();
        DefineWidening();
        DefineLaneFloats();
        DefineLaneConversions();
    }

    private void DefineLaneComparisons()
    {
        Opcode[] signless = [Opcode.I32Eq, Opcode.I32Ne];
        Opcode[] order =
        [
            Opcode.I32LtS,
            Opcode.I32LtU,
            Opcode.I32GtS,
            Opcode.I32GtU,
            Opcode.I32LeS,
            Opcode.I32LeU,
            Opcode.I32GeS,
            Opcode.I32GeU,
        ];
        foreach (var (first, n) in new[] { (Opcode.I8x16Eq, 8), (Opcode.I16x8Eq, 16), (Opcode.I32x4Eq, 32) })
        {
            Compare(first, n, [.. signless, .. order]);
        }

        Compare(Opcode.I64x2Eq, 64, [.. signless, Opcode.I32LtS, Opcode.I32GtS, Opcode.I32LeS, Opcode.I32GeS]);

        void Compare(Opcode first, int n, Opcode[] relations)
        {
            for (var i = 0; i < relations.Length; i++)
            {
                var relation = Relation(n, relations[i]);
                _binary[(Opcode)((int)first + i)] = (a, b) => Lanes.Zip(n, a, b, (x, y) => relation(x, y) ? ulong.MaxValue : 0);
            }
        }
    }

    /// <summary>The relation that an instruction on i32 names, for numbers of n bits.</summary>
    private static Func<ulong, ulong, bool> Relation(int n, Opcode named) =>
        named switch
        {
            Opcode.I32Eq => (a, b) => a == b,
            Opcode.I32Ne => (a, b) => a != b,
            Opcode.I32LtS => (a, b) => Integers.LtS(n, a, b),
            Opcode.I32LtU => (a, b) => a < b,
            Opcode.I32GtS => (a, b) => Integers.GtS(n, a, b),
            Opcode.I32GtU => (a, b) => a > b,
            Opcode.I32LeS => (a, b) => Integers.LeS(n, a, b),
            Opcode.I32LeU => (a, b) => a <= b,
            Opcode.I32GeS => (a, b) => Integers.GeS(n, a, b),
            _ => (a, b) => a >= b,
        };

    /// <summary>What all four widths have.</summary>
    private void DefineLaneIntegers()
    {
        foreach (
            var (n, abs, allTrue, shl, add, sub) in new[]
            {
                (8, Opcode.I8x16Abs, Opcode.I8x16AllTrue, Opcode.I8x16Shl, Opcode.I8x16Add, Opcode.I8x16Sub),
                (16, Opcode.I16x8Abs, Opcode.I16x8AllTrue, Opcode.I16x8Shl, Opcode.I16x8Add, Opcode.I16x8Sub),
                (32, Opcode.I32x4Abs, Opcode.I32x4AllTrue, Opcode.I32x4Shl, Opcode.I32x4Add, Opcode.I32x4Sub),
                (64, Opcode.I64x2Abs, Opcode.I64x2AllTrue, Opcode.I64x2Shl, Opcode.I64x2Add, Opcode.I64x2Sub),
            }
        )
        {
            _unary[abs] = a => Lanes.Map(n, a, x => Integers.Abs(n, x));
            _unary[abs + 1] = a => Lanes.Map(n, a, x => Integers.Sub(n, 0, x));
            _unary[allTrue] = a => Truth(Enumerable.Range(0, Lanes.Count(n)).All(i => Lanes.Get(a, n, i) != 0));
            _unary[allTrue + 1] = a => (UInt128)Enumerable.Range(0, Lanes.Count(n)).Sum(i => (int)(Lanes.Get(a, n, i) >> (n - 1)) << i);
            Shift(shl, n, Integers.Shl);
            Shift(shl + 1, n, Integers.ShrS);
            Shift(shl + 2, n, Integers.ShrU);
            Zip(add, n, Integers.Add);
            Zip(sub, n, Integers.Sub);
        }

        Zip(Opcode.I16x8Mul, 16, Integers.Mul);
        Zip(Opcode.I32x4Mul, 32, Integers.Mul);
        Zip(Opcode.I64x2Mul, 64, Integers.Mul);

        void Shift(Opcode opcode, int n, Func<int, ulong, ulong, ulong> shift) =>
            _binary[opcode] = (a, count) => Lanes.Map(n, a, x => shift(n, x, (uint)count));
    }

    /// <summary>What only some widths have.</summary>
    private void DefineNarrowIntegers()
    {
        _unary[Opcode.I8x16Popcnt] = a => Lanes.Map(8, a, x => Integers.Popcnt(8, x));
        Zip(Opcode.I16x8Q15mulrSatS, 16, Integers.Q15MulrSatS);
        foreach (
            var (n, add, sub, average) in new[]
            {
                (8, Opcode.I8x16AddSatS, Opcode.I8x16SubSatS, Opcode.I8x16AvgrU),
                (16, Opcode.I16x8AddSatS, Opcode.I16x8SubSatS, Opcode.I16x8AvgrU),
            }
        )
        {
            Zip(add, n, Integers.AddSatS);
            Zip(add + 1, n, Integers.AddSatU);
            Zip(sub, n, Integers.SubSatS);
            Zip(sub + 1, n, Integers.SubSatU);
            Zip(average, n, Integers.AvgrU);
        }

        foreach (var (n, min) in new[] { (8, Opcode.I8x16MinS), (16, Opcode.I16x8MinS), (32, Opcode.I32x4MinS) })
        {
            Zip(min, n, Integers.MinS);
            Zip(min + 1, n, Integers.MinU);
            Zip(min + 2, n, Integers.MaxS);
            Zip(min + 3, n, Integers.MaxU);
        }

        foreach (var (n, narrow) in new[] { (8, Opcode.I8x16NarrowI16x8S), (16, Opcode.I16x8NarrowI32x4S) })
        {
            _binary[narrow] = (a, b) => Lanes.Make(n, i => Integers.SaturateS(n, Wide(n, a, b, i)));
            _binary[narrow + 1] = (a, b) => Lanes.Make(n, i => Integers.SaturateU(n, Wide(n, a, b, i)));
        }

        // Lane i of two vectors, one behind the other, of twice the width; signed for both kinds of narrowing.
        static Int128 Wide(int n, UInt128 a, UInt128 b, int i) =>
            Integers.Signed(2 * n, i < Lanes.Count(2 * n) ? Lanes.Get(a, 2 * n, i) : Lanes.Get(b, 2 * n, i - Lanes.Count(2 * n)));
    }

    /// <summary>Results of twice the operands' width, which is n.</summary>
    private void DefineWidening()
    {
        foreach (
            var (n, extend, multiply) in new[]
            {
                (8, Opcode.I16x8ExtendLowI8x16S, Opcode.I16x8ExtmulLowI8x16S),
                (16, Opcode.I32x4ExtendLowI16x8S, Opcode.I32x4ExtmulLowI16x8S),
                (32, Opcode.I64x2ExtendLowI32x4S, Opcode.I64x2ExtmulLowI32x4S),
            }
        )
        {
            var high = Lanes.Count(2 * n);
            for (var form = 0; form < 4; form++)
            {
                // Low signed, high signed, low unsigned, high unsigned.
                var from = form % 2 == 0 ? 0 : high;
                var signed = form < 2;
                _unary[(Opcode)((int)extend + form)] = a => Lanes.Make(2 * n, i => Widen(a, from + i));
                _binary[(Opcode)((int)multiply + form)] = (a, b) =>
                    Lanes.Make(2 * n, i => Integers.Mul(2 * n, Widen(a, from + i), Widen(b, from + i)));

                ulong Widen(UInt128 a, int lane) => signed ? Integers.Extend(2 * n, n, Lanes.Get(a, n, lane)) : Lanes.Get(a, n, lane);
            }
        }

        foreach (var (n, pairwise) in new[] { (8, Opcode.I16x8ExtaddPairwiseI8x16S), (16, Opcode.I32x4ExtaddPairwiseI16x8S) })
        {
            _unary[pairwise] = a =>
                Lanes.Make(
                    2 * n,
                    i =>
                        Integers.Add(
                            2 * n,
                            Integers.Extend(2 * n, n, Lanes.Get(a, n, 2 * i)),
                            Integers.Extend(2 * n, n, Lanes.Get(a, n, (2 * i) + 1))
                        )
                );
            _unary[pairwise + 1] = a => Lanes.Make(2 * n, i => Lanes.Get(a, n, 2 * i) + Lanes.Get(a, n, (2 * i) + 1));
        }

        _binary[Opcode.I32x4DotI16x8S] = (a, b) => Lanes.Make(32, i => Integers.Add(32, Product(a, b, 2 * i), Product(a, b, (2 * i) + 1)));

        static ulong Product(UInt128 a, UInt128 b, int lane) =>
            Integers.Mul(32, Integers.Extend(32, 16, Lanes.Get(a, 16, lane)), Integers.Extend(32, 16, Lanes.Get(b, 16, lane)));
    }

    private void Zip(Opcode opcode, int n, Func<int, ulong, ulong, ulong> operation) =>
        _binary[opcode] = (a, b) => Lanes.Zip(n, a, b, (x, y) => operation(n, x, y));
}
