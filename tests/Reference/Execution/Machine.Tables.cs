using Marketplace.Engine;
using Marketplace.Engine.Decode;

namespace Marketplace.Reference.Execution;

/// <summary>Table instructions (core specification, 4.4.6). Bulk ones are checked, then charged by size, then done.</summary>
internal sealed partial class Machine
{
    private void TableInstruction(Step step)
    {
        var (index, index2) = (step.Instruction.Index, step.Instruction.Index2);
        switch (step.Opcode)
        {
            case Opcode.TableGet:
                var read = Pop().U32;
                Table(index).Check(read, 1);
                _operands.Add(new Cell(0, Table(index)[read]));
                break;
            case Opcode.TableSet:
                var (value, written) = (Pop().Reference, Pop().U32);
                Table(index).Check(written, 1);
                Table(index)[written] = value;
                break;
            case Opcode.TableSize:
                Push((uint)Table(index).Count);
                break;
            case Opcode.TableGrow:
                GrowTable(Table(index));
                break;
            case Opcode.TableFill:
                FillTable(Table(index));
                break;
            case Opcode.TableCopy:
                CopyTable(Table(index), Table(index2));
                break;
            case Opcode.TableInit:
                InitialiseTable(Table(index2), _frame.Instance.Elements(index));
                break;
            default:
                _frame.Instance.DropElements(index);
                break;
        }
    }

    private ReferenceTable Table(int index) => _frame.Instance.Tables[index];

    private void GrowTable(ReferenceTable table)
    {
        var (delta, value) = (Pop().U32, Pop().Reference);
        if (!table.CanGrow(delta))
        {
            Push(uint.MaxValue);
            return;
        }

        run.ChargeBySize(delta);
        Push((uint)table.Count);
        table.Extend(delta, value);
    }

    private void FillTable(ReferenceTable table)
    {
        var (count, value, to) = (Pop().U32, Pop().Reference, Pop().U32);
        table.Check(to, count);
        run.ChargeBySize(count);
        for (uint i = 0; i < count; i++)
        {
            table[to + i] = value;
        }
    }

    private void CopyTable(ReferenceTable target, ReferenceTable source)
    {
        var (count, from, to) = (Pop().U32, Pop().U32, Pop().U32);
        source.Check(from, count);
        target.Check(to, count);
        run.ChargeBySize(count);
        var elements = new object?[count];
        for (uint i = 0; i < count; i++)
        {
            elements[i] = source[from + i];
        }

        for (uint i = 0; i < count; i++)
        {
            target[to + i] = elements[i];
        }
    }

    private void InitialiseTable(ReferenceTable table, object?[] items)
    {
        var (count, from, to) = (Pop().U32, Pop().U32, Pop().U32);
        if ((ulong)from + count > (ulong)items.Length)
        {
            throw new TrapException(TrapKind.OutOfBoundsTableAccess);
        }

        table.Check(to, count);
        run.ChargeBySize(count);
        for (uint i = 0; i < count; i++)
        {
            table[to + i] = items[from + i];
        }
    }
}
