using System.Reflection.Emit;
using Marketplace.Engine.Decode;
using Marketplace.Engine.Runtime;

namespace Marketplace.Engine.Emit;

/// <summary>
/// Emits instructions on memories, tables and references that are not worth code of their own at each use: calls of
/// <see cref="GuestCode"/>, before which the fuel is written back. They trap inside the call, so what waits on the evaluation stack below
/// their operands may stay. The result is left on the stack.
/// </summary>
internal sealed class RuntimeEmitter(EmitContext context, FuelEmitter fuel)
{
    private readonly CodeWriter _il = context.IL;
    private readonly OperandStack _stack = context.Stack;

    public void Emit(in Instruction instruction)
    {
        var (index, index2) = (instruction.Index, instruction.Index2);
        switch (instruction.Opcode)
        {
            case Opcode.MemorySize:
                Call(nameof(GuestCode.MemorySize), 0, WasmType.I32);
                break;
            case Opcode.MemoryGrow:
                Call(nameof(GuestCode.MemoryGrow), 1, WasmType.I32);
                break;
            case Opcode.MemoryFill:
                Call(nameof(GuestCode.MemoryFill), 3, null, context.Function);
                break;
            case Opcode.MemoryCopy:
                Call(nameof(GuestCode.MemoryCopy), 3, null, context.Function);
                break;
            case Opcode.MemoryInit:
                Call(nameof(GuestCode.MemoryInit), 3, null, index, context.Function);
                break;
            case Opcode.DataDrop:
                Call(nameof(GuestCode.DataDrop), 0, null, index);
                break;
            case Opcode.TableGet:
                Call(nameof(GuestCode.TableGet), 1, context.Content.Tables[index].Element, index, context.Function);
                break;
            case Opcode.TableSet:
                Call(nameof(GuestCode.TableSet), 2, null, index, context.Function);
                break;
            case Opcode.TableSize:
                Call(nameof(GuestCode.TableSize), 0, WasmType.I32, index);
                break;
            case Opcode.TableGrow:
                Call(nameof(GuestCode.TableGrow), 2, WasmType.I32, index);
                break;
            case Opcode.TableFill:
                Call(nameof(GuestCode.TableFill), 3, null, index, context.Function);
                break;
            case Opcode.TableInit:
                Call(nameof(GuestCode.TableInit), 3, null, index, index2, context.Function);
                break;
            case Opcode.TableCopy:
                Call(nameof(GuestCode.TableCopy), 3, null, index, index2, context.Function);
                break;
            case Opcode.ElemDrop:
                Call(nameof(GuestCode.ElemDrop), 0, null, index);
                break;
            case Opcode.RefFunc:
                Call(nameof(GuestCode.RefFunc), 0, WasmType.FuncRef, index);
                break;
            case Opcode.RefIsNull:
                var depth = _stack.Load(1);
                _il.Emit(OpCodes.Ldnull);
                _il.Emit(OpCodes.Ceq);
                _stack.PushStack(WasmType.I32, depth: depth + 1);
                break;
            default:
                throw new InvalidOperationException($"{instruction.Opcode} has no code; this is a bug in the emitter.");
        }
    }

    /// <summary>Operands, then immediates, then the instance: the parameters of every method of <see cref="GuestCode"/>.</summary>
    private void Call(string name, int operands, WasmType? result, params ReadOnlySpan<int> immediates)
    {
        fuel.Store();
        var depth = _stack.Load(operands);
        foreach (var immediate in immediates)
        {
            _il.LoadInt32(immediate);
        }

        context.Locals.EmitInstance();
        _il.Call(Members.Helper(typeof(GuestCode), name));
        if (result is { } resultType)
        {
            _stack.PushStack(resultType, depth: depth + 1);
        }
    }
}
