using Marketplace.Engine.Decode;

namespace Marketplace.Engine.Emit;

/// <summary>
/// Finds loads of one piece (FUEL.md) from one unchanged local, such as the fields of a record, with nothing between them that is visible
/// from outside. The first load's bounds check can then reach as far as the farthest of them. A trap that comes a few loads early is the
/// same trap: the piece is paid, and no memory, global or host has changed in between. Reads the code in its order, before it is emitted.
/// </summary>
internal sealed class CommonChecks
{
    /// <summary>Local to the place of the first load from it, and how far the loads reach so far.</summary>
    private readonly Dictionary<int, (int Offset, long Reach)> _open = [];
    private readonly Dictionary<int, long> _reaches = [];

    public long? ReachAt(int offset) => _reaches.TryGetValue(offset, out var reach) ? reach : null;

    public void Read(in Instruction before, in Instruction instruction)
    {
        switch (instruction.Opcode)
        {
            case >= Opcode.I32Load and <= Opcode.I64Load32U when before.Opcode == Opcode.LocalGet:
                Add(before.Index, in instruction);
                break;
            case Opcode.LocalSet or Opcode.LocalTee:
                _open.Remove(instruction.Index);
                break;
            default:
                if (!IsUnseen(instruction.Opcode))
                {
                    _open.Clear();
                }

                break;
        }
    }

    private void Add(int local, in Instruction load)
    {
        var reach = load.Bits + OpcodeTable.SignatureOf(load.Opcode)!.AccessBytes;
        if (!_open.TryGetValue(local, out var first))
        {
            _open.Add(local, (load.Offset, reach));
        }
        else if (reach > first.Reach)
        {
            _open[local] = first with { Reach = reach };
            _reaches[first.Offset] = reach;
        }
    }

    /// <summary>Neither ends a piece nor changes anything but locals and operands, and traps as a load does or not at all.</summary>
    private static bool IsUnseen(Opcode opcode) =>
        opcode switch
        {
            Opcode.Nop or Opcode.Block or Opcode.Drop or Opcode.Select or Opcode.LocalGet or Opcode.GlobalGet => true,
            >= Opcode.I32Load and <= Opcode.I64Load32U or >= Opcode.I32Const and <= Opcode.F64Const => true,
            >= Opcode.I32DivS and <= Opcode.I32RemU or >= Opcode.I64DivS and <= Opcode.I64RemU => false,
            >= Opcode.I32TruncF32S and <= Opcode.I32TruncF64U or >= Opcode.I64TruncF32S and <= Opcode.I64TruncF64U => false,
            >= Opcode.I32Eqz and <= Opcode.I64Extend32S => true,
            _ => false,
        };
}
