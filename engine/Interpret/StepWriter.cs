using System.Runtime.InteropServices;

namespace Marketplace.Engine.Interpret;

/// <summary>The steps of a function in the making. Jumps name labels until all places are known.</summary>
internal sealed class StepWriter
{
    private readonly List<Step> _steps = [];
    private readonly List<int> _labels = [];
    private readonly List<int[]> _tables = [];
    private int _lastLabel = -1;

    public int Count => _steps.Count;

    public void Add(Step step) => _steps.Add(step);

    /// <summary>Whether the step is the last, its result is in that cell, and what follows is reached from it alone.</summary>
    public bool MayRedirect(int step, ushort cell) =>
        step == _steps.Count - 1 && _lastLabel != _steps.Count && step >= 0 && _steps[step].To == cell;

    /// <summary>Gives the last step's result another cell.</summary>
    public void Redirect(ushort to) => CollectionsMarshal.AsSpan(_steps)[^1].To = to;

    public int DefineLabel()
    {
        _labels.Add(-1);
        return _labels.Count - 1;
    }

    public void MarkLabel(int label) => _lastLabel = _labels[label] = _steps.Count;

    public void Jump(Operation operation, int label, ushort condition = 0) =>
        _steps.Add(
            new Step
            {
                Operation = operation,
                First = condition,
                Bits = label,
            }
        );

    /// <param name="labels">The last is the default.</param>
    public void JumpByTable(int[] labels, ushort index)
    {
        Jump(Operation.JumpByTable, _tables.Count, index);
        _tables.Add(labels);
    }

    public (Step[] Steps, int[][] Tables) Finish()
    {
        foreach (ref var step in CollectionsMarshal.AsSpan(_steps))
        {
            if (step.Operation is Operation.Jump or Operation.JumpIf or Operation.JumpUnless)
            {
                step.Bits = _labels[(int)step.Bits];
            }
        }

        // Behind all others: what runs over the end finds no step that does anything.
        _steps.Add(default);
        return ([.. _steps], [.. _tables.Select(labels => Array.ConvertAll(labels, label => _labels[label]))]);
    }
}
