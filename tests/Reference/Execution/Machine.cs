using Marketplace.Engine;
using Marketplace.Engine.Decode;

namespace Marketplace.Reference.Execution;

/// <summary>
/// Runs one entry from the host, instruction by instruction (core specification, 4.4). Calls of guests do not recurse here: frames
/// are on a stack of their own, so only the slot budget says how deep they may be.
/// </summary>
internal sealed partial class Machine(ReferenceRun run)
{
    private readonly Stack<Frame> _frames = new();
    private readonly List<Cell> _operands = [];
    private Frame _frame = null!;

    /// <summary>A label of the specification: where a branch goes and what it leaves on the stack.</summary>
    /// <param name="Target">Position to go on at.</param>
    /// <param name="Arity">Operands that the branch takes along.</param>
    /// <param name="Height">Operands below those of the block.</param>
    /// <param name="IsLoop">A branch to it does not leave the block.</param>
    private readonly record struct Label(int Target, int Arity, int Height, bool IsLoop);

    private sealed class Frame(ReferenceInstance instance, Body body, Cell[] locals, int height, int slotsLeft)
    {
        public ReferenceInstance Instance { get; } = instance;

        public Body Body { get; } = body;

        public Cell[] Locals { get; } = locals;

        /// <summary>Operands that belong to the callers.</summary>
        public int Height { get; } = height;

        /// <summary>What is left of the stack budget for calls from here.</summary>
        public int SlotsLeft { get; } = slotsLeft;

        public List<Label> Labels { get; } = [];

        public int Position { get; set; }
    }

    public Cell[] Invoke(ReferenceFunction function, Cell[] arguments, int slots)
    {
        _operands.AddRange(arguments);
        Call(function, slots);
        while (_frames.Count > 0)
        {
            var step = _frame.Body.Steps[_frame.Position++];
            if (step.BeginsSegment)
            {
                BeginSegment(step);
            }

            Execute(step);
        }

        return [.. _operands];
    }

    private void BeginSegment(Step step)
    {
        run.Charge(step.SegmentCost);
        if (step.ChecksFuel)
        {
            run.CheckFuel();
        }
    }

    private void Execute(Step step)
    {
        switch (step.Opcode)
        {
            case <= Opcode.ReturnCallIndirect:
                Control(step);
                break;
            case >= Opcode.Drop and <= Opcode.GlobalSet:
                Variable(step);
                break;
            case >= Opcode.I32Load and <= Opcode.I64Store32:
                MemoryAccess(step);
                break;
            case Opcode.MemorySize or Opcode.MemoryGrow or >= Opcode.MemoryInit and <= Opcode.MemoryFill:
                MemoryInstruction(step);
                break;
            case Opcode.TableGet or Opcode.TableSet or >= Opcode.TableInit and <= Opcode.TableFill:
                TableInstruction(step);
                break;
            case >= Opcode.I32Const and <= Opcode.F64Const:
                Push((ulong)step.Instruction.Bits);
                break;
            case Opcode.RefNull:
                _operands.Add(default);
                break;
            case Opcode.RefIsNull:
                Push(Pop().Reference is null ? UInt128.One : 0);
                break;
            case Opcode.RefFunc:
                _operands.Add(new Cell(0, _frame.Instance.Functions[step.Instruction.Index]));
                break;
            case >= Opcode.V128Load and <= Opcode.F64x2ConvertLowI32x4U when Vector(step):
                break;
            case >= Opcode.MemoryAtomicNotify:
                Atomic(step);
                break;
            default:
                Numeric(step.Opcode);
                break;
        }
    }

    private void Numeric(Opcode opcode)
    {
        if (run.Numerics.Unary(opcode) is { } unary)
        {
            Push(unary(Pop().Bits));
            return;
        }

        var binary = run.Numerics.Binary(opcode) ?? throw new NotSupportedException($"{opcode} is unknown to the interpreter.");
        var second = Pop().Bits;
        Push(binary(Pop().Bits, second));
    }

    private void Variable(Step step)
    {
        var index = step.Instruction.Index;
        switch (step.Opcode)
        {
            case Opcode.Drop:
                Pop();
                break;
            case Opcode.Select or Opcode.SelectTyped:
                var condition = Pop().U32;
                var second = Pop();
                var first = Pop();
                _operands.Add(condition != 0 ? first : second);
                break;
            case Opcode.LocalGet:
                _operands.Add(_frame.Locals[index]);
                break;
            case Opcode.LocalSet:
                _frame.Locals[index] = Pop();
                break;
            case Opcode.LocalTee:
                _frame.Locals[index] = _operands[^1];
                break;
            case Opcode.GlobalGet:
                _operands.Add(_frame.Instance.Globals[index].Cell);
                break;
            default:
                _frame.Instance.Globals[index].Cell = Pop();
                break;
        }
    }

    private void Push(UInt128 bits) => _operands.Add(new Cell(bits));

    private Cell Pop()
    {
        var top = _operands[^1];
        _operands.RemoveAt(_operands.Count - 1);
        return top;
    }

    /// <summary>The top operands, lowest first.</summary>
    private Cell[] Pop(int count)
    {
        var cells = _operands.GetRange(_operands.Count - count, count).ToArray();
        _operands.RemoveRange(_operands.Count - count, count);
        return cells;
    }
}
