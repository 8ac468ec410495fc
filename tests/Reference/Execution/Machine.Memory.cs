using Marketplace.Engine.Decode;
using Marketplace.Reference.Numerics;

namespace Marketplace.Reference.Execution;

/// <summary>Memory instructions (core specification, 4.4.7). Bulk ones are checked, then charged by size, then done.</summary>
internal sealed partial class Machine
{
    private ReferenceMemory Memory => _frame.Instance.Memories[0];

    private void MemoryAccess(Step step)
    {
        var (bytes, signedTo) = Shape(step.Opcode);
        if (step.Opcode < Opcode.I32Store)
        {
            var value = Memory.Load(EffectiveAddress(step), bytes);
            Push(signedTo == 0 ? value : Integers.Extend(signedTo, 8 * bytes, (ulong)value));
        }
        else
        {
            var value = Pop().Bits;
            Memory.Store(EffectiveAddress(step), value, bytes);
        }
    }

    /// <summary>33 bits, so it never wraps around.</summary>
    private ulong EffectiveAddress(Step step) => (ulong)Pop().U32 + (ulong)step.Instruction.Bits;

    /// <summary>Bytes in memory, and the width to which a signed number is extended; 0 for the others.</summary>
    private static (int Bytes, int SignedTo) Shape(Opcode opcode) =>
        opcode switch
        {
            Opcode.I32Load or Opcode.F32Load or Opcode.I32Store or Opcode.F32Store or Opcode.I64Load32U or Opcode.I64Store32 => (4, 0),
            Opcode.I64Load or Opcode.F64Load or Opcode.I64Store or Opcode.F64Store => (8, 0),
            Opcode.I32Load8U or Opcode.I64Load8U or Opcode.I32Store8 or Opcode.I64Store8 => (1, 0),
            Opcode.I32Load16U or Opcode.I64Load16U or Opcode.I32Store16 or Opcode.I64Store16 => (2, 0),
            Opcode.I32Load8S => (1, 32),
            Opcode.I32Load16S => (2, 32),
            Opcode.I64Load8S => (1, 64),
            Opcode.I64Load16S => (2, 64),
            Opcode.I64Load32S => (4, 64),
            _ => throw new NotSupportedException($"{opcode} is no access to memory."),
        };

    private void MemoryInstruction(Step step)
    {
        switch (step.Opcode)
        {
            case Opcode.MemorySize:
                Push((uint)Memory.Pages);
                break;
            case Opcode.MemoryGrow:
                var before = Memory.Grow(Pop().U32);
                run.MemoryRefused |= before < 0;
                Push((uint)before);
                break;
            case Opcode.MemoryFill:
                Fill();
                break;
            case Opcode.MemoryCopy:
                Copy();
                break;
            case Opcode.MemoryInit:
                Initialise(step.Instruction.Index);
                break;
            default:
                _frame.Instance.DropData(step.Instruction.Index);
                break;
        }
    }

    private void Fill()
    {
        var (count, value, to) = (Pop().U32, Pop().U32, Pop().U32);
        Memory.Check(to, count);
        run.ChargeBySize(FuelTable.OfBytes(count));
        for (ulong i = 0; i < count; i++)
        {
            Memory.Write(to + i, (byte)value);
        }
    }

    private void Copy()
    {
        var (count, from, to) = (Pop().U32, Pop().U32, Pop().U32);
        Memory.Check(from, count);
        Memory.Check(to, count);
        run.ChargeBySize(FuelTable.OfBytes(count));
        var bytes = new byte[count];
        for (ulong i = 0; i < count; i++)
        {
            bytes[i] = Memory.Read(from + i);
        }

        for (ulong i = 0; i < count; i++)
        {
            Memory.Write(to + i, bytes[i]);
        }
    }

    private void Initialise(int segment)
    {
        var (count, from, to) = (Pop().U32, Pop().U32, Pop().U32);
        var data = _frame.Instance.Data(segment);
        if ((ulong)from + count > (ulong)data.Length)
        {
            throw new Engine.TrapException(Engine.TrapKind.OutOfBoundsMemoryAccess);
        }

        Memory.Check(to, count);
        run.ChargeBySize(FuelTable.OfBytes(count));
        for (uint i = 0; i < count; i++)
        {
            Memory.Write((ulong)to + i, data[(int)(from + i)]);
        }
    }
}
