using System.Reflection.Emit;
using Marketplace.Engine.Decode;

namespace Marketplace.Engine.Emit;

/// <summary>
/// Blocks and branches. At a label the evaluation stack of IL is empty, the operands that it takes are in the spill locals
/// of their heights with canonical NaNs, and the fuel is in its local.
/// </summary>
internal sealed partial class FunctionEmitter
{
    private void OpenBlock(in Instruction instruction)
    {
        var blockType = BlockTypes.Of(instruction.Block, content);
        loops += instruction.Opcode == Opcode.Loop ? 1 : 0;
        if (!reachable)
        {
            blocks.Add(new Block(instruction.Opcode, blockType, stack.Count, entered: false));
            return;
        }

        var arity = blockType.Parameters.Length;
        if (instruction.Opcode == Opcode.If)
        {
            EmitCondition(arity, spillAll: true);
        }
        else
        {
            stack.SpillAll();
            stack.SpillResults(arity);
        }

        var block = new Block(instruction.Opcode, blockType, stack.Count - arity, entered: true)
        {
            Target = il.DefineLabel(),
            Else = instruction.Opcode == Opcode.If ? il.DefineLabel() : default,
        };
        blocks.Add(block);
        if (instruction.Opcode == Opcode.If)
        {
            il.Emit(OpCodes.Brfalse, block.Else);
        }
        else if (instruction.Opcode == Opcode.Loop)
        {
            LoadFuel();
            il.MarkLabel(block.Target);
        }
    }

    /// <summary>
    /// Takes the i32 on top onto an otherwise empty evaluation stack. The <paramref name="arity"/> operands below it go to
    /// their spill locals, and with <paramref name="spillAll"/> all others too.
    /// </summary>
    private void EmitCondition(int arity, bool spillAll)
    {
        LoadFuel();
        OperandStack.Value? condition = null;
        if (stack.Top.Place == OperandPlace.Stack && stack.StackCount == 1)
        {
            stack.Load(1);
        }
        else
        {
            condition = stack.Take();
        }

        if (spillAll)
        {
            stack.SpillAll();
        }

        stack.SpillResults(arity);
        condition?.Emit();
    }

    private void Else()
    {
        var block = blocks[^1];
        if (block.Entered)
        {
            if (reachable)
            {
                LeaveTo(block, block.Type.Results.Length);
            }

            il.MarkLabel(block.Else);
            fuelInLocal = true;
        }

        block.Opcode = Opcode.Else;
        stack.Truncate(block.Height);
        reachable = block.Entered;
        if (reachable)
        {
            PushSpilled(block.Type.Parameters.AsSpan());
        }
    }

    private void End()
    {
        var block = blocks[^1];
        if (blocks.Count == 1)
        {
            EndFunction(block);
            blocks.Clear();
            return;
        }

        blocks.RemoveAt(blocks.Count - 1);
        if (block.Opcode == Opcode.Loop)
        {
            return;
        }

        var joined = block.Branched || (block.Opcode == Opcode.If && block.Entered);
        if (joined)
        {
            MarkJoin(block);
            if (block.Opcode == Opcode.If)
            {
                // Without an else the parameters are the results, and they are where the label expects them.
                il.MarkLabel(block.Else);
            }
        }

        BeginSegment(check: false);
    }

    private void EndFunction(Block block)
    {
        if (block.Branched)
        {
            MarkJoin(block);
        }

        if (reachable)
        {
            EmitReturn();
        }
    }

    private void MarkJoin(Block block)
    {
        if (reachable)
        {
            LoadFuel();
            stack.SpillResults(block.Type.Results.Length);
        }

        il.MarkLabel(block.Target);
        fuelInLocal = true;
        reachable = true;
        stack.Truncate(block.Height);
        PushSpilled(block.Type.Results.AsSpan());
    }

    private void PushSpilled(ReadOnlySpan<WasmType> types)
    {
        foreach (var operand in types)
        {
            stack.PushSpilled(operand);
        }
    }

    private void Branch(in Instruction instruction)
    {
        switch (instruction.Opcode)
        {
            case Opcode.Nop:
                return;
            case Opcode.BrIf:
                BranchIf(blocks[^(1 + instruction.Index)]);
                return;
            case Opcode.Unreachable:
                stack.SpillStack();
                il.Emit(OpCodes.Br, TrapLabel(TrapKind.Unreachable));
                break;
            case Opcode.Br when instruction.Index < blocks.Count - 1:
                var block = blocks[^(1 + instruction.Index)];
                LeaveTo(block, block.LabelArity);
                break;
            case Opcode.BrTable:
                BranchTable(in instruction);
                break;
            default:
                EmitReturn();
                break;
        }

        reachable = false;
        stack.Truncate(blocks[^1].Height);
    }

    private void LeaveTo(Block block, int arity)
    {
        LoadFuel();
        stack.SpillResults(arity);
        stack.CopyDown(arity, block.Height);
        il.Emit(OpCodes.Br, block.Target);
        block.Branched = true;
    }

    private void BranchIf(Block block)
    {
        var arity = block.LabelArity;
        EmitCondition(arity, spillAll: false);
        block.Branched = true;
        if (arity == 0 || stack.Count - arity == block.Height)
        {
            il.Emit(OpCodes.Brtrue, block.Target);
            return;
        }

        var stay = il.DefineLabel();
        il.Emit(OpCodes.Brfalse, stay);
        stack.CopyDown(arity, block.Height);
        il.Emit(OpCodes.Br, block.Target);
        il.MarkLabel(stay);
    }

    private void BranchTable(in Instruction instruction)
    {
        var arity = blocks[^(1 + instruction.Index)].LabelArity;
        EmitCondition(arity, spillAll: false);
        var stubs = new Dictionary<int, Label>();
        var depths = instruction.Labels.Span;
        var labels = new Label[depths.Length];
        for (var i = 0; i < depths.Length; i++)
        {
            labels[i] = StubFor(depths[i]);
        }

        if (labels.Length > 0)
        {
            il.Emit(OpCodes.Switch, labels);
        }
        else
        {
            il.Emit(OpCodes.Pop);
        }

        il.Emit(OpCodes.Br, StubFor(instruction.Index));
        foreach (var (depth, stub) in stubs)
        {
            il.MarkLabel(stub);
            stack.CopyDown(arity, blocks[^(1 + depth)].Height);
            il.Emit(OpCodes.Br, blocks[^(1 + depth)].Target);
        }

        // A label whose operands are in place already is jumped to directly.
        Label StubFor(int depth)
        {
            var block = blocks[^(1 + depth)];
            block.Branched = true;
            if (arity == 0 || stack.Count - arity == block.Height)
            {
                return block.Target;
            }

            if (!stubs.TryGetValue(depth, out var stub))
            {
                stubs.Add(depth, stub = il.DefineLabel());
            }

            return stub;
        }
    }

    /// <summary>The first result is IL's; the others go through the run.</summary>
    private void EmitReturn()
    {
        var count = type.Results.Length;
        stack.CanonicaliseTop(count);
        if (count == 1 && stack.Top.Place == OperandPlace.Stack && stack.StackCount == 1)
        {
            stack.Load(1);
            StoreFuel();
        }
        else
        {
            stack.SpillStack();
            for (var i = count - 1; i > 0; i--)
            {
                var value = stack.Take();
                ResultSlots.EmitStore(il, run, i - 1, value.Type, value.Emit);
            }

            StoreFuel();
            if (count > 0)
            {
                stack.Take().Emit();
            }
        }

        il.Emit(OpCodes.Ret);
    }
}
