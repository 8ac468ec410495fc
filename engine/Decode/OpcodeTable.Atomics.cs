namespace Marketplace.Engine.Decode;

/// <summary>Instructions of the threads proposal.</summary>
internal static partial class OpcodeTable
{
    /// <summary>
    /// Type and bytes of the seven forms in which each atomic load, store and read-modify-write comes, in the order of their opcodes.
    /// </summary>
    public static readonly (WasmType Type, int Bytes)[] AtomicForms =
    [
        (WasmType.I32, 4),
        (WasmType.I64, 8),
        (WasmType.I32, 1),
        (WasmType.I32, 2),
        (WasmType.I64, 1),
        (WasmType.I64, 2),
        (WasmType.I64, 4),
    ];

    private static void Atomics()
    {
        Add(Immediate.ZeroByte, Opcode.AtomicFence, new Signature([], null, 0));
        Atomic(Opcode.MemoryAtomicNotify, [WasmType.I32, WasmType.I32], WasmType.I32, 4);
        Atomic(Opcode.MemoryAtomicWait32, [WasmType.I32, WasmType.I32, WasmType.I64], WasmType.I32, 4);
        Atomic(Opcode.MemoryAtomicWait64, [WasmType.I32, WasmType.I64, WasmType.I64], WasmType.I32, 8);
        for (var i = 0; i < AtomicForms.Length; i++)
        {
            var (type, bytes) = AtomicForms[i];
            Atomic((Opcode)((int)Opcode.I32AtomicLoad + i), [WasmType.I32], type, bytes);
            Atomic((Opcode)((int)Opcode.I32AtomicStore + i), [WasmType.I32, type], null, bytes);
            for (var first = Opcode.I32AtomicRmwAdd; first <= Opcode.I32AtomicRmwXchg; first += 7)
            {
                Atomic((Opcode)((int)first + i), [WasmType.I32, type], type, bytes);
            }

            Atomic((Opcode)((int)Opcode.I32AtomicRmwCmpxchg + i), [WasmType.I32, type, type], type, bytes);
        }
    }

    private static void Atomic(Opcode opcode, WasmType[] operands, WasmType? result, int bytes) =>
        Add(Immediate.Memory, opcode, new Signature(operands, result, bytes, Atomic: true));
}
