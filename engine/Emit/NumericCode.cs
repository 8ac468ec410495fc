using System.Reflection;
using System.Reflection.Emit;
using Marketplace.Engine.Decode;
using Marketplace.Engine.Runtime;

namespace Marketplace.Engine.Emit;

/// <summary>IL for numeric instructions that cannot trap, with their operands on the evaluation stack.</summary>
internal static class NumericCode
{
    private static readonly Dictionary<Opcode, OpCode[]> Direct = new()
    {
        [Opcode.I32Eqz] = [OpCodes.Ldc_I4_0, OpCodes.Ceq],
        [Opcode.I64Eqz] = [OpCodes.Ldc_I4_0, OpCodes.Conv_I8, OpCodes.Ceq],
        [Opcode.I32WrapI64] = [OpCodes.Conv_I4],
        [Opcode.I64ExtendI32S] = [OpCodes.Conv_I8],
        [Opcode.I64ExtendI32U] = [OpCodes.Conv_U8],
        [Opcode.F32ConvertI32S] = [OpCodes.Conv_R4],
        [Opcode.F32ConvertI32U] = [OpCodes.Conv_U8, OpCodes.Conv_R4],
        [Opcode.F32ConvertI64S] = [OpCodes.Conv_R4],
        [Opcode.F64ConvertI32S] = [OpCodes.Conv_R8],
        [Opcode.F64ConvertI32U] = [OpCodes.Conv_U8, OpCodes.Conv_R8],
        [Opcode.F64ConvertI64S] = [OpCodes.Conv_R8],
        [Opcode.F32DemoteF64] = [OpCodes.Conv_R4],
        [Opcode.F64PromoteF32] = [OpCodes.Conv_R8],
        [Opcode.I32Extend8S] = [OpCodes.Conv_I1],
        [Opcode.I32Extend16S] = [OpCodes.Conv_I2],
        [Opcode.I64Extend8S] = [OpCodes.Conv_I1, OpCodes.Conv_I8],
        [Opcode.I64Extend16S] = [OpCodes.Conv_I2, OpCodes.Conv_I8],
        [Opcode.I64Extend32S] = [OpCodes.Conv_I4, OpCodes.Conv_I8],
        [Opcode.F32Neg] = [OpCodes.Neg],
        [Opcode.F64Neg] = [OpCodes.Neg],
    };

    private static readonly Dictionary<Opcode, MethodInfo> Called = [];

    static NumericCode()
    {
        Comparisons(Opcode.I32Eq, signs: true);
        Comparisons(Opcode.I64Eq, signs: true);
        Comparisons(Opcode.F32Eq, signs: false);
        Comparisons(Opcode.F64Eq, signs: false);
        Integers(Opcode.I32Add, 31);
        Integers(Opcode.I64Add, 63);
        Floats(Opcode.F32Add);
        Floats(Opcode.F64Add);

        // Methods that the machine-code compiler knows itself, so that they cost one instruction.
        Call(Opcode.F32Abs, typeof(MathF), nameof(MathF.Abs), typeof(float));
        Call(Opcode.F32Ceil, typeof(MathF), nameof(MathF.Ceiling), typeof(float));
        Call(Opcode.F32Floor, typeof(MathF), nameof(MathF.Floor), typeof(float));
        Call(Opcode.F32Trunc, typeof(MathF), nameof(MathF.Truncate), typeof(float));
        Call(Opcode.F32Nearest, typeof(MathF), nameof(MathF.Round), typeof(float));
        Call(Opcode.F32Sqrt, typeof(MathF), nameof(MathF.Sqrt), typeof(float));
        Call(Opcode.F32Copysign, typeof(MathF), nameof(MathF.CopySign), typeof(float), typeof(float));
        Call(Opcode.F64Abs, typeof(Math), nameof(Math.Abs), typeof(double));
        Call(Opcode.F64Ceil, typeof(Math), nameof(Math.Ceiling), typeof(double));
        Call(Opcode.F64Floor, typeof(Math), nameof(Math.Floor), typeof(double));
        Call(Opcode.F64Trunc, typeof(Math), nameof(Math.Truncate), typeof(double));
        Call(Opcode.F64Nearest, typeof(Math), nameof(Math.Round), typeof(double));
        Call(Opcode.F64Sqrt, typeof(Math), nameof(Math.Sqrt), typeof(double));
        Call(Opcode.F64Copysign, typeof(Math), nameof(Math.CopySign), typeof(double), typeof(double));
        Call(Opcode.I32ReinterpretF32, typeof(BitConverter), nameof(BitConverter.SingleToInt32Bits), typeof(float));
        Call(Opcode.I64ReinterpretF64, typeof(BitConverter), nameof(BitConverter.DoubleToInt64Bits), typeof(double));
        Call(Opcode.F64ReinterpretI64, typeof(BitConverter), nameof(BitConverter.Int64BitsToDouble), typeof(long));
    }

    public static bool IsCommutative(Opcode opcode) =>
        opcode
            is Opcode.I32Add
                or Opcode.I32Mul
                or Opcode.I32And
                or Opcode.I32Or
                or Opcode.I32Xor
                or Opcode.I32Eq
                or Opcode.I32Ne
                or Opcode.I64Add
                or Opcode.I64Mul
                or Opcode.I64And
                or Opcode.I64Or
                or Opcode.I64Xor
                or Opcode.I64Eq
                or Opcode.I64Ne
                or Opcode.F32Add
                or Opcode.F32Mul
                or Opcode.F64Add
                or Opcode.F64Mul;

    public static void Emit(CodeWriter il, Opcode opcode)
    {
        if (Direct.TryGetValue(opcode, out var codes))
        {
            foreach (var code in codes)
            {
                // The only short code with an operand here is the mask of a shift.
                if (code == OpCodes.Ldc_I4_S)
                {
                    il.LoadInt32(opcode <= Opcode.I32Rotr ? 31 : 63);
                }
                else
                {
                    il.Emit(code);
                }
            }

            return;
        }

        il.Call(Called.TryGetValue(opcode, out var method) ? method : Members.Helper(typeof(Arithmetic), opcode.ToString()));
    }

    /// <summary>
    /// Converts a float whose integer part is known to fit. This is a call, which optimised functions inline; in others each of these
    /// conversions of IL would take up to 48 bytes of the frame.
    /// </summary>
    public static void EmitTruncation(CodeWriter il, Opcode opcode) =>
        il.Call(
            Members.Helper(
                typeof(Arithmetic),
                opcode switch
                {
                    Opcode.I32TruncF32S => nameof(Arithmetic.I32TruncSatF32S),
                    Opcode.I32TruncF32U => nameof(Arithmetic.I32TruncSatF32U),
                    Opcode.I32TruncF64S => nameof(Arithmetic.I32TruncSatF64S),
                    Opcode.I32TruncF64U => nameof(Arithmetic.I32TruncSatF64U),
                    Opcode.I64TruncF32S => nameof(Arithmetic.I64TruncSatF32S),
                    Opcode.I64TruncF32U => nameof(Arithmetic.I64TruncSatF32U),
                    Opcode.I64TruncF64S => nameof(Arithmetic.I64TruncSatF64S),
                    _ => nameof(Arithmetic.I64TruncSatF64U),
                }
            )
        );

    /// <summary>IL has equal, less and greater; for floats "not greater or unordered" is "less or equal".</summary>
    private static void Comparisons(Opcode equal, bool signs)
    {
        OpCode[] not = [OpCodes.Ldc_I4_0, OpCodes.Ceq];
        var next = equal;
        Direct[next++] = [OpCodes.Ceq];
        Direct[next++] = [OpCodes.Ceq, .. not];
        Direct[next++] = [OpCodes.Clt];
        if (signs)
        {
            Direct[next++] = [OpCodes.Clt_Un];
        }

        Direct[next++] = [OpCodes.Cgt];
        if (signs)
        {
            Direct[next++] = [OpCodes.Cgt_Un];
            Direct[next++] = [OpCodes.Cgt, .. not];
            Direct[next++] = [OpCodes.Cgt_Un, .. not];
            Direct[next++] = [OpCodes.Clt, .. not];
            Direct[next] = [OpCodes.Clt_Un, .. not];
        }
        else
        {
            Direct[next++] = [OpCodes.Cgt_Un, .. not];
            Direct[next] = [OpCodes.Clt_Un, .. not];
        }
    }

    private static void Integers(Opcode add, int shiftMask)
    {
        var wide = shiftMask == 63;
        Direct[add] = [OpCodes.Add];
        Direct[add + 1] = [OpCodes.Sub];
        Direct[add + 2] = [OpCodes.Mul];
        Direct[add + 7] = [OpCodes.And];
        Direct[add + 8] = [OpCodes.Or];
        Direct[add + 9] = [OpCodes.Xor];
        OpCode[] mask = wide ? [OpCodes.Conv_I4, OpCodes.Ldc_I4_S, OpCodes.And] : [OpCodes.Ldc_I4_S, OpCodes.And];
        Direct[add + 10] = [.. mask, OpCodes.Shl];
        Direct[add + 11] = [.. mask, OpCodes.Shr];
        Direct[add + 12] = [.. mask, OpCodes.Shr_Un];
    }

    private static void Floats(Opcode add)
    {
        Direct[add] = [OpCodes.Add];
        Direct[add + 1] = [OpCodes.Sub];
        Direct[add + 2] = [OpCodes.Mul];
        Direct[add + 3] = [OpCodes.Div];
    }

    private static void Call(Opcode opcode, Type type, string name, params Type[] parameters) =>
        Called[opcode] = type.GetMethod(name, parameters) ?? throw new MissingMethodException(type.Name, name);
}
