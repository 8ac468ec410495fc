using System.Reflection.Emit;

namespace Marketplace.Engine.Emit;

/// <summary>
/// Emits how a method begins that goes on at a loop's head where the interpreter has left off: locals and operands come out of cells, and
/// the head follows, which pays as after any branch to it. Nothing before the loop runs but by a branch back to a loop around it, so no
/// fact of addresses from there may hold. The parameters are the method's own.
/// </summary>
internal sealed class LoopEntryEmitter(EmitContext context, FuelEmitter fuel)
{
    private readonly CodeWriter _il = context.IL;

    /// <summary>Heights and types of the operands that are in their locals at the loop's head.</summary>
    private readonly List<(int Height, WasmType Type)> _operands = [];
    private Label _load;
    private Label _head;

    /// <summary>For the function's beginning.</summary>
    public void EmitBeginning()
    {
        _load = _il.DefineLabel();
        _il.Emit(OpCodes.Br, _load);
    }

    /// <summary>The head is being emitted: what is an operand there. Constants are in the code.</summary>
    public void Found(Label head)
    {
        _head = head;
        for (var height = 0; height < context.Stack.Count; height++)
        {
            if (context.Stack[height].Place == OperandPlace.Spilled)
            {
                _operands.Add((height, context.Stack[height].Type));
            }
        }
    }

    /// <summary>Behind the code.</summary>
    public void EmitLoading()
    {
        if (context.EntryLoop is null)
        {
            return;
        }

        _il.MarkLabel(_load);
        fuel.EmitLoad();
        var (locals, parameters) = (context.Locals, context.Type.Parameters.Length);
        for (var local = parameters; local < locals.Count; local++)
        {
            EmitLoad(local, locals.TypeOf(local));
            locals.EmitSet(local);
        }

        foreach (var (height, type) in _operands)
        {
            EmitLoad(locals.Count + height, type);
            _il.StoreLocal(locals.Spill(height, type));
        }

        _il.Emit(OpCodes.Br, _head);
    }

    private void EmitLoad(int cell, WasmType type)
    {
        context.Locals.EmitInstanceField(Members.InstanceLoopCells);
        _il.LoadInt32(cell * sizeof(long));
        _il.Emit(OpCodes.Add);
        ResultSlots.LoadValue(_il, type);
    }
}
