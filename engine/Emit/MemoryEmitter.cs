using System.Reflection.Emit;
using Marketplace.Engine.Decode;

namespace Marketplace.Engine.Emit;

/// <summary>
/// Emits loads and stores of numbers. Takes the operands; what else waits on the evaluation stack is spilled before the address is checked.
/// A load leaves its result on the stack.
/// </summary>
internal sealed class MemoryEmitter(EmitContext context, AddressEmitter addresses)
{
    private readonly CodeWriter _il = context.IL;
    private readonly OperandStack _stack = context.Stack;

    public void Emit(in Instruction instruction)
    {
        var signature = OpcodeTable.SignatureOf(instruction.Opcode)!;
        if (signature.Result is { } result)
        {
            addresses.TakePointer(in instruction, signature.AccessBytes);
            _il.Unaligned(signature.AccessBytes);
            EmitLoad(instruction.Opcode);
            _stack.PushStack(result, depth: 1, max: OperandRanges.MaxOfLoad(instruction.Opcode));
        }
        else
        {
            var value = _stack.Take();
            addresses.TakePointer(in instruction, signature.AccessBytes);
            value.EmitCanonical();
            EmitStore(instruction.Opcode, signature.AccessBytes);
        }
    }

    private void EmitLoad(Opcode opcode)
    {
        _il.Emit(
            opcode switch
            {
                Opcode.I32Load or Opcode.I64Load32S => OpCodes.Ldind_I4,
                Opcode.I64Load => OpCodes.Ldind_I8,
                Opcode.F32Load => OpCodes.Ldind_R4,
                Opcode.F64Load => OpCodes.Ldind_R8,
                Opcode.I32Load8S or Opcode.I64Load8S => OpCodes.Ldind_I1,
                Opcode.I32Load8U or Opcode.I64Load8U => OpCodes.Ldind_U1,
                Opcode.I32Load16S or Opcode.I64Load16S => OpCodes.Ldind_I2,
                Opcode.I32Load16U or Opcode.I64Load16U => OpCodes.Ldind_U2,
                _ => OpCodes.Ldind_U4,
            }
        );
        if (opcode is Opcode.I64Load8U or Opcode.I64Load16U or Opcode.I64Load32U)
        {
            _il.Emit(OpCodes.Conv_U8);
        }
        else if (opcode is Opcode.I64Load8S or Opcode.I64Load16S or Opcode.I64Load32S)
        {
            _il.Emit(OpCodes.Conv_I8);
        }
    }

    private void EmitStore(Opcode opcode, int size)
    {
        if (opcode is Opcode.I64Store8 or Opcode.I64Store16 or Opcode.I64Store32)
        {
            _il.Emit(OpCodes.Conv_I4);
        }

        _il.Unaligned(size);
        _il.Emit(
            opcode switch
            {
                Opcode.I64Store => OpCodes.Stind_I8,
                Opcode.F32Store => OpCodes.Stind_R4,
                Opcode.F64Store => OpCodes.Stind_R8,
                Opcode.I32Store8 or Opcode.I64Store8 => OpCodes.Stind_I1,
                Opcode.I32Store16 or Opcode.I64Store16 => OpCodes.Stind_I2,
                _ => OpCodes.Stind_I4,
            }
        );
    }
}
