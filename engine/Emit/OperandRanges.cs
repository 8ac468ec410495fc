using System.Numerics;
using Marketplace.Engine.Decode;

namespace Marketplace.Engine.Emit;

/// <summary>
/// Upper bounds of i32 results, unsigned: an index that was masked or shifted is often known to lie inside a table, and needs no check.
/// </summary>
internal static class OperandRanges
{
    /// <summary>Of the result of a numeric instruction whose operands are on the stack.</summary>
    public static uint MaxOf(Opcode opcode, OperandStack stack)
    {
        switch (opcode)
        {
            case >= Opcode.I32Eqz and <= Opcode.F64Ge:
                return 1;
            case Opcode.I32And or Opcode.I32Or or Opcode.I32Xor or Opcode.I32Add or Opcode.I32Mul or Opcode.I32Shl or Opcode.I32ShrU:
                break;
            default:
                return uint.MaxValue;
        }

        var (left, right) = (stack[stack.Count - 2], stack[stack.Count - 1]);
        ulong max = opcode switch
        {
            Opcode.I32And => Math.Min(left.Max, right.Max),
            Opcode.I32Or or Opcode.I32Xor => AllBitsOf(left.Max | right.Max),
            Opcode.I32Add => (ulong)left.Max + right.Max,
            Opcode.I32Mul => (ulong)left.Max * right.Max,
            Opcode.I32Shl when right.Place == OperandPlace.Constant => (ulong)left.Max << (int)(right.Bits & 31),
            Opcode.I32ShrU when right.Place == OperandPlace.Constant => left.Max >> (int)(right.Bits & 31),
            Opcode.I32ShrU => left.Max,
            _ => uint.MaxValue,
        };
        return max > uint.MaxValue ? uint.MaxValue : (uint)max;
    }

    public static uint MaxOfLoad(Opcode opcode) =>
        opcode switch
        {
            Opcode.I32Load8U => byte.MaxValue,
            Opcode.I32Load16U => ushort.MaxValue,
            _ => uint.MaxValue,
        };

    private static uint AllBitsOf(uint max) => max == 0 ? 0 : uint.MaxValue >> BitOperations.LeadingZeroCount(max);
}
