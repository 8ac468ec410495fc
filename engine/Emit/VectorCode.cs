using System.Reflection;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Marketplace.Engine.Decode;
using Marketplace.Engine.Runtime;
using Api = System.Runtime.Intrinsics.Vector128;

namespace Marketplace.Engine.Emit;

/// <summary>
/// Vector instructions as calls: methods of <see cref="Vector128"/>, which the machine-code compiler knows itself, where they have
/// WebAssembly's semantics, else those of <see cref="Vectors"/>. SIMD.md is this table with its reasons.
/// </summary>
internal static class VectorCode
{
    // The operators themselves: the methods Add, Xor and so on only call them, and the machine-code compiler stops inlining methods
    // when a function has many values.
    private const string Addition = "op_Addition";
    private const string Subtraction = "op_Subtraction";
    private const string Multiplication = "op_Multiply";
    private const string Division = "op_Division";
    private const string Negation = "op_UnaryNegation";
    private const string And = "op_BitwiseAnd";
    private const string Or = "op_BitwiseOr";
    private const string ExclusiveOr = "op_ExclusiveOr";
    private const string OnesComplement = "op_OnesComplement";
    private const string LeftShift = "op_LeftShift";
    private const string RightShift = "op_RightShift";
    private const string UnsignedRightShift = "op_UnsignedRightShift";

    private static readonly Dictionary<Opcode, Operation> Operations = [];

    static VectorCode()
    {
        Comparisons();
        Integers();
        Conversions();
        Floats();
        Bits();
        OwnInstructions();
    }

    /// <summary>Of two halves, the lower first.</summary>
    public static MethodInfo Constant { get; } = Method(nameof(Api.Create), typeof(long), typeof(long));

    public static MethodInfo Select { get; } =
        Method(
            nameof(Api.ConditionalSelect),
            VectorLanes.VectorOf(typeof(byte)),
            VectorLanes.VectorOf(typeof(byte)),
            VectorLanes.VectorOf(typeof(byte))
        );

    /// <summary>One instruction: methods called one after the other, each with what the one before left.</summary>
    public sealed class Operation(params MethodInfo[] calls)
    {
        public MethodInfo[] Calls { get; } = calls;

        /// <summary>Of the operands that are vectors.</summary>
        public VectorLane Lane { get; } =
            calls[0].GetParameters() is [var first, ..] && VectorLanes.IsVector(first.ParameterType)
                ? VectorLanes.LaneOf(first.ParameterType)
                : VectorLane.Byte;

        /// <summary>Of the result, where it is a vector.</summary>
        public VectorLane ResultLane { get; } =
            VectorLanes.IsVector(calls[^1].ReturnType) ? VectorLanes.LaneOf(calls[^1].ReturnType) : VectorLane.Byte;
    }

    /// <summary>Of an instruction whose operands are all on the operand stack.</summary>
    public static Operation Of(Opcode opcode)
    {
        lock (Operations)
        {
            if (!Operations.TryGetValue(opcode, out var operation))
            {
                Operations.Add(opcode, operation = new Operation(Members.Helper(typeof(Vectors), opcode.ToString())));
            }

            return operation;
        }
    }

    /// <summary>What a shift's count is taken modulo, less one; 0 for all other instructions.</summary>
    public static int ShiftMask(Opcode opcode) =>
        opcode switch
        {
            Opcode.I8x16Shl or Opcode.I8x16ShrS or Opcode.I8x16ShrU => 7,
            Opcode.I16x8Shl or Opcode.I16x8ShrS or Opcode.I16x8ShrU => 15,
            Opcode.I32x4Shl or Opcode.I32x4ShrS or Opcode.I32x4ShrU => 31,
            Opcode.I64x2Shl or Opcode.I64x2ShrS or Opcode.I64x2ShrU => 63,
            _ => 0,
        };

    public static bool IsCommutative(Opcode opcode) =>
        opcode
            is Opcode.V128And
                or Opcode.V128Or
                or Opcode.V128Xor
                or Opcode.I8x16Add
                or Opcode.I16x8Add
                or Opcode.I32x4Add
                or Opcode.I64x2Add
                or Opcode.I16x8Mul
                or Opcode.I32x4Mul
                or Opcode.I64x2Mul
                or Opcode.I8x16Eq
                or Opcode.I16x8Eq
                or Opcode.I32x4Eq
                or Opcode.I64x2Eq
                or Opcode.F32x4Add
                or Opcode.F32x4Mul
                or Opcode.F64x2Add
                or Opcode.F64x2Mul;

    /// <summary>A method of <see cref="Vector128"/> by its parameters, made for them where it is generic; or an operator.</summary>
    public static MethodInfo Method(string name, params Type[] parameters) =>
        parameters[0].GetMethod(name, parameters)
        ?? typeof(Vector128)
            .GetMethods()
            .Where(m => m.Name == name)
            .Select(m => Closed(m, parameters))
            .FirstOrDefault(m => m is not null && m.GetParameters().Select(p => p.ParameterType).SequenceEqual(parameters))
        ?? throw new MissingMethodException(nameof(Vector128), name);

    private static MethodInfo? Closed(MethodInfo method, Type[] parameters)
    {
        if (!method.IsGenericMethodDefinition)
        {
            return method;
        }

        return method.GetGenericArguments().Length == 1
            ? method.MakeGenericMethod(VectorLanes.IsVector(parameters[0]) ? parameters[0].GenericTypeArguments[0] : parameters[0])
            : null;
    }

    private static void Comparisons()
    {
        SignedAndUnsigned<sbyte, byte>(Opcode.I8x16Eq);
        SignedAndUnsigned<short, ushort>(Opcode.I16x8Eq);
        SignedAndUnsigned<int, uint>(Opcode.I32x4Eq);
        Equality<long>(Opcode.I64x2Eq);
        Map<long>(2, (Opcode.I64x2LtS, nameof(Api.LessThan)), (Opcode.I64x2GtS, nameof(Api.GreaterThan)));
        Map<long>(2, (Opcode.I64x2LeS, nameof(Api.LessThanOrEqual)), (Opcode.I64x2GeS, nameof(Api.GreaterThanOrEqual)));
        Ordered<float>(Opcode.F32x4Eq);
        Ordered<double>(Opcode.F64x2Eq);
    }

    /// <summary>Ten opcodes: eq, ne, lt_s, lt_u, gt_s, gt_u, le_s, le_u, ge_s, ge_u.</summary>
    private static void SignedAndUnsigned<TSigned, TUnsigned>(Opcode equal)
    {
        Equality<TSigned>(equal);
        Map<TSigned>(2, (equal + 2, nameof(Api.LessThan)), (equal + 4, nameof(Api.GreaterThan)));
        Map<TSigned>(2, (equal + 6, nameof(Api.LessThanOrEqual)), (equal + 8, nameof(Api.GreaterThanOrEqual)));
        Map<TUnsigned>(2, (equal + 3, nameof(Api.LessThan)), (equal + 5, nameof(Api.GreaterThan)));
        Map<TUnsigned>(2, (equal + 7, nameof(Api.LessThanOrEqual)), (equal + 9, nameof(Api.GreaterThanOrEqual)));
    }

    /// <summary>Six opcodes: eq, ne, lt, gt, le, ge. A NaN is unequal to everything and in no order.</summary>
    private static void Ordered<T>(Opcode equal)
    {
        Equality<T>(equal);
        Map<T>(2, (equal + 2, nameof(Api.LessThan)), (equal + 3, nameof(Api.GreaterThan)));
        Map<T>(2, (equal + 4, nameof(Api.LessThanOrEqual)), (equal + 5, nameof(Api.GreaterThanOrEqual)));
    }

    private static void Equality<T>(Opcode equal)
    {
        var vector = VectorLanes.VectorOf(typeof(T));
        var equals = Method(nameof(Api.Equals), vector, vector);
        Operations[equal] = new Operation(equals);
        Operations[equal + 1] = new Operation(equals, Method(OnesComplement, vector));
    }

    private static void Integers()
    {
        Lanes<sbyte, byte>(Opcode.I8x16Neg, Opcode.I8x16Shl, Opcode.I8x16Add, Opcode.I8x16Sub, Opcode.I8x16Bitmask);
        Lanes<short, ushort>(Opcode.I16x8Neg, Opcode.I16x8Shl, Opcode.I16x8Add, Opcode.I16x8Sub, Opcode.I16x8Bitmask);
        Lanes<int, uint>(Opcode.I32x4Neg, Opcode.I32x4Shl, Opcode.I32x4Add, Opcode.I32x4Sub, Opcode.I32x4Bitmask);
        Lanes<long, ulong>(Opcode.I64x2Neg, Opcode.I64x2Shl, Opcode.I64x2Add, Opcode.I64x2Sub, Opcode.I64x2Bitmask);
        Map<sbyte>(2, (Opcode.I8x16AddSatS, nameof(Api.AddSaturate)), (Opcode.I8x16SubSatS, nameof(Api.SubtractSaturate)));
        Map<byte>(2, (Opcode.I8x16AddSatU, nameof(Api.AddSaturate)), (Opcode.I8x16SubSatU, nameof(Api.SubtractSaturate)));
        Map<short>(2, (Opcode.I16x8AddSatS, nameof(Api.AddSaturate)), (Opcode.I16x8SubSatS, nameof(Api.SubtractSaturate)));
        Map<ushort>(2, (Opcode.I16x8AddSatU, nameof(Api.AddSaturate)), (Opcode.I16x8SubSatU, nameof(Api.SubtractSaturate)));
        Map<sbyte>(2, (Opcode.I8x16MinS, nameof(Api.Min)), (Opcode.I8x16MaxS, nameof(Api.Max)));
        Map<byte>(2, (Opcode.I8x16MinU, nameof(Api.Min)), (Opcode.I8x16MaxU, nameof(Api.Max)));
        Map<short>(2, (Opcode.I16x8MinS, nameof(Api.Min)), (Opcode.I16x8MaxS, nameof(Api.Max)));
        Map<ushort>(2, (Opcode.I16x8MinU, nameof(Api.Min)), (Opcode.I16x8MaxU, nameof(Api.Max)));
        Map<int>(2, (Opcode.I32x4MinS, nameof(Api.Min)), (Opcode.I32x4MaxS, nameof(Api.Max)));
        Map<uint>(2, (Opcode.I32x4MinU, nameof(Api.Min)), (Opcode.I32x4MaxU, nameof(Api.Max)));
        Map<short>(2, (Opcode.I16x8Mul, Multiplication));
        Map<int>(2, (Opcode.I32x4Mul, Multiplication));
        Map<long>(2, (Opcode.I64x2Mul, Multiplication));
    }

    /// <summary>What every size of lane has. The three shifts follow one another: shl, shr_s, shr_u.</summary>
    private static void Lanes<TSigned, TUnsigned>(Opcode negate, Opcode shift, Opcode add, Opcode subtract, Opcode bitmask)
    {
        var vector = VectorLanes.VectorOf(typeof(TSigned));
        Map<TSigned>(1, (negate, Negation), (bitmask, nameof(Api.ExtractMostSignificantBits)));
        Map<TSigned>(2, (add, Addition), (subtract, Subtraction));
        Operations[shift] = new Operation(Method(LeftShift, vector, typeof(int)));
        Operations[shift + 1] = new Operation(Method(RightShift, vector, typeof(int)));
        Operations[shift + 2] = new Operation(Method(UnsignedRightShift, VectorLanes.VectorOf(typeof(TUnsigned)), typeof(int)));
    }

    private static void Conversions()
    {
        Extend<sbyte, byte>(Opcode.I16x8ExtendLowI8x16S);
        Extend<short, ushort>(Opcode.I32x4ExtendLowI16x8S);
        Extend<int, uint>(Opcode.I64x2ExtendLowI32x4S);
        Map<short>(2, (Opcode.I8x16NarrowI16x8S, nameof(Api.NarrowWithSaturation)));
        Map<int>(2, (Opcode.I16x8NarrowI32x4S, nameof(Api.NarrowWithSaturation)));
        Map<float>(1, (Opcode.I32x4TruncSatF32x4S, nameof(Api.ConvertToInt32)), (Opcode.I32x4TruncSatF32x4U, nameof(Api.ConvertToUInt32)));
        Map<int>(1, (Opcode.F32x4ConvertI32x4S, nameof(Api.ConvertToSingle)));
        Map<uint>(1, (Opcode.F32x4ConvertI32x4U, nameof(Api.ConvertToSingle)));
    }

    /// <summary>Four opcodes: low_s, high_s, low_u, high_u.</summary>
    private static void Extend<TSigned, TUnsigned>(Opcode low)
    {
        Map<TSigned>(1, (low, nameof(Api.WidenLower)), (low + 1, nameof(Api.WidenUpper)));
        Map<TUnsigned>(1, (low + 2, nameof(Api.WidenLower)), (low + 3, nameof(Api.WidenUpper)));
    }

    private static void Floats()
    {
        Map<float>(1, (Opcode.F32x4Ceil, nameof(Api.Ceiling)), (Opcode.F32x4Floor, nameof(Api.Floor)));
        Map<float>(1, (Opcode.F32x4Trunc, nameof(Api.Truncate)), (Opcode.F32x4Nearest, nameof(Api.Round)));
        Map<double>(1, (Opcode.F64x2Ceil, nameof(Api.Ceiling)), (Opcode.F64x2Floor, nameof(Api.Floor)));
        Map<double>(1, (Opcode.F64x2Trunc, nameof(Api.Truncate)), (Opcode.F64x2Nearest, nameof(Api.Round)));
        Arithmetic<float>(Opcode.F32x4Sqrt);
        Arithmetic<double>(Opcode.F64x2Sqrt);
        Map<byte>(2, (Opcode.I8x16Swizzle, nameof(Api.Shuffle)));
        Splat<float>(Opcode.F32x4Splat);
        Splat<double>(Opcode.F64x2Splat);
        Splat<byte>(Opcode.I8x16Splat);
        Splat<short>(Opcode.I16x8Splat);
        Splat<int>(Opcode.I32x4Splat);
        Splat<long>(Opcode.I64x2Splat);
    }

    /// <summary>Five opcodes: sqrt, add, sub, mul, div.</summary>
    private static void Arithmetic<T>(Opcode sqrt)
    {
        Map<T>(1, (sqrt, nameof(Api.Sqrt)));
        Map<T>(2, (sqrt + 1, Addition), (sqrt + 2, Subtraction), (sqrt + 3, Multiplication));
        Map<T>(2, (sqrt + 4, Division));
    }

    private static void Splat<T>(Opcode opcode) => Operations[opcode] = new Operation(Method(nameof(Api.Create), typeof(T)));

    private static void Bits()
    {
        Map<byte>(1, (Opcode.V128Not, OnesComplement));
        Map<byte>(2, (Opcode.V128And, And), (Opcode.V128Or, Or));
        Map<byte>(2, (Opcode.V128Xor, ExclusiveOr), (Opcode.V128Andnot, nameof(Api.AndNot)));
    }

    /// <summary>Where a processor has an instruction of the same meaning; the helpers give the same bits without.</summary>
    private static void OwnInstructions()
    {
        if (Sse2.IsSupported)
        {
            Own<byte>(Opcode.I8x16AvgrU, typeof(Sse2), nameof(Sse2.Average));
            Own<ushort>(Opcode.I16x8AvgrU, typeof(Sse2), nameof(Sse2.Average));
            Own<short>(Opcode.I8x16NarrowI16x8U, typeof(Sse2), nameof(Sse2.PackUnsignedSaturate));
            Own<short>(Opcode.I32x4DotI16x8S, typeof(Sse2), nameof(Sse2.MultiplyAddAdjacent));
        }

        if (Sse41.IsSupported)
        {
            Own<int>(Opcode.I16x8NarrowI32x4U, typeof(Sse41), nameof(Sse41.PackUnsignedSaturate));
        }
    }

    private static void Own<T>(Opcode opcode, Type instructions, string name)
    {
        var vector = VectorLanes.VectorOf(typeof(T));
        var method = instructions.GetMethod(name, [vector, vector]) ?? throw new MissingMethodException(instructions.Name, name);
        Operations[opcode] = new Operation(method);
    }

    private static void Map<T>(int operands, params ReadOnlySpan<(Opcode Opcode, string Method)> methods)
    {
        var vectors = Enumerable.Repeat(VectorLanes.VectorOf(typeof(T)), operands).ToArray();
        foreach (var (opcode, method) in methods)
        {
            Operations[opcode] = new Operation(Method(method, vectors));
        }
    }
}
