namespace Marketplace.Engine.Decode;

/// <summary>What follows an opcode.</summary>
internal enum Immediate : byte
{
    Illegal = 0,
    None,
    Block,
    Index,
    TwoIndices,
    Labels,
    Memory,
    ZeroByte,
    TwoZeroBytes,
    IndexAndZeroByte,
    I32,
    I64,
    F32,
    F64,
    ReferenceType,
    Types,

    /// <summary>Sixteen bytes: a constant.</summary>
    V128,

    /// <summary>Sixteen lane numbers.</summary>
    Lanes,
    Lane,
    MemoryAndLane,
}

/// <summary>What is the same for each use of an instruction: its immediates and, where they are fixed, its operands and result.</summary>
internal static partial class OpcodeTable
{
    /// <summary>The opcodes of one byte, then those of each prefix.</summary>
    private const int Pages = 4;
    private const int PageSize = 256;

    private static readonly Immediate[] Immediates = new Immediate[Pages * PageSize];
    private static readonly Signature?[] Signatures = new Signature?[Pages * PageSize];

    static OpcodeTable()
    {
        Special();
        Memory();
        Numeric();
        VectorMemory();
        VectorLanes();
        VectorNumeric();
        Atomics();
    }

    /// <summary>Operands and result of an instruction whose types never change.</summary>
    /// <param name="Operands">Lowest first.</param>
    /// <param name="Result">Null: none.</param>
    /// <param name="AccessBytes">Of memory, for loads and stores.</param>
    /// <param name="Lanes">What a lane number must be below; 0 where there is none.</param>
    /// <param name="Atomic">The alignment must be the natural one, no less.</param>
    public sealed record Signature(WasmType[] Operands, WasmType? Result, int AccessBytes, int Lanes = 0, bool Atomic = false);

    public static Immediate ImmediateOf(Opcode opcode) => Immediates[Slot(opcode)];

    /// <returns>Null where the types depend on the module, the function or the operands.</returns>
    public static Signature? SignatureOf(Opcode opcode) => Signatures[Slot(opcode)];

    /// <summary>Fuel (FUEL.md); what bulk instructions cost by size comes on top when they run.</summary>
    public static int CostOf(Opcode opcode) =>
        opcode is Opcode.Nop or Opcode.Drop or Opcode.Block or Opcode.Loop or Opcode.Else or Opcode.End ? 0 : 1;

    /// <summary>Slots of the stack budget that the instruction adds to its function's frame (FUEL.md, "Stack").</summary>
    public static int FrameSlotsOf(Opcode opcode) =>
        opcode switch
        {
            _ when IsVectorWork(opcode) => EnginePolicy.VectorFrameSlots,
            Opcode.I64TruncF32U or Opcode.I64TruncF64U => EnginePolicy.UnsignedTruncationFrameSlots,
            _ => 0,
        };

    /// <summary>Whether it does more with vectors than to move them.</summary>
    public static bool IsVectorWork(Opcode opcode) =>
        opcode is >= Opcode.V128Load and <= Opcode.F64x2ConvertLowI32x4U and not (Opcode.V128Load or Opcode.V128Store or Opcode.V128Const);

    /// <summary>0xFC is the first prefix.</summary>
    private static int Slot(Opcode opcode) =>
        (int)opcode < PageSize ? (int)opcode : ((((int)opcode >> 8) - 0xFB) * PageSize) + ((int)opcode & 0xFF);

    private static void Special()
    {
        Set(Immediate.None, Opcode.Unreachable, Opcode.Nop, Opcode.Else, Opcode.End, Opcode.Return, Opcode.Drop, Opcode.Select);
        Set(Immediate.None, Opcode.RefIsNull);
        Set(Immediate.Block, Opcode.Block, Opcode.Loop, Opcode.If);
        Set(Immediate.Index, Opcode.Br, Opcode.BrIf, Opcode.Call, Opcode.ReturnCall, Opcode.LocalGet, Opcode.LocalSet, Opcode.LocalTee);
        Set(Immediate.Index, Opcode.GlobalGet, Opcode.GlobalSet, Opcode.TableGet, Opcode.TableSet, Opcode.RefFunc);
        Set(Immediate.Index, Opcode.DataDrop, Opcode.ElemDrop, Opcode.TableGrow, Opcode.TableSize, Opcode.TableFill);
        Set(Immediate.TwoIndices, Opcode.CallIndirect, Opcode.ReturnCallIndirect, Opcode.TableInit, Opcode.TableCopy);
        Set(Immediate.Labels, Opcode.BrTable);
        Set(Immediate.Types, Opcode.SelectTyped);
        Set(Immediate.ReferenceType, Opcode.RefNull);
        Set(Immediate.ZeroByte, Opcode.MemorySize, Opcode.MemoryGrow, Opcode.MemoryFill);
        Set(Immediate.TwoZeroBytes, Opcode.MemoryCopy);
        Set(Immediate.IndexAndZeroByte, Opcode.MemoryInit);
        Set(Immediate.I32, Opcode.I32Const);
        Set(Immediate.I64, Opcode.I64Const);
        Set(Immediate.F32, Opcode.F32Const);
        Set(Immediate.F64, Opcode.F64Const);
    }

    private static void Memory()
    {
        Load(WasmType.I32, (Opcode.I32Load, 4));
        Load(WasmType.I32, (Opcode.I32Load8S, 1), (Opcode.I32Load8U, 1), (Opcode.I32Load16S, 2), (Opcode.I32Load16U, 2));
        Load(WasmType.I64, (Opcode.I64Load, 8), (Opcode.I64Load32S, 4), (Opcode.I64Load32U, 4));
        Load(WasmType.I64, (Opcode.I64Load8S, 1), (Opcode.I64Load8U, 1), (Opcode.I64Load16S, 2), (Opcode.I64Load16U, 2));
        Load(WasmType.F32, (Opcode.F32Load, 4));
        Load(WasmType.F64, (Opcode.F64Load, 8));
        Store(WasmType.I32, (Opcode.I32Store, 4), (Opcode.I32Store8, 1), (Opcode.I32Store16, 2));
        Store(WasmType.I64, (Opcode.I64Store, 8), (Opcode.I64Store8, 1), (Opcode.I64Store16, 2), (Opcode.I64Store32, 4));
        Store(WasmType.F32, (Opcode.F32Store, 4));
        Store(WasmType.F64, (Opcode.F64Store, 8));
    }

    private static void Numeric()
    {
        Unary(WasmType.I32, WasmType.I32, Opcode.I32Eqz, Opcode.I32Eqz);
        Binary(WasmType.I32, WasmType.I32, Opcode.I32Eq, Opcode.I32GeU);
        Unary(WasmType.I64, WasmType.I32, Opcode.I64Eqz, Opcode.I64Eqz);
        Binary(WasmType.I64, WasmType.I32, Opcode.I64Eq, Opcode.I64GeU);
        Binary(WasmType.F32, WasmType.I32, Opcode.F32Eq, Opcode.F32Ge);
        Binary(WasmType.F64, WasmType.I32, Opcode.F64Eq, Opcode.F64Ge);
        Unary(WasmType.I32, WasmType.I32, Opcode.I32Clz, Opcode.I32Popcnt);
        Binary(WasmType.I32, WasmType.I32, Opcode.I32Add, Opcode.I32Rotr);
        Unary(WasmType.I64, WasmType.I64, Opcode.I64Clz, Opcode.I64Popcnt);
        Binary(WasmType.I64, WasmType.I64, Opcode.I64Add, Opcode.I64Rotr);
        Unary(WasmType.F32, WasmType.F32, Opcode.F32Abs, Opcode.F32Sqrt);
        Binary(WasmType.F32, WasmType.F32, Opcode.F32Add, Opcode.F32Copysign);
        Unary(WasmType.F64, WasmType.F64, Opcode.F64Abs, Opcode.F64Sqrt);
        Binary(WasmType.F64, WasmType.F64, Opcode.F64Add, Opcode.F64Copysign);
        Unary(WasmType.I64, WasmType.I32, Opcode.I32WrapI64, Opcode.I32WrapI64);
        Unary(WasmType.F32, WasmType.I32, Opcode.I32TruncF32S, Opcode.I32TruncF32U);
        Unary(WasmType.F64, WasmType.I32, Opcode.I32TruncF64S, Opcode.I32TruncF64U);
        Unary(WasmType.I32, WasmType.I64, Opcode.I64ExtendI32S, Opcode.I64ExtendI32U);
        Unary(WasmType.F32, WasmType.I64, Opcode.I64TruncF32S, Opcode.I64TruncF32U);
        Unary(WasmType.F64, WasmType.I64, Opcode.I64TruncF64S, Opcode.I64TruncF64U);
        Unary(WasmType.I32, WasmType.F32, Opcode.F32ConvertI32S, Opcode.F32ConvertI32U);
        Unary(WasmType.I64, WasmType.F32, Opcode.F32ConvertI64S, Opcode.F32ConvertI64U);
        Unary(WasmType.F64, WasmType.F32, Opcode.F32DemoteF64, Opcode.F32DemoteF64);
        Unary(WasmType.I32, WasmType.F64, Opcode.F64ConvertI32S, Opcode.F64ConvertI32U);
        Unary(WasmType.I64, WasmType.F64, Opcode.F64ConvertI64S, Opcode.F64ConvertI64U);
        Unary(WasmType.F32, WasmType.F64, Opcode.F64PromoteF32, Opcode.F64PromoteF32);
        Unary(WasmType.F32, WasmType.I32, Opcode.I32ReinterpretF32, Opcode.I32ReinterpretF32);
        Unary(WasmType.F64, WasmType.I64, Opcode.I64ReinterpretF64, Opcode.I64ReinterpretF64);
        Unary(WasmType.I32, WasmType.F32, Opcode.F32ReinterpretI32, Opcode.F32ReinterpretI32);
        Unary(WasmType.I64, WasmType.F64, Opcode.F64ReinterpretI64, Opcode.F64ReinterpretI64);
        Unary(WasmType.I32, WasmType.I32, Opcode.I32Extend8S, Opcode.I32Extend16S);
        Unary(WasmType.I64, WasmType.I64, Opcode.I64Extend8S, Opcode.I64Extend32S);
        Unary(WasmType.F32, WasmType.I32, Opcode.I32TruncSatF32S, Opcode.I32TruncSatF32U);
        Unary(WasmType.F64, WasmType.I32, Opcode.I32TruncSatF64S, Opcode.I32TruncSatF64U);
        Unary(WasmType.F32, WasmType.I64, Opcode.I64TruncSatF32S, Opcode.I64TruncSatF32U);
        Unary(WasmType.F64, WasmType.I64, Opcode.I64TruncSatF64S, Opcode.I64TruncSatF64U);
    }

    private static void Set(Immediate immediate, params ReadOnlySpan<Opcode> opcodes)
    {
        foreach (var opcode in opcodes)
        {
            Immediates[Slot(opcode)] = immediate;
        }
    }

    private static void Load(WasmType result, params ReadOnlySpan<(Opcode Opcode, int Bytes)> loads)
    {
        foreach (var (opcode, bytes) in loads)
        {
            Set(Immediate.Memory, opcode);
            Signatures[Slot(opcode)] = new Signature([WasmType.I32], result, bytes);
        }
    }

    private static void Store(WasmType value, params ReadOnlySpan<(Opcode Opcode, int Bytes)> stores)
    {
        foreach (var (opcode, bytes) in stores)
        {
            Set(Immediate.Memory, opcode);
            Signatures[Slot(opcode)] = new Signature([WasmType.I32, value], null, bytes);
        }
    }

    private static void Unary(WasmType operand, WasmType result, Opcode first, Opcode last) => Range([operand], result, first, last);

    private static void Binary(WasmType operand, WasmType result, Opcode first, Opcode last) =>
        Range([operand, operand], result, first, last);

    private static void Range(WasmType[] operands, WasmType result, Opcode first, Opcode last)
    {
        var signature = new Signature(operands, result, 0);
        for (var opcode = first; opcode <= last; opcode++)
        {
            Set(Immediate.None, opcode);
            Signatures[Slot(opcode)] = signature;
        }
    }
}
