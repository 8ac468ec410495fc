using Marketplace.Engine.Decode;

namespace Marketplace.Engine.Interpret;

/// <summary>What a <see cref="Step"/> does.</summary>
internal enum Operation : byte
{
    /// <summary>Stands behind the last step; nothing gets there.</summary>
    None,
    Copy,
    Constant,
    Select,
    Charge,
    Loop,
    Jump,
    JumpIf,
    JumpUnless,
    JumpByTable,
    Return,
    ReturnOne,
    Unreachable,
    Call,
    CallImport,
    CallIndirect,
    GlobalGet,
    GlobalSet,
    ImportedGlobalGet,
    ImportedGlobalSet,
    Load,
    Store,
    I32Binary,
    I32BinaryConstant,
    I64Binary,
    I64BinaryConstant,
    F32Binary,
    F64Binary,
    Divide32,
    Divide64,
    Unary,
    Truncate,
    Saturate,
    Memory,
}

/// <summary>
/// An instruction of the interpreter: its operands and its result are cells of the frame, where the function's locals come first and then
/// its operands by their heights.
/// </summary>
internal struct Step
{
    public Operation Operation;

    /// <summary>Which one of its kind, where there are many: the last byte of the instruction's opcode.</summary>
    public byte Detail;

    /// <summary>The cell of the result.</summary>
    public ushort To;

    /// <summary>The cell of the first operand; of a call the first argument's, where the results come too.</summary>
    public ushort First;

    /// <summary>The cell of the second operand.</summary>
    public ushort Second;

    /// <summary>A constant, an index, an offset, fuel, or the place of the step to go on with.</summary>
    public long Bits;

    public readonly Opcode Opcode => (Opcode)Detail;

    /// <summary>Of <see cref="Operation.Loop"/>, which has no operands: its number in the order of the code.</summary>
    public readonly int Loop => (Second << 16) | First;

    public void SetLoop(int loop) => (First, Second) = ((ushort)loop, (ushort)(loop >> 16));
}
