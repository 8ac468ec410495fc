using Marketplace.Engine.Decode;
using Marketplace.Engine.Emit;

namespace Marketplace.Engine.Interpret;

/// <summary>
/// Translates blocks, branches and what pieces of code pay. Owns the open blocks, and knows whether the place that is being translated
/// can be reached. At a label all operands are in their own cells.
/// </summary>
internal sealed class BlockTranslator
{
    private readonly ModuleContent _content;
    private readonly FunctionType _type;
    private readonly IReadOnlyList<PieceFuel> _pieces;
    private readonly StepWriter _steps;
    private readonly CellStack _stack;
    private readonly List<Block> _blocks = [];
    private int _loops;

    /// <summary>The first is paid by the call.</summary>
    private int _piece = 1;

    public BlockTranslator(ModuleContent content, FunctionType type, IReadOnlyList<PieceFuel> pieces, StepWriter steps, CellStack stack)
    {
        (_content, _type, _pieces, _steps, _stack) = (content, type, pieces, steps, stack);
        _blocks.Add(new Block(Opcode.Block, new FunctionType([], type.Results), 0, true));
    }

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
        public int Target { get; init; }

        /// <summary>Of an if: the other arm, or the end.</summary>
        public int Else { get; init; }

        public bool Branched { get; set; }

        public int LabelArity => Opcode == Opcode.Loop ? Type.Parameters.Length : Type.Results.Length;
    }

    /// <summary>What opens and closes blocks, also where it cannot be reached.</summary>
    public void Translate(in Instruction instruction)
    {
        switch (instruction.Opcode)
        {
            case Opcode.Else:
                Else();
                break;
            case Opcode.End:
                End();
                return;
            default:
                Open(in instruction);
                break;
        }

        EndPiece(instruction.Opcode);
    }

    public void Branch(in Instruction instruction)
    {
        switch (instruction.Opcode)
        {
            case Opcode.Nop:
                return;
            case Opcode.BrIf:
                BranchIf(instruction.Index);
                return;
            case Opcode.Unreachable:
                _steps.Add(new Step { Operation = Operation.Unreachable });
                break;
            case Opcode.Br:
                Leave(instruction.Index);
                break;
            case Opcode.BrTable:
                BranchByTable(in instruction);
                break;
            default:
                _stack.Return(_type.Results.Length);
                break;
        }

        Reachable = false;
        _stack.Truncate(_blocks[^1].Height);
    }

    /// <summary>Behind an instruction: what follows may be a new piece, and the first of a segment.</summary>
    public void EndPiece(Opcode behind)
    {
        if (!FuelSegments.Cuts(behind))
        {
            return;
        }

        var charge = _pieces[_piece++].Charge;
        if (behind == Opcode.Loop && Reachable)
        {
            var loop = new Step
            {
                Operation = Operation.Loop,
                Detail = _pieces[_piece - 1].Checks ? (byte)1 : (byte)0,
                Bits = charge,
            };
            loop.SetLoop(_loops - 1);
            _steps.Add(loop);
        }
        else if (charge > 0 && Reachable)
        {
            _steps.Add(new Step { Operation = Operation.Charge, Bits = charge });
        }
    }

    private void Open(in Instruction instruction)
    {
        var type = BlockTypes.Of(instruction.Block, _content);
        _loops += instruction.Opcode == Opcode.Loop ? 1 : 0;
        if (!Reachable)
        {
            _blocks.Add(new Block(instruction.Opcode, type, _stack.Count, entered: false));
            return;
        }

        var isIf = instruction.Opcode == Opcode.If;
        var condition = isIf ? _stack.PopCell() : (ushort)0;
        _stack.Settle(0);
        var block = new Block(instruction.Opcode, type, _stack.Count - type.Parameters.Length, entered: true)
        {
            Target = _steps.DefineLabel(),
            Else = isIf ? _steps.DefineLabel() : -1,
        };
        _blocks.Add(block);
        if (isIf)
        {
            _steps.Jump(Operation.JumpUnless, block.Else, condition);
        }
        else if (instruction.Opcode == Opcode.Loop)
        {
            _steps.MarkLabel(block.Target);
        }
    }

    private void Else()
    {
        var block = _blocks[^1];
        if (block.Entered)
        {
            if (Reachable)
            {
                Leave(0);
            }

            _steps.MarkLabel(block.Else);
        }

        block.Opcode = Opcode.Else;
        _stack.Truncate(block.Height);
        Reachable = block.Entered;
        if (Reachable)
        {
            _stack.PushOwn(block.Type.Parameters.Length);
        }
    }

    private void End()
    {
        var block = _blocks[^1];
        if (_blocks.Count == 1)
        {
            if (Reachable)
            {
                _stack.Return(_type.Results.Length);
            }

            _blocks.Clear();
            return;
        }

        _blocks.RemoveAt(_blocks.Count - 1);
        if (block.Opcode == Opcode.Loop)
        {
            return;
        }

        if (block.Branched || (block.Opcode == Opcode.If && block.Entered))
        {
            if (Reachable)
            {
                _stack.Settle(block.Height);
            }

            _steps.MarkLabel(block.Target);
            if (block.Opcode == Opcode.If)
            {
                // Without an else the parameters are the results, and they already are where the label expects them.
                _steps.MarkLabel(block.Else);
            }

            Reachable = true;
            _stack.Truncate(block.Height);
            _stack.PushOwn(block.Type.Results.Length);
        }

        EndPiece(Opcode.End);
    }

    private void BranchIf(int depth)
    {
        var condition = _stack.PopCell();
        if (IsInPlace(depth))
        {
            var block = BlockAt(depth);
            block.Branched = true;
            _steps.Jump(Operation.JumpIf, block.Target, condition);
            return;
        }

        var stay = _steps.DefineLabel();
        _steps.Jump(Operation.JumpUnless, stay, condition);
        Leave(depth);
        _steps.MarkLabel(stay);
    }

    private void BranchByTable(in Instruction instruction)
    {
        var index = _stack.PopCell();
        var known = new Dictionary<int, int>();
        var ways = new List<(int Depth, int Label)>();
        var depths = instruction.Labels.Span;
        var labels = new int[depths.Length + 1];
        for (var i = 0; i < depths.Length; i++)
        {
            labels[i] = LabelFor(depths[i]);
        }

        labels[^1] = LabelFor(instruction.Index);
        _steps.JumpByTable(labels, index);
        foreach (var (depth, label) in ways)
        {
            _steps.MarkLabel(label);
            Leave(depth);
        }

        // If the label's operands are in place already, the branch goes to it directly. They are looked at once for each block.
        int LabelFor(int depth)
        {
            if (known.TryGetValue(depth, out var label))
            {
                return label;
            }

            if (IsInPlace(depth))
            {
                BlockAt(depth).Branched = true;
                label = BlockAt(depth).Target;
            }
            else
            {
                ways.Add((depth, label = _steps.DefineLabel()));
            }

            known.Add(depth, label);
            return label;
        }
    }

    private Block BlockAt(int depth) => _blocks[^(1 + depth)];

    private bool IsFunction(int depth) => depth == _blocks.Count - 1;

    private bool IsInPlace(int depth) => !IsFunction(depth) && _stack.AreAt(BlockAt(depth).LabelArity, BlockAt(depth).Height);

    /// <summary>Goes to a label with the operands on top; what is known of them stays.</summary>
    private void Leave(int depth)
    {
        if (IsFunction(depth))
        {
            _stack.Return(_type.Results.Length);
            return;
        }

        var block = BlockAt(depth);
        block.Branched = true;
        _stack.CopyTo(block.LabelArity, block.Height);
        _steps.Jump(Operation.Jump, block.Target);
    }
}
