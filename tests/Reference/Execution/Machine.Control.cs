using Marketplace.Engine;
using Marketplace.Engine.Decode;

namespace Marketplace.Reference.Execution;

/// <summary>Blocks, branches and calls (core specification, 4.4.8 to 4.4.10; tail call proposal).</summary>
internal sealed partial class Machine
{
    private void Control(Step step)
    {
        var index = step.Instruction.Index;
        switch (step.Opcode)
        {
            case Opcode.Unreachable:
                throw new TrapException(TrapKind.Unreachable);
            case Opcode.Nop:
                break;
            case Opcode.Block:
                Enter(step);
                break;
            case Opcode.Loop:
                var parameters = step.BlockType!.Parameters.Length;
                _frame.Labels.Add(new Label(_frame.Position, parameters, _operands.Count - parameters, IsLoop: true));
                break;
            case Opcode.If:
                If(step);
                break;
            case Opcode.Else:
                LeaveBlock();
                _frame.Position = step.End + 1;
                break;
            case Opcode.End:
                End();
                break;
            case Opcode.Br:
                Branch(index);
                break;
            case Opcode.BrIf:
                if (Pop().U32 != 0)
                {
                    Branch(index);
                }

                break;
            case Opcode.BrTable:
                var selected = Pop().U32;
                Branch(selected < step.Labels.Length ? step.Labels[selected] : index);
                break;
            case Opcode.Return:
                Return();
                break;
            case Opcode.Call:
                Call(_frame.Instance.Functions[index], _frame.SlotsLeft);
                break;
            case Opcode.CallIndirect:
                Call(FromTable(step), _frame.SlotsLeft);
                break;
            case Opcode.ReturnCall:
                TailCall(_frame.Instance.Functions[index]);
                break;
            default:
                TailCall(FromTable(step));
                break;
        }
    }

    private void Enter(Step step)
    {
        var type = step.BlockType!;
        _frame.Labels.Add(new Label(step.End + 1, type.Results.Length, _operands.Count - type.Parameters.Length, IsLoop: false));
    }

    private void If(Step step)
    {
        if (Pop().U32 != 0)
        {
            Enter(step);
        }
        else if (step.Else >= 0)
        {
            Enter(step);
            _frame.Position = step.Else + 1;
        }
        else
        {
            _frame.Position = step.End + 1;
        }
    }

    private void LeaveBlock() => _frame.Labels.RemoveAt(_frame.Labels.Count - 1);

    private void End()
    {
        if (_frame.Labels.Count > 0)
        {
            LeaveBlock();
        }
        else
        {
            Return();
        }
    }

    private void Branch(int depth)
    {
        var labels = _frame.Labels;
        if (depth == labels.Count)
        {
            // The outermost label is the function's own.
            Return();
            return;
        }

        var label = labels[^(1 + depth)];
        labels.RemoveRange(labels.Count - depth, depth);
        if (!label.IsLoop)
        {
            LeaveBlock();
        }

        MoveDown(label.Arity, label.Height);
        _frame.Position = label.Target;
    }

    private void Return()
    {
        MoveDown(_frame.Body.Type.Results.Length, _frame.Height);
        LeaveFrame();
    }

    private void LeaveFrame()
    {
        _frames.Pop();
        _frame = _frames.Count > 0 ? _frames.Peek() : null!;
    }

    /// <summary>Keeps the top operands and throws away those between them and a height.</summary>
    private void MoveDown(int count, int height) => _operands.RemoveRange(height, _operands.Count - count - height);

    private ReferenceFunction FromTable(Step step)
    {
        var table = _frame.Instance.Tables[step.Instruction.Index2];
        var element = Pop().U32;
        if (element >= table.Count)
        {
            throw new TrapException(TrapKind.UndefinedElement);
        }

        var function = (ReferenceFunction)(table[element] ?? throw new TrapException(TrapKind.UninitializedElement));
        return function.Type.Equals(_frame.Instance.Module.Content.Types[step.Instruction.Index])
            ? function
            : throw new TrapException(TrapKind.IndirectCallTypeMismatch);
    }

    private void Call(ReferenceFunction function, int slots)
    {
        if (function.Host is { } host)
        {
            CallHost(function, host, slots);
            return;
        }

        var body = function.Body!;
        if (slots < body.FrameSlots)
        {
            throw new TrapException(TrapKind.CallStackExhausted);
        }

        var locals = new Cell[function.Type.Parameters.Length + body.Locals.Count];
        Pop(function.Type.Parameters.Length).CopyTo(locals, 0);
        _frame = new Frame(function.Instance, body, locals, _operands.Count, slots - body.FrameSlots);
        _frames.Push(_frame);
    }

    /// <summary>The callee takes the place of this frame, so it has what this frame's caller had left.</summary>
    private void TailCall(ReferenceFunction function)
    {
        var slots = _frame.SlotsLeft + _frame.Body.FrameSlots;
        MoveDown(function.Type.Parameters.Length, _frame.Height);
        LeaveFrame();
        Call(function, slots);
    }

    private void CallHost(ReferenceFunction function, ReferenceHost host, int slots)
    {
        run.StackSlots = slots;
        run.CheckFuel();
        var types = function.Type.Parameters;
        var results = host(function.Instance, [.. Pop(types.Length).Select((cell, i) => cell.As(types[i]))]);
        _operands.AddRange(results.Select(result => result.Cell));
    }
}
