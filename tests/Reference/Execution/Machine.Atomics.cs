using Marketplace.Engine;
using Marketplace.Engine.Decode;
using Marketplace.Reference.Numerics;

namespace Marketplace.Reference.Execution;

/// <summary>
/// Atomic instructions (threads proposal). With one thread they are loads and stores whose address must be a multiple of their size,
/// which is looked at before the bounds.
/// </summary>
internal sealed partial class Machine
{
    /// <summary>Bytes of the seven forms that each kind of access has, in the order of the opcodes.</summary>
    private static readonly int[] AtomicBytes = [4, 8, 1, 2, 1, 2, 4];

    private void Atomic(Step step)
    {
        switch (step.Opcode)
        {
            case Opcode.AtomicFence:
                break;
            case Opcode.MemoryAtomicNotify:
                Pop();
                Memory.Check(AlignedAddress(step, 4), 4);
                Push(0);
                break;
            case Opcode.MemoryAtomicWait32 or Opcode.MemoryAtomicWait64:
                Wait(step, step.Opcode == Opcode.MemoryAtomicWait32 ? 4 : 8);
                break;
            default:
                AtomicAccess(step, AtomicBytes[(step.Opcode - Opcode.I32AtomicLoad) % AtomicBytes.Length]);
                break;
        }
    }

    private ulong AlignedAddress(Step step, int bytes)
    {
        var address = EffectiveAddress(step);
        return address % (ulong)bytes == 0 ? address : throw new TrapException(TrapKind.UnalignedAtomic);
    }

    /// <summary>Nobody could wake the only thread: a wait that would begin is over at once, or has no end.</summary>
    private void Wait(Step step, int bytes)
    {
        var (timeout, expected) = ((long)(ulong)Pop().Bits, Pop().Bits);
        var there = Memory.Load(AlignedAddress(step, bytes), bytes);
        if (!Memory.Type.Shared)
        {
            throw new TrapException(TrapKind.ExpectedSharedMemory);
        }

        if (there == expected && timeout < 0)
        {
            throw new TrapException(TrapKind.EndlessWait);
        }

        Push(there == expected ? 2u : 1u);
    }

    private void AtomicAccess(Step step, int bytes)
    {
        if (step.Opcode <= Opcode.I64AtomicLoad32U)
        {
            Push(Memory.Load(AlignedAddress(step, bytes), bytes));
            return;
        }

        var operand = (ulong)Pop().Bits;
        if (step.Opcode <= Opcode.I64AtomicStore32)
        {
            Memory.Store(AlignedAddress(step, bytes), operand, bytes);
            return;
        }

        var expected = step.Opcode >= Opcode.I32AtomicRmwCmpxchg ? Integers.Wrap(8 * bytes, (ulong)Pop().Bits) : 0;
        var address = AlignedAddress(step, bytes);
        var there = (ulong)Memory.Load(address, bytes);
        Memory.Store(
            address,
            step.Opcode switch
            {
                < Opcode.I32AtomicRmwSub => there + operand,
                < Opcode.I32AtomicRmwAnd => there - operand,
                < Opcode.I32AtomicRmwOr => there & operand,
                < Opcode.I32AtomicRmwXor => there | operand,
                < Opcode.I32AtomicRmwXchg => there ^ operand,
                < Opcode.I32AtomicRmwCmpxchg => operand,
                _ => there == expected ? operand : there,
            },
            bytes
        );
        Push(there);
    }
}
