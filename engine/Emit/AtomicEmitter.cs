using System.Reflection;
using System.Reflection.Emit;
using Marketplace.Engine.Decode;
using Marketplace.Engine.Runtime;

namespace Marketplace.Engine.Emit;

/// <summary>
/// Emits the instructions of the threads proposal: calls of <see cref="Atomics"/>, and of the runtime to wait. The address must be a
/// multiple of the access's size; that is checked before the bounds. What waits on the evaluation stack is spilled before both checks,
/// which may branch to a trap. The result is left on the stack.
/// </summary>
internal sealed class AtomicEmitter(EmitContext context, FuelEmitter fuel, AddressEmitter addresses)
{
    /// <summary>Read-modify-writes in the order of their opcodes; the last two are no update of what is there.</summary>
    private static readonly Type?[] Updates =
    [
        typeof(Atomics.Add),
        typeof(Atomics.Sub),
        typeof(Atomics.And),
        typeof(Atomics.Or),
        typeof(Atomics.Xor),
        null,
        null,
    ];

    private readonly CodeWriter _il = context.IL;
    private readonly OperandStack _stack = context.Stack;

    public void Emit(in Instruction instruction)
    {
        switch (instruction.Opcode)
        {
            case Opcode.AtomicFence:
                _il.Call(typeof(Interlocked).GetMethod(nameof(Interlocked.MemoryBarrier))!);
                break;
            case Opcode.MemoryAtomicNotify:
                // There are no other threads, so none waits.
                _stack.Take();
                TakeAddress(in instruction, 4);
                _stack.PushConstant(WasmType.I32, 0);
                break;
            case Opcode.MemoryAtomicWait32:
                Wait(in instruction, 4, nameof(GuestCode.AtomicWait32));
                break;
            case Opcode.MemoryAtomicWait64:
                Wait(in instruction, 8, nameof(GuestCode.AtomicWait64));
                break;
            default:
                Access(in instruction);
                break;
        }
    }

    private void Wait(in Instruction instruction, int bytes, string name)
    {
        var timeout = _stack.Take();
        var expected = _stack.Take();
        addresses.EmitPointer(TakeAddress(in instruction, bytes));
        expected.Emit();
        timeout.Emit();
        fuel.Store();
        _il.LoadInt32(context.Function);
        context.Locals.EmitInstance();
        _il.Call(Members.Helper(typeof(GuestCode), name));
        _stack.PushStack(WasmType.I32, depth: 1);
    }

    private void Access(in Instruction instruction)
    {
        var signature = OpcodeTable.SignatureOf(instruction.Opcode)!;
        var (type, bytes) = OpcodeTable.AtomicForms[(instruction.Opcode - Opcode.I32AtomicLoad) % OpcodeTable.AtomicForms.Length];
        var values = new OperandStack.Value[signature.Operands.Length - 1];
        for (var i = values.Length - 1; i >= 0; i--)
        {
            values[i] = _stack.Take();
        }

        addresses.EmitPointer(TakeAddress(in instruction, bytes));
        var cut = type == WasmType.I64 && bytes < 8;
        foreach (var value in values)
        {
            value.Emit();
            if (cut)
            {
                _il.Emit(OpCodes.Conv_I4);
            }
        }

        _il.Call(MethodOf(instruction.Opcode, bytes));
        if (signature.Result is { } result)
        {
            if (cut)
            {
                _il.Emit(OpCodes.Conv_U8);
            }

            _stack.PushStack(result, depth: 1);
        }
    }

    private static MethodInfo MethodOf(Opcode opcode, int bytes)
    {
        if (opcode < Opcode.I32AtomicRmwAdd)
        {
            return Members.Helper(typeof(Atomics), (opcode < Opcode.I32AtomicStore ? "Load" : "Store") + bytes);
        }

        var update = Updates[(opcode - Opcode.I32AtomicRmwAdd) / OpcodeTable.AtomicForms.Length];
        return update is not null
            ? Members.Helper(typeof(Atomics), "Update" + bytes).MakeGenericMethod(update)
            : Members.Helper(typeof(Atomics), (opcode < Opcode.I32AtomicRmwCmpxchg ? "Exchange" : "CompareExchange") + bytes);
    }

    /// <summary>Takes the address on top and checks it; leaves the evaluation stack empty.</summary>
    private AddressEmitter.Checked TakeAddress(in Instruction instruction, int bytes)
    {
        var address = _stack.Take();
        _stack.SpillStack();
        if (bytes > 1)
        {
            // The low bits, which alone count, are the same if the sum overflows 32 bits.
            address.Emit();
            _il.LoadInt32((int)(instruction.Bits & (bytes - 1)));
            _il.Emit(OpCodes.Add);
            _il.LoadInt32(bytes - 1);
            _il.Emit(OpCodes.And);
            _il.Emit(OpCodes.Brtrue, fuel.Trap(TrapKind.UnalignedAtomic));
        }

        return addresses.Check(address, in instruction, bytes);
    }
}
