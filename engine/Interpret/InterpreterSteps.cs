using Marketplace.Engine.Decode;
using Marketplace.Engine.Emit;
using Marketplace.Engine.Runtime;

namespace Marketplace.Engine.Interpret;

/// <summary>Steps that neither go elsewhere nor are frequent enough to stand in the interpreter's loop.</summary>
internal static unsafe class InterpreterSteps
{
    public static void Do(in Step step, long* cells, int function, Instance instance)
    {
        switch (step.Operation)
        {
            case Operation.Unary:
                cells[step.To] = Numbers.Unary(step.Opcode, cells[step.First]);
                break;
            case Operation.F32Binary:
                cells[step.To] = Numbers.BinaryF32(step.Opcode, cells[step.First], cells[step.Second]);
                break;
            case Operation.F64Binary:
                cells[step.To] = Numbers.BinaryF64(step.Opcode, cells[step.First], cells[step.Second]);
                break;
            case Operation.Divide32:
                cells[step.To] = (uint)Divide32(step.Opcode, (int)cells[step.First], (int)cells[step.Second], function, instance);
                break;
            case Operation.Divide64:
                cells[step.To] = Divide64(step.Opcode, cells[step.First], cells[step.Second], function, instance);
                break;
            case Operation.Truncate:
                cells[step.To] = Truncate(step.Opcode, cells[step.First], function, instance);
                break;
            case Operation.Saturate:
                cells[step.To] = Saturate((Opcode)((int)Opcode.I32TruncSatF32S + step.Detail), cells[step.First]);
                break;
            case Operation.GlobalGet:
                cells[step.To] = instance.GlobalCells[step.Bits].Low;
                break;
            case Operation.GlobalSet:
                instance.GlobalCells[step.Bits].Low = cells[step.First];
                break;
            case Operation.ImportedGlobalGet:
                var read = instance.Globals[step.Bits]!;
                cells[step.To] = read.Cells[read.Slot].Low;
                break;
            case Operation.ImportedGlobalSet:
                var written = instance.Globals[step.Bits]!;
                written.Cells[written.Slot].Low = cells[step.First];
                break;
            case Operation.Memory:
                Memory(in step, cells, function, instance);
                break;
            case Operation.Unreachable:
                throw GuestCode.MakeTrap(TrapKind.Unreachable, function, instance);
            default:
                throw new InvalidOperationException($"{step.Operation} cannot be interpreted; this is a bug in the translator.");
        }
    }

    private static int Divide32(Opcode opcode, int dividend, int divisor, int function, Instance instance)
    {
        if (divisor == 0)
        {
            throw GuestCode.MakeTrap(TrapKind.IntegerDivideByZero, function, instance);
        }

        if (opcode == Opcode.I32DivS && dividend == int.MinValue && divisor == -1)
        {
            throw GuestCode.MakeTrap(TrapKind.IntegerOverflow, function, instance);
        }

        return opcode switch
        {
            Opcode.I32DivS => dividend / divisor,
            Opcode.I32DivU => (int)((uint)dividend / (uint)divisor),
            Opcode.I32RemS => Arithmetic.I32RemS(dividend, divisor),
            _ => (int)((uint)dividend % (uint)divisor),
        };
    }

    private static long Divide64(Opcode opcode, long dividend, long divisor, int function, Instance instance)
    {
        if (divisor == 0)
        {
            throw GuestCode.MakeTrap(TrapKind.IntegerDivideByZero, function, instance);
        }

        if (opcode == Opcode.I64DivS && dividend == long.MinValue && divisor == -1)
        {
            throw GuestCode.MakeTrap(TrapKind.IntegerOverflow, function, instance);
        }

        return opcode switch
        {
            Opcode.I64DivS => dividend / divisor,
            Opcode.I64DivU => (long)((ulong)dividend / (ulong)divisor),
            Opcode.I64RemS => Arithmetic.I64RemS(dividend, divisor),
            _ => (long)((ulong)dividend % (ulong)divisor),
        };
    }

    /// <summary>The bounds of floats are exact in doubles, so both kinds are compared as doubles.</summary>
    private static long Truncate(Opcode opcode, long bits, int function, Instance instance)
    {
        var isDouble = opcode is Opcode.I32TruncF64S or Opcode.I32TruncF64U or Opcode.I64TruncF64S or Opcode.I64TruncF64U;
        var value = Numbers.Double(isDouble, bits);
        if (double.IsNaN(value))
        {
            throw GuestCode.MakeTrap(TrapKind.InvalidConversionToInteger, function, instance);
        }

        var (low, lowFits, high) = NumericEmitter.TruncationRange(opcode);
        if (value < low || (value == low && !lowFits) || value >= high)
        {
            throw GuestCode.MakeTrap(TrapKind.IntegerOverflow, function, instance);
        }

        var signed = opcode is Opcode.I32TruncF32S or Opcode.I32TruncF64S or Opcode.I64TruncF32S or Opcode.I64TruncF64S;
        return Numbers.Saturate(value, wide: opcode >= Opcode.I64TruncF32S, signed);
    }

    private static long Saturate(Opcode opcode, long bits)
    {
        var isDouble = opcode is Opcode.I32TruncSatF64S or Opcode.I32TruncSatF64U or Opcode.I64TruncSatF64S or Opcode.I64TruncSatF64U;
        var signed = opcode is Opcode.I32TruncSatF32S or Opcode.I32TruncSatF64S or Opcode.I64TruncSatF32S or Opcode.I64TruncSatF64S;
        return Numbers.Saturate(Numbers.Double(isDouble, bits), wide: opcode >= Opcode.I64TruncSatF32S, signed);
    }

    private static void Memory(in Step step, long* cells, int function, Instance instance)
    {
        var operands = cells + step.First;
        switch (step.Detail)
        {
            case (byte)Opcode.MemorySize:
                cells[step.To] = GuestCode.MemorySize(instance);
                break;
            case (byte)Opcode.MemoryGrow:
                cells[step.To] = (uint)GuestCode.MemoryGrow((int)operands[0], instance);
                break;
            case unchecked((byte)Opcode.MemoryFill):
                GuestCode.MemoryFill((int)operands[0], (int)operands[1], (int)operands[2], function, instance);
                break;
            case unchecked((byte)Opcode.MemoryCopy):
                GuestCode.MemoryCopy((int)operands[0], (int)operands[1], (int)operands[2], function, instance);
                break;
            case unchecked((byte)Opcode.MemoryInit):
                GuestCode.MemoryInit((int)operands[0], (int)operands[1], (int)operands[2], (int)step.Bits, function, instance);
                break;
            default:
                GuestCode.DataDrop((int)step.Bits, instance);
                break;
        }
    }
}
