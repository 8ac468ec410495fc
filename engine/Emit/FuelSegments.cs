using Marketplace.Engine.Decode;

namespace Marketplace.Engine.Emit;

/// <summary>What is done where control comes to a piece of code.</summary>
/// <param name="Charge">The fuel of the whole segment, where the piece is its first; else 0.</param>
/// <param name="Checks">Whether the run can end here for want of fuel.</param>
internal readonly record struct PieceFuel(int Charge, bool Checks);

/// <summary>
/// Cuts a function into pieces and joins short ones to segments, by the definition of FUEL.md; every engine that meters must count by this
/// class. Reads the code in its order, before it is emitted.
/// </summary>
internal sealed class FuelSegments
{
    private const int LoopBlock = -1;

    private readonly List<PieceFuel> _pieces = [];

    /// <summary>Where each open block begins, the innermost last.</summary>
    private readonly Stack<int> _blocks = new();

    /// <summary>Of the segment that is being read: its first piece, where that begins, and what the others cost.</summary>
    private int _first;
    private int _firstOffset;
    private int _joinedCost;

    /// <summary>Of the piece that is being read.</summary>
    private int _cost;
    private int _offset;
    private bool _isEmpty = true;
    private bool _calls;
    private bool _mayJoin;
    private Opcode _behind = Opcode.Unreachable;

    /// <summary>In the order in which the code begins them.</summary>
    public IReadOnlyList<PieceFuel> Pieces => _pieces;

    public void Read(in Instruction instruction)
    {
        var opcode = instruction.Opcode;
        if (_isEmpty)
        {
            (_offset, _isEmpty) = (instruction.Offset, false);
        }

        _cost += OpcodeTable.CostOf(opcode);
        _calls |= opcode is Opcode.Call or Opcode.CallIndirect;
        var block = int.MaxValue;
        switch (opcode)
        {
            case Opcode.Block or Opcode.If:
                _blocks.Push(instruction.Offset);
                break;
            case Opcode.Loop:
                _blocks.Push(LoopBlock);
                break;
            case Opcode.Else:
                block = _blocks.Peek();
                break;
            case Opcode.End when _blocks.TryPop(out block) && block == LoopBlock:
                // Nothing branches to the end of a loop, so the piece goes on. But the loop's turns do not pay for the code behind it.
                _mayJoin = false;
                return;
        }

        if (Cuts(opcode))
        {
            EndPiece();

            // All ways to the code behind an else or an end come from the block, so they have paid if the block is in the segment.
            _mayJoin = opcode != Opcode.Loop && block >= _firstOffset;
            _behind = opcode;
        }
    }

    /// <summary>Whether the next piece begins after an instruction; not asked for the end of a loop.</summary>
    public static bool Cuts(Opcode opcode) =>
        opcode
            is Opcode.Loop
                or Opcode.If
                or Opcode.Else
                or Opcode.End
                or Opcode.Br
                or Opcode.BrIf
                or Opcode.BrTable
                or Opcode.Return
                or Opcode.Unreachable
                or Opcode.ReturnCall
                or Opcode.ReturnCallIndirect;

    private void EndPiece()
    {
        if (_mayJoin && _joinedCost + _cost <= EnginePolicy.JoinedFuelMax)
        {
            _joinedCost += _cost;
            _pieces[_first] = _pieces[_first] with { Charge = _pieces[_first].Charge + _cost };
            _pieces.Add(default);
        }
        else
        {
            (_first, _firstOffset, _joinedCost) = (_pieces.Count, _offset, 0);
            _pieces.Add(new PieceFuel(_cost, Checks: _pieces.Count == 0 || (_behind == Opcode.Loop && !_calls)));
        }

        (_cost, _calls, _isEmpty) = (0, false, true);
    }
}
