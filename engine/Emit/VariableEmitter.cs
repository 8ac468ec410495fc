using System.Reflection.Emit;
using Marketplace.Engine.Decode;

namespace Marketplace.Engine.Emit;

/// <summary>
/// Emits <c>drop</c>, <c>select</c>, and reads and writes of locals and globals. Reading a local emits nothing: the operand stays in the
/// local, so a write spills such operands first. Keeps the facts about locals true. May assume that the run is in its local.
/// </summary>
internal sealed class VariableEmitter(EmitContext context, CompilerDefects defects)
{
    private readonly CodeWriter _il = context.IL;
    private readonly FunctionLocals _locals = context.Locals;
    private readonly OperandStack _stack = context.Stack;

    public void Emit(in Instruction instruction)
    {
        var index = instruction.Index;
        switch (instruction.Opcode)
        {
            case Opcode.Drop:
                if (_stack.Top.Place == OperandPlace.Stack)
                {
                    _il.Emit(OpCodes.Pop);
                }

                _stack.Truncate(_stack.Count - 1);
                break;
            case Opcode.Select or Opcode.SelectTyped:
                Select();
                break;
            case Opcode.LocalGet:
                PushLocal(in instruction);
                break;
            case Opcode.LocalSet:
                SetLocal(in instruction);
                break;
            case Opcode.LocalTee:
                SetLocal(in instruction);
                PushLocal(in instruction);
                break;
            case Opcode.GlobalGet:
                GlobalGet(index);
                break;
            default:
                GlobalSet(index);
                break;
        }
    }

    private void SetLocal(in Instruction instruction)
    {
        var index = instruction.Index;
        _stack.SpillLocals(index, _stack.Count - 1);
        if (context.Plan.NaNsAt(in instruction) == NaNLanes.None)
        {
            _stack.CanonicaliseTop(1);
        }

        var max = _stack.Top.Max;
        _stack.Load(1);
        _locals.EmitSet(index);
        context.Facts.Changed(index);
        context.Facts.AddMax(index, max);
    }

    private void PushLocal(in Instruction instruction) =>
        _stack.PushLocal(
            _locals.TypeOf(instruction.Index),
            instruction.Index,
            context.Plan.NaNsAt(in instruction),
            context.Facts.MaxOf(instruction.Index)
        );

    private void Select()
    {
        var condition = _stack.Take();
        var height = _stack.Count - 2;
        if (_stack[height].AnyNaN != _stack.Top.AnyNaN)
        {
            // One of them may be a NaN whose bits must stay.
            _stack.CanonicaliseTop(2);
        }

        var second = _stack.Take();
        var (operandType, anyNaN) = (_stack.Top.Type, _stack.Top.AnyNaN);
        var first = _stack.Take();
        _stack.SpillStack();
        var result = _locals.Spill(height, operandType);
        var done = _il.DefineLabel();

        // The condition and the second operand are in locals above this height, so the order does not matter.
        first.Emit();
        _il.StoreLocal(result);
        condition.Emit();
        defects.EmitBeforeComparison(wide: false);
        _il.Emit(OpCodes.Brtrue, done);
        second.Emit();
        _il.StoreLocal(result);
        _il.MarkLabel(done);
        _stack.PushSpilled(operandType, anyNaN);
    }

    private void GlobalGet(int index)
    {
        var content = context.Content.Globals[index].Content;
        EmitGlobalStorage(index, content.IsReference());
        ResultSlots.LoadValue(_il, content);
        _stack.PushStack(content, depth: 1);
    }

    private void GlobalSet(int index)
    {
        var content = context.Content.Globals[index].Content;
        var value = _stack.TakeCanonical();
        EmitGlobalStorage(index, content.IsReference());
        value.Emit();
        ResultSlots.StoreValue(_il, content);
    }

    /// <summary>Leaves the address of the global's cell on the evaluation stack.</summary>
    private void EmitGlobalStorage(int index, bool reference)
    {
        _locals.EmitInstance();
        if (index >= context.Content.ImportedGlobals)
        {
            _il.Emit(OpCodes.Ldfld, reference ? Members.InstanceReferences : Members.InstanceCells);
            _il.LoadInt32(index);
        }
        else
        {
            _il.Emit(OpCodes.Ldfld, Members.InstanceGlobals);
            _il.LoadInt32(index);
            _il.Emit(OpCodes.Ldelem_Ref);
            _il.Emit(OpCodes.Dup);
            _il.Emit(OpCodes.Ldfld, reference ? Members.GlobalReferences : Members.GlobalCells);
            var cells = context.Scratch(reference ? typeof(object[]) : typeof(Cell[]));
            _il.StoreLocal(cells);
            _il.Emit(OpCodes.Ldfld, Members.GlobalSlot);
            var slot = context.Scratch(typeof(int));
            _il.StoreLocal(slot);
            _il.LoadLocal(cells);
            _il.LoadLocal(slot);
        }

        _il.Emit(OpCodes.Ldelema, reference ? typeof(object) : typeof(Cell));
    }
}
