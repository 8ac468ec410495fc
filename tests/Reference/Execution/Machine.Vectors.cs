using Marketplace.Engine.Decode;
using Marketplace.Reference.Numerics;

namespace Marketplace.Reference.Execution;

/// <summary>Vector instructions with immediates, and those that go to memory (core specification, 4.4.3 and 4.4.7).</summary>
internal sealed partial class Machine
{
    /// <returns>False where the instruction is none of these.</returns>
    private bool Vector(Step step)
    {
        var bits = ((UInt128)(ulong)step.Instruction.HighBits << 64) | (ulong)step.Instruction.Bits;
        switch (step.Opcode)
        {
            case Opcode.V128Const:
                Push(bits);
                return true;
            case Opcode.I8x16Shuffle:
                var (second, first) = (Pop().Bits, Pop().Bits);
                Push(Lanes.Map(8, bits, i => i < 16 ? Lanes.Get(first, 8, (int)i) : Lanes.Get(second, 8, (int)i - 16)));
                return true;
            case Opcode.V128Bitselect:
                var (mask, no, yes) = (Pop().Bits, Pop().Bits, Pop().Bits);
                Push((yes & mask) | (no & ~mask));
                return true;
            case >= Opcode.I8x16ExtractLaneS and <= Opcode.F64x2ReplaceLane:
                Lane(step);
                return true;
            case <= Opcode.V128Store:
            case >= Opcode.V128Load8Lane and <= Opcode.V128Load64Zero:
                VectorMemory(step);
                return true;
            default:
                return false;
        }
    }

    private void Lane(Step step)
    {
        int lane = step.Instruction.Lane;
        switch (step.Opcode)
        {
            case Opcode.I8x16ExtractLaneS:
                Push(Integers.Extend(32, 8, Lanes.Get(Pop().Bits, 8, lane)));
                break;
            case Opcode.I16x8ExtractLaneS:
                Push(Integers.Extend(32, 16, Lanes.Get(Pop().Bits, 16, lane)));
                break;
            case Opcode.I8x16ExtractLaneU:
                Push(Lanes.Get(Pop().Bits, 8, lane));
                break;
            case Opcode.I16x8ExtractLaneU:
                Push(Lanes.Get(Pop().Bits, 16, lane));
                break;
            case Opcode.I32x4ExtractLane or Opcode.F32x4ExtractLane:
                Push(Lanes.Get(Pop().Bits, 32, lane));
                break;
            case Opcode.I64x2ExtractLane or Opcode.F64x2ExtractLane:
                Push(Lanes.Get(Pop().Bits, 64, lane));
                break;
            default:
                var n = step.Opcode switch
                {
                    Opcode.I8x16ReplaceLane => 8,
                    Opcode.I16x8ReplaceLane => 16,
                    Opcode.I32x4ReplaceLane or Opcode.F32x4ReplaceLane => 32,
                    _ => 64,
                };
                var value = (ulong)Pop().Bits;
                Push(Lanes.With(Pop().Bits, n, lane, value));
                break;
        }
    }

    private void VectorMemory(Step step)
    {
        int lane = step.Instruction.Lane;
        switch (step.Opcode)
        {
            case Opcode.V128Load:
                Push(Memory.Load(EffectiveAddress(step), 16));
                break;
            case Opcode.V128Store:
                var stored = Pop().Bits;
                Memory.Store(EffectiveAddress(step), stored, 16);
                break;
            case >= Opcode.V128Load8x8S and <= Opcode.V128Load32x2U:
                var half = Memory.Load(EffectiveAddress(step), 8);
                var n = 8 << ((step.Opcode - Opcode.V128Load8x8S) / 2);
                var signed = (step.Opcode - Opcode.V128Load8x8S) % 2 == 0;
                Push(Lanes.Make(2 * n, i => signed ? Integers.Extend(2 * n, n, Lanes.Get(half, n, i)) : Lanes.Get(half, n, i)));
                break;
            case >= Opcode.V128Load8Splat and <= Opcode.V128Load64Splat:
                var bytes = 1 << (step.Opcode - Opcode.V128Load8Splat);
                Push(Lanes.Splat(8 * bytes, (ulong)Memory.Load(EffectiveAddress(step), bytes)));
                break;
            case Opcode.V128Load32Zero:
                Push(Memory.Load(EffectiveAddress(step), 4));
                break;
            case Opcode.V128Load64Zero:
                Push(Memory.Load(EffectiveAddress(step), 8));
                break;
            case >= Opcode.V128Load8Lane and <= Opcode.V128Load64Lane:
                var loaded = 1 << (step.Opcode - Opcode.V128Load8Lane);
                var into = Pop().Bits;
                Push(Lanes.With(into, 8 * loaded, lane, (ulong)Memory.Load(EffectiveAddress(step), loaded)));
                break;
            default:
                var written = 1 << (step.Opcode - Opcode.V128Store8Lane);
                var from = Pop().Bits;
                Memory.Store(EffectiveAddress(step), Lanes.Get(from, 8 * written, lane), written);
                break;
        }
    }
}
