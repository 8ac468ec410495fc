using System.Reflection.Emit;
using Marketplace.Engine.Decode;

namespace Marketplace.Engine.Emit;

/// <summary>
/// Emits calls of guests' functions: direct, through a table, and from the tail. Owns the blocks behind the code in which indirect calls
/// find functions for the first time. May assume that the run is in its local. Before each call all that waits on the evaluation stack is
/// spilled, the arguments' NaNs are canonical and the fuel is in the run. Results become operands; behind a tail call nothing is reached.
/// </summary>
internal sealed class CallEmitter(EmitContext context, FuelEmitter fuel)
{
    /// <summary>With all of them behind the code, making machine code of it would take quadratic time.</summary>
    private const int ResolutionsOutOfLineMax = 256;

    private readonly ModuleContent _content = context.Content;
    private readonly CodeWriter _il = context.IL;
    private readonly FunctionLocals _locals = context.Locals;
    private readonly OperandStack _stack = context.Stack;
    private readonly List<(Label Resolve, Label Known, int Type)> _resolutions = [];

    /// <param name="instruction">A call.</param>
    /// <param name="tail">Whether the callee takes this frame's place.</param>
    public void Emit(in Instruction instruction, bool tail)
    {
        if (instruction.Opcode is Opcode.Call or Opcode.ReturnCall)
        {
            Call(instruction.Index, tail);
        }
        else
        {
            CallIndirect(instruction.Index, instruction.Index2, tail);
        }
    }

    /// <summary>Behind the code: what indirect calls do once for each function that they find in a table.</summary>
    public void EmitResolutions()
    {
        foreach (var (resolve, known, typeIndex) in _resolutions)
        {
            _il.MarkLabel(resolve);
            EmitResolution(typeIndex);
            _il.Emit(OpCodes.Br, known);
        }
    }

    private void Call(int index, bool tail)
    {
        var callee = _content.TypeOfFunction(index);
        SettleArguments(callee);
        var code = EmitCodeOf(index);
        _stack.Load(callee.Parameters.Length);
        _locals.EmitInstance();
        EmitBudget(tail);
        if (code is not null)
        {
            _il.LoadLocal(code);
        }

        EmitTail(tail);
        if (code is not null)
        {
            _il.EmitCalli(callee);
        }
        else
        {
            _il.Call(context.Guard ?? context.Method);
        }

        EndCall(callee, tail);
    }

    private void CallIndirect(int typeIndex, int tableIndex, bool tail)
    {
        var callee = _content.Types[typeIndex];
        var function = EmitEntry(callee, typeIndex, tableIndex);
        _stack.Load(callee.Parameters.Length);
        _il.LoadField(function, Members.FunctionContext);
        EmitBudget(tail);
        _il.LoadField(function, Members.FunctionCode);
        EmitTail(tail);
        _il.EmitCalli(callee);
        EndCall(callee, tail);
    }

    /// <summary>
    /// Empties the evaluation stack too: else the machine-code compiler would give each operand that waits for the call its own place in
    /// the frame.
    /// </summary>
    private void SettleArguments(FunctionType callee)
    {
        _stack.CanonicaliseTop(callee.Parameters.Length);
        _stack.SpillStack();
        fuel.Store();
    }

    /// <summary>A callee that takes this frame's place may use this frame's slots.</summary>
    private void EmitBudget(bool tail)
    {
        _il.LoadArgument(_locals.BudgetArgument);
        if (tail)
        {
            _il.LoadInt32(context.FrameSlots);
            _il.Emit(OpCodes.Add);
        }
    }

    private void EmitTail(bool tail)
    {
        if (tail)
        {
            _il.Emit(OpCodes.Tailcall);
        }
    }

    /// <summary>Nothing but the call's results is on the evaluation stack.</summary>
    private void EndCall(FunctionType callee, bool tail)
    {
        if (tail)
        {
            _il.Emit(OpCodes.Ret);
        }
        else
        {
            PushResults(callee);
        }
    }

    /// <summary>
    /// Leaves the address of a function's code, or of the stub that has it made, in the returned local; null for the function itself, if
    /// the method is all of it: that code exists. The evaluation stack is empty: the machine-code compiler would copy an address on it to
    /// a new place for each call.
    /// </summary>
    private LocalBuilder? EmitCodeOf(int index)
    {
        if (index == context.Function && context.EntryLoop is null)
        {
            return null;
        }

        _locals.EmitInstance();
        _il.LoadInt32(index);
        _il.Emit(OpCodes.Stfld, Members.InstanceCallee);
        var code = context.Scratch(typeof(nint));
        _il.LoadInt64(context.Module.SlotOf(index));
        _il.Emit(OpCodes.Ldind_I);
        _il.StoreLocal(code);
        return code;
    }

    /// <summary>
    /// Checks the table's entry and leaves it in the returned local. The arguments below the index have canonical NaNs, and the
    /// evaluation stack is empty.
    /// </summary>
    private LocalBuilder EmitEntry(FunctionType callee, int typeIndex, int tableIndex)
    {
        var index = _stack.Take();
        SettleArguments(callee);
        var table = context.Scratch(typeof(Table));
        _locals.EmitInstanceField(Members.InstanceTables);
        _il.LoadInt32(tableIndex);
        _il.Emit(OpCodes.Ldelem_Ref);
        _il.StoreLocal(table);
        index.Emit();
        _il.LoadField(table, Members.TableCount);
        _il.Emit(OpCodes.Bge_Un, fuel.Trap(TrapKind.UndefinedElement));

        var function = context.Scratch(typeof(Function));
        _il.LoadField(table, Members.TableElements);
        index.Emit();
        _il.Emit(OpCodes.Ldelem_Ref);
        _il.StoreLocal(function);
        _il.LoadLocal(function);
        _il.Emit(OpCodes.Brfalse, fuel.Trap(TrapKind.UninitializedElement));
        var (resolve, known) = (_il.DefineLabel(), _il.DefineLabel());
        _il.LoadField(function, Members.FunctionSignature);
        _il.LoadInt64(context.Module.Signatures[typeIndex].Bits);
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

    private void EmitResolution(int typeIndex)
    {
        _il.LoadLocal(context.Scratch(typeof(Function)));
        _il.LoadInt64(context.Module.Signatures[typeIndex].Bits);
        _il.LoadInt32(context.Function);
        _locals.EmitInstance();
        _il.Call(Members.ResolveFunction);
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
                // Without this each call would have a place in the frame for its result.
                _stack.SpillStack(_stack.Count - 1);
            }

            return;
        }

        for (var i = 0; i < results.Length; i++)
        {
            if (i > 0)
            {
                ResultSlots.EmitLoad(_il, context.Run, i - 1, results[i]);
            }

            _il.StoreLocal(_locals.Spill(_stack.Count, results[i]));
            _stack.PushSpilled(results[i]);
        }
    }
}
