using Marketplace.Engine;
using Marketplace.Engine.Decode;
using Marketplace.Reference.Numerics;

namespace Marketplace.Reference.Execution;

/// <summary>
/// The greatest number of operands that a function has at once, as engine/FUEL.md defines it under "Stack": by the validation
/// algorithm of the specification's appendix, of which only the heights are needed here.
/// </summary>
internal sealed class OperandCount(ModuleContent content, FunctionType type)
{
    private readonly Stack<Block> _blocks = new();
    private int _height;
    private int _greatest;

    private sealed class Block(int height, int labelArity, FunctionType type)
    {
        public int Height { get; } = height;

        public int LabelArity { get; } = labelArity;

        public FunctionType Type { get; } = type;

        public bool Unreachable { get; set; }
    }

    public int Greatest(IReadOnlyList<Step> steps)
    {
        _blocks.Push(new Block(0, type.Results.Length, type));
        foreach (var step in steps)
        {
            Count(step);
        }

        return _greatest;
    }

    private void Count(Step step)
    {
        switch (step.Opcode)
        {
            case Opcode.Block or Opcode.Loop or Opcode.If:
                Pop(step.Opcode == Opcode.If ? 1 : 0);
                Enter(step.BlockType!, isLoop: step.Opcode == Opcode.Loop);
                break;
            case Opcode.Else:
                Enter(Leave(), isLoop: false, pop: false);
                break;
            case Opcode.End:
                var results = Leave().Results.Length;
                Push(_blocks.Count > 0 ? results : 0);
                break;
            case Opcode.Br:
                Pop(LabelArity(step.Instruction.Index));
                MarkUnreachable();
                break;
            case Opcode.BrIf:
                Change(1, 0);
                Change(LabelArity(step.Instruction.Index), LabelArity(step.Instruction.Index));
                break;
            case Opcode.BrTable:
                Pop(1 + LabelArity(step.Instruction.Index));
                MarkUnreachable();
                break;
            case Opcode.Return:
                Pop(type.Results.Length);
                MarkUnreachable();
                break;
            case Opcode.Unreachable:
                MarkUnreachable();
                break;
            default:
                var (operands, produced) = Effect(step);
                Change(operands, produced);
                break;
        }
    }

    private (int Operands, int Results) Effect(Step step)
    {
        var index = step.Instruction.Index;
        switch (step.Opcode)
        {
            case Opcode.Call:
                return Effect(content.TypeOfFunction(index), 0);
            case Opcode.CallIndirect:
                return Effect(content.Types[index], 1);
            case Opcode.Nop or Opcode.DataDrop or Opcode.ElemDrop:
                return (0, 0);
            case Opcode.Drop or Opcode.LocalSet or Opcode.GlobalSet:
                return (1, 0);
            case Opcode.Select or Opcode.SelectTyped:
                return (3, 1);
            case Opcode.LocalGet or Opcode.GlobalGet or Opcode.RefNull or Opcode.RefFunc or Opcode.MemorySize or Opcode.TableSize:
            case >= Opcode.I32Const and <= Opcode.F64Const:
                return (0, 1);
            case Opcode.LocalTee or Opcode.TableGet or Opcode.MemoryGrow or Opcode.RefIsNull:
            case >= Opcode.I32Load and <= Opcode.I64Load32U:
                return (1, 1);
            case Opcode.TableSet:
            case >= Opcode.I32Store and <= Opcode.I64Store32:
                return (2, 0);
            case Opcode.TableGrow:
                return (2, 1);
            case Opcode.MemoryInit or Opcode.MemoryCopy or Opcode.MemoryFill:
            case Opcode.TableInit or Opcode.TableCopy or Opcode.TableFill:
                return (3, 0);
            default:
                return NumericTable.Default.Unary(step.Opcode) is not null ? (1, 1)
                    : NumericTable.Default.Binary(step.Opcode) is not null ? (2, 1)
                    : throw new NotSupportedException($"{step.Opcode} is unknown to the interpreter.");
        }
    }

    private static (int Operands, int Results) Effect(FunctionType callee, int others) =>
        (callee.Parameters.Length + others, callee.Results.Length);

    private int LabelArity(int depth) => _blocks.ElementAt(depth).LabelArity;

    private void Enter(FunctionType block, bool isLoop, bool pop = true)
    {
        Pop(pop ? block.Parameters.Length : 0);
        _blocks.Push(new Block(_height, (isLoop ? block.Parameters : block.Results).Length, block));
        Push(block.Parameters.Length);
    }

    private FunctionType Leave()
    {
        Pop(_blocks.Peek().Type.Results.Length);
        return _blocks.Pop().Type;
    }

    private void MarkUnreachable()
    {
        _height = _blocks.Peek().Height;
        _blocks.Peek().Unreachable = true;
    }

    private void Change(int operands, int results)
    {
        Pop(operands);
        Push(results);
    }

    /// <summary>Where nothing is reached any more, operands that are not there are not taken away.</summary>
    private void Pop(int count) => _height = Math.Max(_height - count, _blocks.Peek().Height);

    private void Push(int count)
    {
        _height += count;
        _greatest = Math.Max(_greatest, _height);
    }
}
