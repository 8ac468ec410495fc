using System.Reflection.Emit;
using Marketplace.Engine.Decode;

namespace Marketplace.Engine.Emit;

/// <summary>
/// Emits blocks, branches and the return. Owns the open blocks, and knows whether the place that is being emitted can be reached. At a
/// label the evaluation stack of IL is empty, the operands that it takes are in the spill locals of their heights with canonical NaNs, and
/// the fuel is in its local: every branch to a label is emitted here and ensures that. Instructions that open and close blocks come here
/// also where they cannot be reached; this and the other emitters may assume that all other instructions can be reached.
/// </summary>
internal sealed class ControlEmitter(EmitContext context, FuelEmitter fuel, LoopEntryEmitter entry, CompilerDefects defects)
{
    private readonly CodeWriter _il = context.IL;
    private readonly OperandStack _stack = context.Stack;
    private readonly List<Block> _blocks = [];
    private int _loops;

    /// <summary>Whether the instruction in hand can be reached.</summary>
    public bool Reachable { get; private set; } = true;

    /// <summary>Whether the function's own block is open: false behind its last instruction.</summary>
    public bool InFunction => _blocks.Count > 0;

    /// <summary>An open block.</summary>
    private sealed class Block(Opcode opcode, FunctionType type, int height, bool entered)
    {
        /// <summary>Block, Loop, If or Else; Block for the function itself.</summary>
        public Opcode Opcode { get; set; } = opcode;

        public FunctionType Type => type;

        /// <summary>Operands below belong to the blocks around it.</summary>
        public int Height => height;

        /// <summary>The block itself can be reached.</summary>
        public bool Entered => entered;

        /// <summary>Where branches go: the head of a loop, else the end.</summary>
        public Label Target { get; init; }

        /// <summary>Of an if: the other arm, or the end.</summary>
        public Label Else { get; init; }

        public bool Branched { get; set; }

        public int LabelArity => Opcode == Opcode.Loop ? Type.Parameters.Length : Type.Results.Length;
    }

    /// <summary>Opens the function's own block, around all others.</summary>
    public void OpenFunction() =>
        Open(new Block(Opcode.Block, new FunctionType([], context.Type.Results), 0, true) { Target = _il.DefineLabel() });

    public void OpenBlock(in Instruction instruction)
    {
        var blockType = BlockTypes.Of(instruction.Block, context.Content);
        _loops += instruction.Opcode == Opcode.Loop ? 1 : 0;
        if (!Reachable)
        {
            Open(new Block(instruction.Opcode, blockType, _stack.Count, entered: false));
            return;
        }

        var arity = blockType.Parameters.Length;
        if (instruction.Opcode == Opcode.If)
        {
            EmitCondition(arity, spillAll: true);
        }
        else
        {
            _stack.SpillAll();
            _stack.SpillResults(arity);
        }

        if (instruction.Opcode == Opcode.Loop)
        {
            // The parameters also come from the branches back, so what was known of them on entry no longer holds.
            _stack.Truncate(_stack.Count - arity);
            PushSpilled(blockType.Parameters.AsSpan());
        }

        var block = new Block(instruction.Opcode, blockType, _stack.Count - arity, entered: true)
        {
            Target = _il.DefineLabel(),
            Else = instruction.Opcode == Opcode.If ? _il.DefineLabel() : default,
        };
        Open(block);
        if (instruction.Opcode == Opcode.If)
        {
            _il.Emit(OpCodes.Brfalse, block.Else);
        }
        else if (instruction.Opcode == Opcode.Loop)
        {
            fuel.Load();
            context.Facts.EnterLoop(context.Plan, _loops - 1);
            _il.MarkLabel(block.Target);
            if (context.EntryLoop is not null)
            {
                context.Facts.Clear();
            }

            if (context.EntryLoop == _loops - 1)
            {
                entry.Found(block.Target);
            }
        }
    }

    public void Else()
    {
        var block = _blocks[^1];
        if (block.Entered)
        {
            if (Reachable)
            {
                LeaveTo(block, block.Type.Results.Length);
            }

            _il.MarkLabel(block.Else);
            context.Facts.Leave(_blocks.Count - 1);
            fuel.AtLabel();
        }

        block.Opcode = Opcode.Else;
        _stack.Truncate(block.Height);
        Reachable = block.Entered;
        if (Reachable)
        {
            PushSpilled(block.Type.Parameters.AsSpan());
        }
    }

    public void End()
    {
        var block = _blocks[^1];
        if (_blocks.Count == 1)
        {
            EndFunction(block);
            _blocks.Clear();
            return;
        }

        _blocks.RemoveAt(_blocks.Count - 1);
        context.Facts.Depth = _blocks.Count;
        if (block.Opcode == Opcode.Loop)
        {
            return;
        }

        if (block.Branched || (block.Opcode == Opcode.If && block.Entered))
        {
            MarkJoin(block);
            if (block.Opcode == Opcode.If)
            {
                // Without an else the parameters are the results, and they already are where the label expects them.
                _il.MarkLabel(block.Else);
            }
        }

        fuel.BeginPiece(Reachable);
    }

    public void Branch(in Instruction instruction)
    {
        switch (instruction.Opcode)
        {
            case Opcode.Nop:
                return;
            case Opcode.BrIf:
                BranchIf(_blocks[^(1 + instruction.Index)]);
                return;
            case Opcode.Unreachable:
                _stack.SpillStack();
                _il.Emit(OpCodes.Br, fuel.Trap(TrapKind.Unreachable));
                break;
            case Opcode.Br when instruction.Index < _blocks.Count - 1:
                var block = _blocks[^(1 + instruction.Index)];
                LeaveTo(block, block.LabelArity);
                break;
            case Opcode.BrTable:
                BranchTable(in instruction);
                break;
            default:
                EmitReturn();
                break;
        }

        EndPath();
    }

    /// <summary>What follows in the block is not reached.</summary>
    public void EndPath()
    {
        Reachable = false;
        _stack.Truncate(_blocks[^1].Height);
    }

    private void Open(Block block)
    {
        _blocks.Add(block);
        context.Facts.Depth = _blocks.Count;
    }

    /// <summary>
    /// Takes the i32 on top onto an otherwise empty evaluation stack. The <paramref name="arity"/> operands below it go to
    /// their spill locals, and with <paramref name="spillAll"/> all others too.
    /// </summary>
    private void EmitCondition(int arity, bool spillAll)
    {
        fuel.Load();
        OperandStack.Value? condition = null;
        if (_stack.Top.Place == OperandPlace.Stack && _stack.StackCount == 1)
        {
            _stack.Load(1);
        }
        else
        {
            condition = _stack.Take();
        }

        if (spillAll)
        {
            _stack.SpillAll();
        }

        _stack.SpillResults(arity);
        condition?.Emit();
        defects.EmitBeforeComparison(wide: false);
    }

    private void EndFunction(Block block)
    {
        if (block.Branched)
        {
            MarkJoin(block);
        }

        if (Reachable)
        {
            EmitReturn();
        }
    }

    private void MarkJoin(Block block)
    {
        if (Reachable)
        {
            fuel.Load();
            _stack.SpillResults(block.Type.Results.Length);
        }

        _il.MarkLabel(block.Target);
        context.Facts.Leave(_blocks.Count);
        fuel.AtLabel();
        Reachable = true;
        _stack.Truncate(block.Height);
        PushSpilled(block.Type.Results.AsSpan());
    }

    private void PushSpilled(ReadOnlySpan<WasmType> types)
    {
        foreach (var operand in types)
        {
            _stack.PushSpilled(operand);
        }
    }

    private void LeaveTo(Block block, int arity)
    {
        fuel.Load();
        _stack.SpillResults(arity);
        _stack.CopyDown(arity, block.Height);
        _il.Emit(OpCodes.Br, block.Target);
        block.Branched = true;
    }

    private void BranchIf(Block block)
    {
        var arity = block.LabelArity;
        EmitCondition(arity, spillAll: false);
        block.Branched = true;
        if (arity == 0 || _stack.Count - arity == block.Height)
        {
            _il.Emit(OpCodes.Brtrue, block.Target);
            return;
        }

        var stay = _il.DefineLabel();
        _il.Emit(OpCodes.Brfalse, stay);
        _stack.CopyDown(arity, block.Height);
        _il.Emit(OpCodes.Br, block.Target);
        _il.MarkLabel(stay);
    }

    private void BranchTable(in Instruction instruction)
    {
        var arity = _blocks[^(1 + instruction.Index)].LabelArity;
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
            _il.Emit(OpCodes.Switch, labels);
        }
        else
        {
            _il.Emit(OpCodes.Pop);
        }

        _il.Emit(OpCodes.Br, StubFor(instruction.Index));
        foreach (var (depth, stub) in stubs)
        {
            _il.MarkLabel(stub);
            _stack.CopyDown(arity, _blocks[^(1 + depth)].Height);
            _il.Emit(OpCodes.Br, _blocks[^(1 + depth)].Target);
        }

        // If the label's operands are in place already, the branch goes to it directly.
        Label StubFor(int depth)
        {
            var block = _blocks[^(1 + depth)];
            block.Branched = true;
            if (arity == 0 || _stack.Count - arity == block.Height)
            {
                return block.Target;
            }

            if (!stubs.TryGetValue(depth, out var stub))
            {
                stubs.Add(depth, stub = _il.DefineLabel());
            }

            return stub;
        }
    }

    /// <summary>The first result is IL's; the others go through the run.</summary>
    private void EmitReturn()
    {
        var count = context.Type.Results.Length;
        _stack.CanonicaliseTop(count);
        if (count == 1 && _stack.Top.Place == OperandPlace.Stack && _stack.StackCount == 1)
        {
            _stack.Load(1);
            fuel.Store();
        }
        else
        {
            _stack.SpillStack();
            for (var i = count - 1; i > 0; i--)
            {
                var value = _stack.Take();
                ResultSlots.EmitStore(_il, context.Run, i - 1, value.Type, value.Emit);
            }

            fuel.Store();
            if (count > 0)
            {
                _stack.Take().Emit();
            }
        }

        _il.Emit(OpCodes.Ret);
    }
}
