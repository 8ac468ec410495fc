namespace Marketplace.Engine.Interpret;

/// <summary>
/// The WebAssembly operand stack during translation. An operand of height h has a cell of its own, behind the locals; reads of locals and
/// constants stay where they are until an instruction wants them.
/// </summary>
internal sealed class CellStack(int locals, StepWriter steps)
{
    /// <summary>Operands that may wait elsewhere than in their cells: each write of a local looks through them.</summary>
    private const int WaitingMax = 32;

    private readonly List<Operand> _operands = [];

    /// <summary>All operands below this height are in their own cells.</summary>
    private int _settled;

    /// <summary>
    /// The last step that leaves a result, in the cell of an operand: not always the top one, since what is dropped leaves its step behind.
    /// </summary>
    private int _result = -1;

    public int Count => _operands.Count;

    /// <summary>The top operand, if it is a constant.</summary>
    public long? TopConstant => _operands[^1].IsConstant ? _operands[^1].Bits : null;

    /// <summary>An operand: a constant, or what a cell has.</summary>
    public readonly record struct Operand(bool IsConstant, ushort Cell, long Bits);

    /// <summary>The cell of an operand of this height.</summary>
    public ushort Own(int height) => (ushort)(locals + height);

    public void PushConstant(long bits) => Push(new Operand(true, 0, bits));

    public void PushLocal(int local) => Push(new Operand(false, (ushort)local, 0));

    /// <summary>Operands that are in their own cells already.</summary>
    public void PushOwn(int count)
    {
        for (var i = 0; i < count; i++)
        {
            Push(new Operand(false, Own(_operands.Count), 0));
        }
    }

    /// <summary>Adds the step, whose result is the new top operand.</summary>
    public void PushResult(Step step)
    {
        step.To = Own(_operands.Count);
        steps.Add(step);
        _result = steps.Count - 1;
        Push(new Operand(false, step.To, 0));
    }

    /// <summary>Removes the top operand.</summary>
    public Operand Pop()
    {
        var top = _operands[^1];
        Truncate(_operands.Count - 1);
        return top;
    }

    /// <summary>Removes the top operand; its value is in the returned cell until something is pushed.</summary>
    public ushort PopCell()
    {
        Settle(_operands.Count - 1, onlyConstants: true);
        return Pop().Cell;
    }

    public void Truncate(int height)
    {
        _operands.RemoveRange(height, _operands.Count - height);
        _settled = Math.Min(_settled, height);
    }

    /// <summary>The top operand becomes the value of a local.</summary>
    public void SetLocal(ushort local)
    {
        var value = Pop();
        var wasRead = false;
        for (var height = _settled; height < _operands.Count; height++)
        {
            if (!_operands[height].IsConstant && _operands[height].Cell == local)
            {
                Settle(height, onlyConstants: false);
                wasRead = true;
            }
        }

        if (!wasRead && !value.IsConstant && value.Cell == Own(_operands.Count) && steps.MayRedirect(_result, value.Cell))
        {
            steps.Redirect(local);
            _result = -1;
            return;
        }

        Move(value, local);
    }

    /// <summary>Before a block, and where a call takes what is on top: operands from this height up go to their own cells.</summary>
    public void Settle(int fromHeight)
    {
        for (var height = Math.Max(fromHeight, _settled); height < _operands.Count; height++)
        {
            Settle(height, onlyConstants: false);
        }

        if (fromHeight <= _settled)
        {
            _settled = _operands.Count;
        }
    }

    /// <summary>Whether the top operands are where a label with operands from this height on expects them.</summary>
    public bool AreAt(int count, int toHeight)
    {
        for (var i = 0; i < count; i++)
        {
            var operand = _operands[_operands.Count - count + i];
            if (operand.IsConstant || operand.Cell != Own(toHeight + i))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>
    /// Adds steps that copy the top operands to the cells of that height and above, which is not above theirs. What is known of the
    /// operands stays, for code that is reached without these steps.
    /// </summary>
    public void CopyTo(int count, int toHeight)
    {
        for (var i = 0; i < count; i++)
        {
            Move(_operands[_operands.Count - count + i], Own(toHeight + i));
        }
    }

    /// <summary>Adds the steps that leave the function with the top operands: where the caller expects them, from cell 0 on.</summary>
    public void Return(int count)
    {
        var first = _operands.Count - count;
        if (count == 1)
        {
            var result = _operands[^1];
            if (result.IsConstant)
            {
                Move(result, Own(first));
            }

            steps.Add(new Step { Operation = Operation.ReturnOne, First = result.IsConstant ? Own(first) : result.Cell });
            return;
        }

        // First out of the locals, whose cells they take.
        CopyTo(count, first);
        for (var i = 0; i < count; i++)
        {
            Move(new Operand(false, Own(first + i), 0), (ushort)i);
        }

        steps.Add(new Step { Operation = Operation.Return });
    }

    private void Push(Operand operand)
    {
        _operands.Add(operand);
        if (_operands.Count - _settled > WaitingMax)
        {
            Settle(_settled);
        }
    }

    private void Settle(int height, bool onlyConstants)
    {
        var operand = _operands[height];
        if (operand.IsConstant || !onlyConstants)
        {
            Move(operand, Own(height));
            _operands[height] = new Operand(false, Own(height), 0);
        }
    }

    private void Move(Operand operand, ushort to)
    {
        if (operand.IsConstant)
        {
            steps.Add(
                new Step
                {
                    Operation = Operation.Constant,
                    To = to,
                    Bits = operand.Bits,
                }
            );
        }
        else if (operand.Cell != to)
        {
            steps.Add(
                new Step
                {
                    Operation = Operation.Copy,
                    To = to,
                    First = operand.Cell,
                }
            );
        }
    }
}
