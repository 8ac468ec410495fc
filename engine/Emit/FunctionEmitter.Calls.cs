using System.Reflection.Emit;
using Marketplace.Engine.Decode;
using Marketplace.Engine.Runtime;

namespace Marketplace.Engine.Emit;

/// <summary>Calls, and instructions that are calls of the runtime.</summary>
internal sealed partial class FunctionEmitter
{
    private void Call(int index)
    {
        var callee = content.TypeOfFunction(index);
        stack.CanonicaliseTop(callee.Parameters.Length);
        StoreFuel();
        var depth = stack.Load(callee.Parameters.Length);
        il.LoadArgument(locals.ContextArgument);
        il.LoadArgument(locals.BudgetArgument);
        il.Emit(OpCodes.Call, module.Method(index));
        PushResults(callee, depth + 1);
    }

    private void CallIndirect(int typeIndex, int tableIndex)
    {
        var callee = content.Types[typeIndex];
        var count = callee.Parameters.Length;
        var index = stack.Take();
        stack.CanonicaliseTop(count);
        stack.SpillStack();

        var table = Scratch(typeof(Table));
        il.LoadArgument(locals.ContextArgument);
        il.Emit(OpCodes.Ldfld, Members.InstanceTables);
        il.LoadInt32(tableIndex);
        il.Emit(OpCodes.Ldelem_Ref);
        il.Emit(OpCodes.Stloc, table);
        index.Emit();
        il.Emit(OpCodes.Ldloc, table);
        il.Emit(OpCodes.Ldfld, Members.TableCount);
        il.Emit(OpCodes.Bge_Un, TrapLabel(TrapKind.UndefinedElement));

        var function = Scratch(typeof(Function));
        il.Emit(OpCodes.Ldloc, table);
        il.Emit(OpCodes.Ldfld, Members.TableElements);
        index.Emit();
        il.Emit(OpCodes.Ldelem_Ref);
        il.Emit(OpCodes.Stloc, function);
        il.Emit(OpCodes.Ldloc, function);
        il.Emit(OpCodes.Brfalse, TrapLabel(TrapKind.UninitializedElement));
        il.Emit(OpCodes.Ldloc, function);
        il.Emit(OpCodes.Ldfld, Members.FunctionSignature);
        il.LoadInt64(module.Signatures[typeIndex].Bits);
        il.Emit(OpCodes.Bne_Un, TrapLabel(TrapKind.IndirectCallTypeMismatch));

        StoreFuel();
        stack.Load(count);
        il.Emit(OpCodes.Ldloc, function);
        il.Emit(OpCodes.Ldfld, Members.FunctionContext);
        il.LoadArgument(locals.BudgetArgument);
        il.Emit(OpCodes.Ldloc, function);
        il.Emit(OpCodes.Ldfld, Members.FunctionCode);
        GuestSignature.EmitCalli(il, callee);
        PushResults(callee, 0);
    }

    private void PushResults(FunctionType callee, int depth)
    {
        var results = callee.Results.AsSpan();
        if (results.Length == 1)
        {
            stack.PushStack(results[0], depth: depth);
            return;
        }

        for (var i = 0; i < results.Length; i++)
        {
            if (i > 0)
            {
                ResultSlots.EmitLoad(il, run, i - 1, results[i]);
            }

            il.Emit(OpCodes.Stloc, locals.Spill(stack.Count, results[i]));
            stack.PushSpilled(results[i]);
        }
    }

    /// <summary>Instructions on memories, tables and references that are not worth code of their own at each use.</summary>
    private void RuntimeInstruction(in Instruction instruction)
    {
        var (index, index2) = (instruction.Index, instruction.Index2);
        switch (instruction.Opcode)
        {
            case Opcode.MemorySize:
                CallRuntime(nameof(GuestCode.MemorySize), 0, WasmType.I32);
                break;
            case Opcode.MemoryGrow:
                CallRuntime(nameof(GuestCode.MemoryGrow), 1, WasmType.I32);
                break;
            case Opcode.MemoryFill:
                CallRuntime(nameof(GuestCode.MemoryFill), 3, null);
                break;
            case Opcode.MemoryCopy:
                CallRuntime(nameof(GuestCode.MemoryCopy), 3, null);
                break;
            case Opcode.MemoryInit:
                CallRuntime(nameof(GuestCode.MemoryInit), 3, null, index);
                break;
            case Opcode.DataDrop:
                CallRuntime(nameof(GuestCode.DataDrop), 0, null, index);
                break;
            case Opcode.TableGet:
                CallRuntime(nameof(GuestCode.TableGet), 1, content.Tables[index].Element, index);
                break;
            case Opcode.TableSet:
                CallRuntime(nameof(GuestCode.TableSet), 2, null, index);
                break;
            case Opcode.TableSize:
                CallRuntime(nameof(GuestCode.TableSize), 0, WasmType.I32, index);
                break;
            case Opcode.TableGrow:
                CallRuntime(nameof(GuestCode.TableGrow), 2, WasmType.I32, index);
                break;
            case Opcode.TableFill:
                CallRuntime(nameof(GuestCode.TableFill), 3, null, index);
                break;
            case Opcode.TableInit:
                CallRuntime(nameof(GuestCode.TableInit), 3, null, index, index2);
                break;
            case Opcode.TableCopy:
                CallRuntime(nameof(GuestCode.TableCopy), 3, null, index, index2);
                break;
            case Opcode.ElemDrop:
                CallRuntime(nameof(GuestCode.ElemDrop), 0, null, index);
                break;
            case Opcode.RefFunc:
                CallRuntime(nameof(GuestCode.RefFunc), 0, WasmType.FuncRef, index);
                break;
            case Opcode.RefIsNull:
                stack.Load(1);
                il.Emit(OpCodes.Ldnull);
                il.Emit(OpCodes.Ceq);
                stack.PushStack(WasmType.I32, depth: 1);
                break;
            default:
                throw new InvalidOperationException($"{instruction.Opcode} has no code; this is a bug in the emitter.");
        }
    }

    /// <summary>Operands, then immediates, then the instance: the parameters of every method of <see cref="GuestCode"/>.</summary>
    private void CallRuntime(string name, int operands, WasmType? result, params ReadOnlySpan<int> immediates)
    {
        StoreFuel();
        stack.Load(operands);
        foreach (var immediate in immediates)
        {
            il.LoadInt32(immediate);
        }

        il.LoadArgument(locals.ContextArgument);
        il.Emit(OpCodes.Call, Members.Helper(typeof(GuestCode), name));
        if (result is { } resultType)
        {
            stack.PushStack(resultType, depth: 1);
        }
    }
}
