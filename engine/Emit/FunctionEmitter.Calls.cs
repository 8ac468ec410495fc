using System.Reflection.Emit;
using Marketplace.Engine.Decode;
using Marketplace.Engine.Runtime;

namespace Marketplace.Engine.Emit;

/// <summary>Calls, and instructions that are calls of the runtime.</summary>
internal sealed partial class FunctionEmitter
{
    /// <summary>With all of them behind the code, making machine code of it would take quadratic time.</summary>
    private const int ResolutionsOutOfLineMax = 256;

    private readonly List<(Label Resolve, Label Known, int Type)> _resolutions = [];

    private void Call(int index)
    {
        var callee = _content.TypeOfFunction(index);
        _stack.CanonicaliseTop(callee.Parameters.Length);

        // Else the machine-code compiler would give each operand that waits for the call a place in the frame of its own.
        _stack.SpillStack();
        _fuel.Store();
        var code = EmitCodeOf(index);
        _stack.Load(callee.Parameters.Length);
        _locals.EmitInstance();
        _il.LoadArgument(_locals.BudgetArgument);
        EmitCallOf(callee, code);
        PushResults(callee);
    }

    /// <summary>
    /// Leaves the code of a function, or what has it made, in the local that is returned; null for the function itself, whose code is
    /// there. The evaluation stack is empty: with the address on it the machine-code compiler would copy it to a new place for each call.
    /// </summary>
    private LocalBuilder? EmitCodeOf(int index)
    {
        if (index == _context.Function)
        {
            return null;
        }

        _locals.EmitInstance();
        _il.LoadInt32(index);
        _il.Emit(OpCodes.Stfld, Members.InstanceCallee);
        var code = _context.Scratch(typeof(nint));
        _il.LoadInt64(_module.SlotOf(index));
        _il.Emit(OpCodes.Ldind_I);
        _il.Emit(OpCodes.Stloc, code);
        return code;
    }

    private void EmitCallOf(FunctionType callee, LocalBuilder? code, bool tail = false)
    {
        if (code is not null)
        {
            _il.Emit(OpCodes.Ldloc, code);
        }

        if (tail)
        {
            _il.Emit(OpCodes.Tailcall);
        }

        if (code is not null)
        {
            _il.EmitCalli(callee);
        }
        else
        {
            _il.Emit(OpCodes.Call, _context.Guard ?? _context.Method);
        }
    }

    private void CallIndirect(int typeIndex, int tableIndex)
    {
        var callee = _content.Types[typeIndex];
        var function = EmitEntry(callee, typeIndex, tableIndex);
        _stack.Load(callee.Parameters.Length);
        _il.LoadField(function, Members.FunctionContext);
        _il.LoadArgument(_locals.BudgetArgument);
        _il.LoadField(function, Members.FunctionCode);
        _il.EmitCalli(callee);
        PushResults(callee);
    }

    private void ReturnCall(int index)
    {
        var callee = _content.TypeOfFunction(index);
        _stack.CanonicaliseTop(callee.Parameters.Length);
        _stack.SpillStack();
        _fuel.Store();
        var code = EmitCodeOf(index);
        _stack.Load(callee.Parameters.Length);
        _locals.EmitInstance();
        EmitBudgetWithoutFrame();
        EmitCallOf(callee, code, tail: true);
        Leave();
    }

    private void ReturnCallIndirect(int typeIndex, int tableIndex)
    {
        var callee = _content.Types[typeIndex];
        var function = EmitEntry(callee, typeIndex, tableIndex);
        _stack.Load(callee.Parameters.Length);
        _il.LoadField(function, Members.FunctionContext);
        EmitBudgetWithoutFrame();
        _il.LoadField(function, Members.FunctionCode);
        _il.Emit(OpCodes.Tailcall);
        _il.EmitCalli(callee);
        Leave();
    }

    /// <summary>The callee takes this frame's place, so it may use this frame's slots.</summary>
    private void EmitBudgetWithoutFrame()
    {
        _il.LoadArgument(_locals.BudgetArgument);
        _il.LoadInt32(_context.FrameSlots);
        _il.Emit(OpCodes.Add);
    }

    /// <summary>Nothing but the call's results may be on the evaluation stack.</summary>
    private void Leave()
    {
        _il.Emit(OpCodes.Ret);
        _reachable = false;
        _stack.Truncate(_blocks[^1].Height);
    }

    /// <summary>
    /// Checks the table's entry and leaves it in the local that is returned. The arguments below the index have canonical NaNs, and
    /// the evaluation stack is empty.
    /// </summary>
    private LocalBuilder EmitEntry(FunctionType callee, int typeIndex, int tableIndex)
    {
        var index = _stack.Take();
        _stack.CanonicaliseTop(callee.Parameters.Length);
        _stack.SpillStack();
        _fuel.Store();

        var table = _context.Scratch(typeof(Table));
        _locals.EmitInstanceField(Members.InstanceTables);
        _il.LoadInt32(tableIndex);
        _il.Emit(OpCodes.Ldelem_Ref);
        _il.Emit(OpCodes.Stloc, table);
        index.Emit();
        _il.LoadField(table, Members.TableCount);
        _il.Emit(OpCodes.Bge_Un, _fuel.Trap(TrapKind.UndefinedElement));

        var function = _context.Scratch(typeof(Function));
        _il.LoadField(table, Members.TableElements);
        index.Emit();
        _il.Emit(OpCodes.Ldelem_Ref);
        _il.Emit(OpCodes.Stloc, function);
        _il.Emit(OpCodes.Ldloc, function);
        _il.Emit(OpCodes.Brfalse, _fuel.Trap(TrapKind.UninitializedElement));
        var (resolve, known) = (_il.DefineLabel(), _il.DefineLabel());
        _il.LoadField(function, Members.FunctionSignature);
        _il.LoadInt64(_module.Signatures[typeIndex].Bits);
        if (_resolutions.Count < ResolutionsOutOfLineMax)
        {
            _il.Emit(OpCodes.Bne_Un, resolve);
            _resolutions.Add((resolve, known, typeIndex));
        }
        else
        {
            _il.Emit(OpCodes.Beq, known);
            EmitResolution(typeIndex);
        }

        _il.MarkLabel(known);
        return function;
    }

    /// <summary>Behind the code: what indirect calls do once for each function that they find in a table.</summary>
    private void EmitResolutions()
    {
        foreach (var (resolve, known, typeIndex) in _resolutions)
        {
            _il.MarkLabel(resolve);
            EmitResolution(typeIndex);
            _il.Emit(OpCodes.Br, known);
        }
    }

    private void EmitResolution(int typeIndex)
    {
        _il.Emit(OpCodes.Ldloc, _context.Scratch(typeof(Function)));
        _il.LoadInt64(_module.Signatures[typeIndex].Bits);
        _il.LoadInt32(_context.Function);
        _locals.EmitInstance();
        _il.Emit(OpCodes.Call, Members.ResolveFunction);
    }

    /// <summary>Of a call whose operands were all off the evaluation stack.</summary>
    private void PushResults(FunctionType callee)
    {
        var results = callee.Results.AsSpan();
        if (results.Length == 1)
        {
            _stack.PushStack(results[0], depth: 1);
            if (results[0] == WasmType.V128)
            {
                // Else each call would have a place in the frame for its result.
                _stack.SpillStack(_stack.Count - 1);
            }

            return;
        }

        for (var i = 0; i < results.Length; i++)
        {
            if (i > 0)
            {
                ResultSlots.EmitLoad(_il, _context.Run, i - 1, results[i]);
            }

            _il.Emit(OpCodes.Stloc, _locals.Spill(_stack.Count, results[i]));
            _stack.PushSpilled(results[i]);
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
                CallRuntime(nameof(GuestCode.MemoryFill), 3, null, _context.Function);
                break;
            case Opcode.MemoryCopy:
                CallRuntime(nameof(GuestCode.MemoryCopy), 3, null, _context.Function);
                break;
            case Opcode.MemoryInit:
                CallRuntime(nameof(GuestCode.MemoryInit), 3, null, index, _context.Function);
                break;
            case Opcode.DataDrop:
                CallRuntime(nameof(GuestCode.DataDrop), 0, null, index);
                break;
            case Opcode.TableGet:
                CallRuntime(nameof(GuestCode.TableGet), 1, _content.Tables[index].Element, index, _context.Function);
                break;
            case Opcode.TableSet:
                CallRuntime(nameof(GuestCode.TableSet), 2, null, index, _context.Function);
                break;
            case Opcode.TableSize:
                CallRuntime(nameof(GuestCode.TableSize), 0, WasmType.I32, index);
                break;
            case Opcode.TableGrow:
                CallRuntime(nameof(GuestCode.TableGrow), 2, WasmType.I32, index);
                break;
            case Opcode.TableFill:
                CallRuntime(nameof(GuestCode.TableFill), 3, null, index, _context.Function);
                break;
            case Opcode.TableInit:
                CallRuntime(nameof(GuestCode.TableInit), 3, null, index, index2, _context.Function);
                break;
            case Opcode.TableCopy:
                CallRuntime(nameof(GuestCode.TableCopy), 3, null, index, index2, _context.Function);
                break;
            case Opcode.ElemDrop:
                CallRuntime(nameof(GuestCode.ElemDrop), 0, null, index);
                break;
            case Opcode.RefFunc:
                CallRuntime(nameof(GuestCode.RefFunc), 0, WasmType.FuncRef, index);
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
    private void CallRuntime(string name, int operands, WasmType? result, params ReadOnlySpan<int> immediates)
    {
        _fuel.Store();
        var depth = _stack.Load(operands);
        foreach (var immediate in immediates)
        {
            _il.LoadInt32(immediate);
        }

        _locals.EmitInstance();
        _il.Emit(OpCodes.Call, Members.Helper(typeof(GuestCode), name));
        if (result is { } resultType)
        {
            _stack.PushStack(resultType, depth: depth + 1);
        }
    }
}
