using System.Reflection.Emit;
using Marketplace.Engine.Decode;
using Marketplace.Engine.Runtime;

namespace Marketplace.Engine.Emit;

/// <summary>
/// Emits numeric instructions: those that cannot trap as <see cref="NumericCode"/>, the others with a check. Without a check operands stay
/// on the evaluation stack. With one they are taken, and what else waits is spilled, so that a branch to a trap finds the stack empty. The
/// result is left on the stack, with what is known of its NaNs and of its size.
/// </summary>
internal sealed class NumericEmitter(EmitContext context, FuelEmitter fuel, CompilerDefects defects)
{
    private readonly CodeWriter _il = context.IL;
    private readonly OperandStack _stack = context.Stack;

    public void Emit(Opcode opcode)
    {
        switch (opcode)
        {
            case Opcode.I32DivS
            or Opcode.I32DivU
            or Opcode.I32RemS
            or Opcode.I32RemU
            or Opcode.I64DivS
            or Opcode.I64DivU
            or Opcode.I64RemS
            or Opcode.I64RemU:
                Divide(opcode);
                return;
            case >= Opcode.I32TruncF32S and <= Opcode.I32TruncF64U or >= Opcode.I64TruncF32S and <= Opcode.I64TruncF64U:
                Truncate(opcode);
                return;
        }

        var signature = OpcodeTable.SignatureOf(opcode)!;
        var operands = signature.Operands.Length;
        var anyNaN = _stack.SettleNaNs(opcode, operands);
        var max = OperandRanges.MaxOf(opcode, _stack);
        var withZero = MayCompareWithZero(opcode, operands);
        var depth = NumericCode.IsCommutative(opcode) ? _stack.LoadEither() : _stack.Load(operands);
        if (withZero)
        {
            defects.EmitBeforeComparison(wide: opcode >= Opcode.I64Eqz);
        }

        if (opcode == Opcode.F32ReinterpretI32)
        {
            defects.EmitReinterpretation();
        }
        else
        {
            NumericCode.Emit(_il, opcode);
        }

        _stack.PushStack(signature.Result!.Value, depth + 1, anyNaN, max: max);
    }

    /// <summary>An integer comparison that zero decides, or may decide once constants are put in for locals.</summary>
    private bool MayCompareWithZero(Opcode opcode, int operands)
    {
        if (opcode is not (>= Opcode.I32Eqz and <= Opcode.I64GeU))
        {
            return false;
        }

        for (var height = _stack.Count - operands; height < _stack.Count; height++)
        {
            // Less than 1 and greater than -1 are comparisons with zero too.
            if (
                _stack[height] is { Place: OperandPlace.Constant } constant
                && (constant.Type == WasmType.I32 ? (int)constant.Bits : constant.Bits) is not (>= -1 and <= 1)
            )
            {
                return false;
            }
        }

        return true;
    }

    private void Divide(Opcode opcode)
    {
        var type = opcode >= Opcode.I64DivS ? WasmType.I64 : WasmType.I32;
        var divisor = _stack.Take();
        var dividend = _stack.Take();
        _stack.SpillStack();
        var constant = type == WasmType.I64 ? divisor.Constant : (int?)divisor.Constant;
        if (constant is null or 0)
        {
            divisor.Emit();
            _il.Emit(OpCodes.Brfalse, fuel.Trap(TrapKind.IntegerDivideByZero));
        }

        if (opcode is Opcode.I32DivS or Opcode.I64DivS && constant is null or -1)
        {
            var fits = _il.DefineLabel();
            divisor.Emit();
            context.Locals.EmitConstant(type, -1);
            _il.Emit(OpCodes.Bne_Un, fits);
            dividend.Emit();
            context.Locals.EmitConstant(type, type == WasmType.I64 ? long.MinValue : int.MinValue);
            _il.Emit(OpCodes.Beq, fuel.Trap(TrapKind.IntegerOverflow));
            _il.MarkLabel(fits);
        }

        dividend.Emit();
        divisor.Emit();
        if (opcode is Opcode.I32RemS or Opcode.I64RemS && constant is null or -1)
        {
            // The processor's instruction faults on the least integer and -1.
            _il.Call(Members.Helper(typeof(Arithmetic), opcode.ToString()));
        }
        else
        {
            _il.Emit(
                opcode switch
                {
                    Opcode.I32DivS or Opcode.I64DivS => OpCodes.Div,
                    Opcode.I32DivU or Opcode.I64DivU => OpCodes.Div_Un,
                    Opcode.I32RemS or Opcode.I64RemS => OpCodes.Rem,
                    _ => OpCodes.Rem_Un,
                }
            );
        }

        _stack.PushStack(type, depth: 1);
    }

    /// <summary>Float to integer: traps on NaN and outside the open range of values whose integer part fits.</summary>
    private void Truncate(Opcode opcode)
    {
        var value = _stack.Take();
        _stack.SpillStack();
        value.Emit();
        value.Emit();
        _il.Emit(OpCodes.Bne_Un, fuel.Trap(TrapKind.InvalidConversionToInteger));
        var (low, lowFits, high) = TruncationRange(opcode);
        value.Emit();
        EmitFloat(value.Type, low);
        _il.Emit(lowFits ? OpCodes.Blt : OpCodes.Ble, fuel.Trap(TrapKind.IntegerOverflow));
        value.Emit();
        EmitFloat(value.Type, high);
        _il.Emit(OpCodes.Bge, fuel.Trap(TrapKind.IntegerOverflow));
        value.Emit();
        NumericCode.EmitTruncation(_il, opcode);
        _stack.PushStack(opcode < Opcode.I64ExtendI32S ? WasmType.I32 : WasmType.I64, depth: 1);
    }

    /// <summary>A float whose integer part fits is above Low, or at it where that fits, and below High.</summary>
    internal static (double Low, bool LowFits, double High) TruncationRange(Opcode opcode) =>
        opcode switch
        {
            Opcode.I32TruncF32S => (-2147483648.0, true, 2147483648.0),
            Opcode.I32TruncF64S => (-2147483649.0, false, 2147483648.0),
            Opcode.I32TruncF32U or Opcode.I32TruncF64U => (-1.0, false, 4294967296.0),
            Opcode.I64TruncF32S or Opcode.I64TruncF64S => (-9223372036854775808.0, true, 9223372036854775808.0),
            _ => (-1.0, false, 18446744073709551616.0),
        };

    private void EmitFloat(WasmType floatType, double value)
    {
        if (floatType == WasmType.F32)
        {
            _il.Emit(OpCodes.Ldc_R4, (float)value);
        }
        else
        {
            _il.Emit(OpCodes.Ldc_R8, value);
        }
    }
}
