using Marketplace.Engine.Decode;

namespace Marketplace.Reference.Numerics;

/// <summary>What each numeric instruction does with the bits of its operands, zero-extended, lowest operand first.</summary>
internal sealed partial class NumericTable
{
    private readonly Table<Func<UInt128, UInt128>> _unary = new();
    private readonly Table<Func<UInt128, UInt128, UInt128>> _binary = new();

    private NumericTable()
    {
        DefineIntegers(32, Opcode.I32Eqz, Opcode.I32Clz);
        DefineIntegers(64, Opcode.I64Eqz, Opcode.I64Clz);
        DefineFloats32();
        DefineFloats64();
        DefineFloatsToIntegers();
        DefineOtherConversions();
        DefineVectors();
    }

    public static NumericTable Default { get; } = new();

    /// <summary>As the specification has it but for one instruction, to prove that a comparison notices.</summary>
    public static NumericTable With(Opcode wrong, Func<UInt128, UInt128, UInt128> operation)
    {
        var table = new NumericTable();
        table._binary[wrong] = operation;
        return table;
    }

    /// <returns>Null where the instruction is none of one operand and one result.</returns>
    public Func<UInt128, UInt128>? Unary(Opcode opcode) => _unary[opcode];

    /// <returns>Null where the instruction is none of two operands and one result.</returns>
    public Func<UInt128, UInt128, UInt128>? Binary(Opcode opcode) => _binary[opcode];

    private static UInt128 Truth(bool value) => value ? UInt128.One : UInt128.Zero;

    private void DefineIntegers(int n, Opcode eqz, Opcode clz)
    {
        _unary[eqz] = a => Truth(a == 0);
        Compare(eqz + 1, (a, b) => a == b);
        Compare(eqz + 2, (a, b) => a != b);
        Compare(eqz + 3, (a, b) => Integers.LtS(n, a, b));
        Compare(eqz + 4, (a, b) => a < b);
        Compare(eqz + 5, (a, b) => Integers.GtS(n, a, b));
        Compare(eqz + 6, (a, b) => a > b);
        Compare(eqz + 7, (a, b) => Integers.LeS(n, a, b));
        Compare(eqz + 8, (a, b) => a <= b);
        Compare(eqz + 9, (a, b) => Integers.GeS(n, a, b));
        Compare(eqz + 10, (a, b) => a >= b);
        _unary[clz] = a => Integers.Clz(n, (ulong)a);
        _unary[clz + 1] = a => Integers.Ctz(n, (ulong)a);
        _unary[clz + 2] = a => Integers.Popcnt(n, (ulong)a);
        Func<int, ulong, ulong, ulong>[] operations =
        [
            Integers.Add,
            Integers.Sub,
            Integers.Mul,
            Integers.DivS,
            Integers.DivU,
            Integers.RemS,
            Integers.RemU,
            Integers.And,
            Integers.Or,
            Integers.Xor,
            Integers.Shl,
            Integers.ShrS,
            Integers.ShrU,
            Integers.Rotl,
            Integers.Rotr,
        ];
        for (var i = 0; i < operations.Length; i++)
        {
            var operation = operations[i];
            _binary[(Opcode)((int)clz + 3 + i)] = (a, b) => operation(n, (ulong)a, (ulong)b);
        }

        void Compare(Opcode opcode, Func<ulong, ulong, bool> relation) => _binary[opcode] = (a, b) => Truth(relation((ulong)a, (ulong)b));
    }

    private void DefineFloats32()
    {
        Compare(Opcode.F32Eq, (a, b) => a == b);
        Compare(Opcode.F32Ne, (a, b) => a != b);
        Compare(Opcode.F32Lt, (a, b) => a < b);
        Compare(Opcode.F32Gt, (a, b) => a > b);
        Compare(Opcode.F32Le, (a, b) => a <= b);
        Compare(Opcode.F32Ge, (a, b) => a >= b);
        const uint Sign = 0x8000_0000;
        _unary[Opcode.F32Abs] = a => a & ~(UInt128)Sign;
        _unary[Opcode.F32Neg] = a => a ^ Sign;
        _binary[Opcode.F32Copysign] = (a, b) => (a & ~(UInt128)Sign) | (b & Sign);
        Round(Opcode.F32Ceil, Floats.Ceil);
        Round(Opcode.F32Floor, Floats.Floor);
        Round(Opcode.F32Trunc, Floats.Trunc);
        Round(Opcode.F32Nearest, Floats.Nearest);
        _unary[Opcode.F32Sqrt] = a => Floats.OfF32(MathF.Sqrt(Floats.ToF32(a)));
        Operation(Opcode.F32Add, (a, b) => a + b);
        Operation(Opcode.F32Sub, (a, b) => a - b);
        Operation(Opcode.F32Mul, (a, b) => a * b);
        Operation(Opcode.F32Div, (a, b) => a / b);
        Operation(Opcode.F32Min, Floats.Min);
        Operation(Opcode.F32Max, Floats.Max);

        void Compare(Opcode opcode, Func<float, float, bool> relation) =>
            _binary[opcode] = (a, b) => Truth(relation(Floats.ToF32(a), Floats.ToF32(b)));

        void Operation(Opcode opcode, Func<float, float, float> operation) =>
            _binary[opcode] = (a, b) => Floats.OfF32(operation(Floats.ToF32(a), Floats.ToF32(b)));

        void Round(Opcode opcode, Func<double, double> rounding) => _unary[opcode] = a => Floats.OfF32((float)rounding(Floats.ToF32(a)));
    }

    private void DefineFloats64()
    {
        Compare(Opcode.F64Eq, (a, b) => a == b);
        Compare(Opcode.F64Ne, (a, b) => a != b);
        Compare(Opcode.F64Lt, (a, b) => a < b);
        Compare(Opcode.F64Gt, (a, b) => a > b);
        Compare(Opcode.F64Le, (a, b) => a <= b);
        Compare(Opcode.F64Ge, (a, b) => a >= b);
        const ulong Sign = 0x8000_0000_0000_0000;
        _unary[Opcode.F64Abs] = a => a & ~(UInt128)Sign;
        _unary[Opcode.F64Neg] = a => a ^ Sign;
        _binary[Opcode.F64Copysign] = (a, b) => (a & ~(UInt128)Sign) | (b & Sign);
        Round(Opcode.F64Ceil, Floats.Ceil);
        Round(Opcode.F64Floor, Floats.Floor);
        Round(Opcode.F64Trunc, Floats.Trunc);
        Round(Opcode.F64Nearest, Floats.Nearest);
        Round(Opcode.F64Sqrt, Math.Sqrt);
        Operation(Opcode.F64Add, (a, b) => a + b);
        Operation(Opcode.F64Sub, (a, b) => a - b);
        Operation(Opcode.F64Mul, (a, b) => a * b);
        Operation(Opcode.F64Div, (a, b) => a / b);
        Operation(Opcode.F64Min, Floats.Min);
        Operation(Opcode.F64Max, Floats.Max);

        void Compare(Opcode opcode, Func<double, double, bool> relation) =>
            _binary[opcode] = (a, b) => Truth(relation(Floats.ToF64(a), Floats.ToF64(b)));

        void Operation(Opcode opcode, Func<double, double, double> operation) =>
            _binary[opcode] = (a, b) => Floats.OfF64(operation(Floats.ToF64(a), Floats.ToF64(b)));

        void Round(Opcode opcode, Func<double, double> rounding) => _unary[opcode] = a => Floats.OfF64(rounding(Floats.ToF64(a)));
    }

    private sealed class Table<T>
        where T : class
    {
        private readonly T?[] _entries = new T?[ushort.MaxValue + 1];

        public T? this[Opcode opcode]
        {
            get => _entries[(int)opcode];
            set => _entries[(int)opcode] = value;
        }
    }
}
